# lameduck-helpers.bash - what the tests of `lameduck` share.
#
#	contain COMMAND…          runs it as the first process of a pid and a network namespace of its own
#	start_contained COMMAND…  the same in the background: INIT is its pid as seen from here, OUT what it says
#	WITHIN=(COMMAND…)         what starts it there: sets something up and becomes it
#	tell_app                  a line on the app's standard input

bats_require_minimum_version 1.5.0
load helpers

: "${LAMEDUCK:=$BATS_TEST_DIRNAME/../../build/asan/src/helper/lameduck}"
PATIENCE=60
WITHIN=()
UNSHARE=(unshare --user --map-root-user --pid --fork --kill-child --mount-proc --net)

setup_file() {
	"${UNSHARE[@]}" true 2>/dev/null || skip "no user namespaces here"
}

setup() {
	OUT=$BATS_TEST_TMPDIR/out
	TELLER=$BATS_TEST_TMPDIR/teller
	# Says which signals it gets.
	cat >"$TELLER" <<-'END'
		#!/usr/bin/env python3
		import signal, time
		def tell(number, frame):
		    name = f"RTMIN+{number - signal.SIGRTMIN}" if number > signal.SIGRTMIN else signal.Signals(number).name[3:]
		    print("got", name, flush=True)
		for name in "HUP INT QUIT USR1 USR2 WINCH CONT ALRM TERM".split():
		    signal.signal(getattr(signal, "SIG" + name), tell)
		signal.signal(signal.SIGRTMIN + 1, tell)
		print("ready", flush=True)
		while True:
		    time.sleep(600)
	END
	chmod +x "$TELLER"
}

teardown() {
	exec 7>&-
	end_started
}

contain() {
	"${UNSHARE[@]}" -- sh -c 'ip link set lo up; exec "$@"' sh "$@" </dev/null
}

# That file has no line end.
first_child() {
	local first=
	read -r first _ 2>/dev/null <"/proc/$1/task/$1/children" || [ -n "$first" ] || return 1
	echo "$first"
}

has_begun() {
	INIT=$(first_child "$UNSHARED")
}

# --at-once: does not wait until the app has started.
start_contained() {
	local waits=yes
	[ "$1" != --at-once ] || { waits=no; shift; }
	rm -f "$BATS_TEST_TMPDIR/fifo"
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"${UNSHARE[@]}" -- sh -c 'ip link set lo up; exec "$@"' sh "${WITHIN[@]}" "$@" <"$BATS_TEST_TMPDIR/fifo" >"$OUT" 2>&1 3>&- &
	UNSHARED=$!
	STARTED+=("$UNSHARED")
	exec 7>"$BATS_TEST_TMPDIR/fifo"
	poll_until has_begun
	poll_until has_become "$1"
	[ $waits = no ] || [ "$1" != "$LAMEDUCK" ] || poll_until app_runs
}

# The container's first process has become what it is to be, and lameduck watches for signals.
has_become() {
	local first
	read -r -d '' first 2>/dev/null <"/proc/$INIT/cmdline" && [ "$first" = "$1" ] || return 1
	[ "$1" != "$LAMEDUCK" ] || ! grep -q '^SigBlk:\s*0*$' "/proc/$INIT/status"
}

app_pid() {
	first_child "$INIT"
}

# It has made itself what it is to be: no copy of lameduck any more. The teller says when it listens.
app_runs() {
	local pid
	pid=$(app_pid) && [ "$(readlink "/proc/$pid/exe")" != "$(readlink "/proc/$INIT/exe")" ] || return 1
	[[ $(tr '\0' ' ' <"/proc/$pid/cmdline") != *teller* ]] || grep -q ready "$OUT"
}

tell_app() {
	echo go >&7
}

# The state that `lameduck status` hears from inside the container.
contained_says() {
	nsenter --user --preserve-credentials --pid --net --mount --target "$INIT" "$LAMEDUCK" status -o json | grep -q "$1"
}

state_of() {
	grep -q "^State:	$2" "/proc/$1/status"
}

has_children() {
	[ "$(wc -w <"/proc/$2/task/$2/children")" = "$1" ]
}

no_child_but_one() {
	has_children 1 "$1"
}

# wait_end STATUS: the container has ended so.
wait_end() {
	local status=0
	poll_until is_gone "$UNSHARED"
	wait "$UNSHARED" || status=$?
	[ "$status" = "$1" ] || { echo "exit status $status, not $1"; cat "$OUT"; return 1; } >&2
}
