# helpers.bash - what the tests of the real program share. Nothing here sleeps and hopes: poll_until waits for an event
# with a deadline far above what any machine needs, and whatever a test started is ended by its pid.

: "${ZERODROP:=$BATS_TEST_DIRNAME/../../build/asan/src/cmd/zerodrop}"
PATIENCE=20
STARTED=()

# poll_until COMMAND…: until it succeeds; fails, and says what it waited for, after PATIENCE seconds.
poll_until() {
	local end=$((SECONDS + PATIENCE))
	until "$@"; do
		if ((SECONDS >= end)); then
			echo "waited in vain for: $*" >&2
			return 1
		fi
		sleep 0.01
	done
}

is_gone() {
	! kill -0 "$1" 2>/dev/null
}

# start_serve OPTION…: a server on a free port of 127.0.0.1; sets SERVE (pid), LOG and PORT once it has logged a line.
start_serve() {
	LOG=$(mktemp "$BATS_TEST_TMPDIR/serve.XXXXXX")
	"$ZERODROP" serve --address 127.0.0.1 --port 0 --pod pod-1 "$@" >"$LOG" 2>&1 3>&- &
	SERVE=$!
	STARTED+=("$SERVE")
	poll_until grep -q '^zerodrop serve: state=starting .*after=' "$LOG"
	PORT=$(sed -n 's/.*state=starting .*port=\([0-9]*\) .*/\1/p' "$LOG")
}

# state_is NAME: the server has logged that state.
state_is() {
	grep -q "^zerodrop serve: state=$1 " "$LOG"
}

wait_state() {
	poll_until state_is "$1" || { cat "$LOG" >&2; return 1; }
}

start_ready() {
	start_serve "$@"
	wait_state ready
}

# wait_end STATUS: the server ends by itself, with that exit status.
wait_end() {
	local status=0
	poll_until is_gone "$SERVE"
	wait "$SERVE" || status=$?
	[ "$status" = "$1" ] || { echo "exit status $status, not $1"; cat "$LOG"; return 1; } >&2
}

log_says() {
	grep -q -- "$1" "$LOG" || { echo "not in the log: $1"; cat "$LOG"; return 1; } >&2
}

# Ends what the test started; for teardown.
end_started() {
	local pid
	for pid in "${STARTED[@]}"; do
		kill -KILL "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
}

# A connection by hand: conn_open NAME, conn_send NAME TEXT (with \r\n), conn_answer NAME, conn_ends NAME.
conn_open() {
	local -n fd=$1
	exec {fd}<>"/dev/tcp/127.0.0.1/$PORT"
}

# In one packet: the shell's own printf writes line by line.
conn_send() {
	local -n fd=$1
	env printf '%b' "$2" >&"$fd"
}

conn_close() {
	local -n fd=$1
	exec {fd}>&-
}

# Reads one answer: STATUS, FIELDS and BODY. `conn_answer NAME HEAD` expects no body.
conn_answer() {
	local -n fd=$1
	local line length=0
	STATUS= FIELDS= BODY=
	read -r -t "$PATIENCE" -u "$fd" line || { echo "no answer" >&2; return 1; }
	STATUS=${line#HTTP/1.1 } STATUS=${STATUS%% *}
	while read -r -t "$PATIENCE" -u "$fd" line && line=${line%$'\r'} && [ -n "$line" ]; do
		FIELDS+="$line"$'\n'
		case $line in Content-Length:*) length=${line#*: } ;; esac
	done
	[ "${2:-}" != HEAD ] || length=0
	[ "$length" = 0 ] || IFS= read -r -t "$PATIENCE" -N "$length" -u "$fd" BODY
}

# The peer closes or resets, without another byte.
conn_ends() {
	local -n fd=$1
	local byte status=0
	read -r -t "$PATIENCE" -N 1 -u "$fd" byte 2>/dev/null || status=$?
	[ "$status" = 1 ] || { echo "still open or talking: status $status, '$byte'" >&2; return 1; }
}

# conn_get NAME PATH [FIELD…]
conn_get() {
	local request="GET $2 HTTP/1.1\r\nHost: a\r\n" field
	for field in "${@:3}"; do
		request+="$field\r\n"
	done
	conn_send "$1" "$request\r\n"
}

# conn_ask_slowly NAME PATH: a request that is certainly being worked on: it came in one packet with another that has
# been answered.
conn_ask_slowly() {
	conn_send "$1" "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET $2 HTTP/1.1\r\nHost: a\r\n\r\n"
	conn_answer "$1"
	[ "$STATUS" = 200 ]
}

is_refused() {
	! (exec 9<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}
