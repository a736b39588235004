# load-helpers.bash - the fault server and what `zerodrop load` says about it.

ZERODROP=${ZERODROP:-$BATS_TEST_DIRNAME/../../build/asan/src/cmd/zerodrop}

# For https: what is given to the server and to every load beside.
server_options=() load_options=()

# start_server FAULT COUNT: sets `port`.
start_server() {
	local ready=$BATS_TEST_TMPDIR/ready.$RANDOM
	mkfifo "$ready"
	python3 "$BATS_TEST_DIRNAME/../load/${fault_server:-fault_server.py}" "$1" "$2" "$BATS_TEST_TMPDIR/ledger.json" "${server_options[@]}" \
		>"$ready" 3>&- &
	server=$!
	read -r port <"$ready"
	rm "$ready"
}

# Afterwards the server's ledger is in ledger.json.
stop_server() {
	[ -n "${server:-}" ] || return 0
	kill -TERM "$server"
	wait "$server" || true
	server=
}

# wait_until COMMAND…: until it is true, for at most 10 s.
wait_until() {
	local tries
	for ((tries = 0; tries < 500; tries++)); do
		"$@" && return 0
		sleep 0.02
	done
	echo "never so: $*"
	return 1
}

# load_json ARGS…: sets `status`; the object goes to out.json, failures to failures.jsonl.
load_json() {
	status=0
	"$ZERODROP" load --quiet -o json --failures "$BATS_TEST_TMPDIR/failures.jsonl" "${load_options[@]}" "$@" \
		>"$BATS_TEST_TMPDIR/out.json" 2>"$BATS_TEST_TMPDIR/err.txt" || status=$?
}

# said FILTER WANTED: what the object says, with the whole object when it is something else.
said() {
	local got
	got=$(jq -c "$1" "$BATS_TEST_TMPDIR/out.json")
	[ "$got" = "$2" ] || {
		echo "$1 is $got, expected $2 in:"
		cat "$BATS_TEST_TMPDIR/out.json" "$BATS_TEST_TMPDIR/err.txt"
		return 1
	}
}

ledger() {
	jq "$1" "$BATS_TEST_TMPDIR/ledger.json"
}
