#!/usr/bin/env bats
# lameduck-run.bats - `lameduck run` as a container's first process: processes, signals, terminals; and as tini does, where
# tini is right.

load lameduck-helpers

@test "the app's exit status is ours" {
	for wanted in 0 1 7 255; do
		run -"$wanted" contain "$LAMEDUCK" run -- sh -c "exit $wanted"
	done
}

@test "an app that a signal ended is 128 and its number" {
	for signal in TERM KILL SEGV USR1; do
		run -$((128 + $(kill -l $signal))) contain "$LAMEDUCK" run -- sh -c "kill -$signal \$\$"
	done
}

@test "an app that cannot be run is 126, one that is not there 127, and both are said" {
	run -127 contain "$LAMEDUCK" run -- no-such-app
	[[ $output == "lameduck: cannot run no-such-app: "* ]]
	run -126 contain "$LAMEDUCK" run -- /etc/passwd
	[[ $output == "lameduck: cannot run /etc/passwd: "* ]]
}

@test "statuses are tini's" {
	command -v tini >/dev/null || skip "no tini here"
	for app in 'exit 0' 'exit 42' 'kill -TERM $$' 'kill -KILL $$' 'sleep 0.2 & exit 3'; do
		run contain tini -- sh -c "$app"
		tini=$status
		run contain "$LAMEDUCK" run -- sh -c "$app"
		[ "$status" = "$tini" ]
	done
}

@test "what comes after the app's name is the app's" {
	run -0 contain "$LAMEDUCK" run sh -c 'echo "$@"' sh --grace -x -- y
	[ "$output" = "--grace -x -- y" ]
}

@test "orphans are waited for: none is left a zombie" {
	# Each of 200 becomes an orphan of ours; when all have ended, nothing in the namespace is a zombie.
	start_contained "$LAMEDUCK" run -- sh -c '
		i=0; while [ $i -lt 200 ]; do (sh -c "exec sleep 0.1" & ) ; i=$((i + 1)); done
		echo born; read line'
	poll_until grep -q born "$OUT"
	poll_until no_child_but_one "$INIT"
	tell_app
	wait_end 0
}

@test "orphans are waited for when we are not the first process" {
	mkfifo "$BATS_TEST_TMPDIR/fifo"
	"$LAMEDUCK" run -- sh -c '(sh -c "sleep 0.1; exit 3" &); read line' <"$BATS_TEST_TMPDIR/fifo" >"$OUT" 2>&1 3>&- &
	INIT=$!
	STARTED+=("$INIT")
	exec 7>"$BATS_TEST_TMPDIR/fifo"
	poll_until has_children 2 "$INIT"
	poll_until has_children 1 "$INIT"
	exec 7>&-
	poll_until is_gone "$INIT"
}

@test "signals reach the app" {
	start_contained "$LAMEDUCK" run -- "$TELLER"
	for signal in HUP INT USR1 USR2 WINCH CONT ALRM RTMIN+1; do
		kill -s $signal "$INIT"
		poll_until grep -qx "got $signal" "$OUT"
	done
	kill -KILL "$INIT"
}

@test "thousands of orphans that die at once are all waited for" {
	start_contained "$LAMEDUCK" run -- sh -c 'i=0
		while [ $i -lt 2000 ]; do (sleep 600 &); i=$((i + 1)); done
		echo orphaned; read line; kill -KILL -1; echo killed; read line; exit 7'
	poll_until grep -qx orphaned "$OUT"
	poll_until has_children 2001 "$INIT"
	tell_app
	poll_until grep -qx killed "$OUT"
	poll_until no_child_but_one "$INIT"
	contained_says '"serving"'
	tell_app
	wait_end 7
}

@test "signals are rewritten, and those of no use are kept back" {
	start_contained "$LAMEDUCK" run --max 0.1s --signal QUIT --signal HUP:USR2 --signal USR1:0 -- "$TELLER"
	kill -USR1 "$INIT"
	kill -HUP "$INIT"
	poll_until grep -qx "got USR2" "$OUT"
	kill -TERM "$INIT"
	poll_until grep -qx "got QUIT" "$OUT"
	! grep -qE '^got (USR1|HUP|TERM)$' "$OUT"
	kill -KILL "$INIT"
}

@test "an app that stops is gone on with, and one that is stopped is told to stop all the same" {
	start_contained "$LAMEDUCK" run --max 0.1s -- "$TELLER"
	kill -STOP "$(app_pid)"
	poll_until state_of "$(app_pid)" T
	kill -TERM "$INIT"
	poll_until grep -qx "got TERM" "$OUT"
	kill -KILL "$INIT"
}

@test "TSTP stops the app and CONT wakes it" {
	start_contained "$LAMEDUCK" run -- sleep 600
	kill -TSTP "$INIT"
	poll_until state_of "$(app_pid)" T
	kill -CONT "$INIT"
	poll_until state_of "$(app_pid)" S
	kill -KILL "$INIT"
}

@test "with --group, what the app has started hears it too" {
	start_contained "$LAMEDUCK" run --group -- sh -c "trap 'echo shell heard' USR1; '$TELLER' & while :; do wait; done"
	poll_until grep -q ready "$OUT"
	kill -USR1 "$INIT"
	poll_until grep -qx "got USR1" "$OUT"
	poll_until grep -qx "shell heard" "$OUT"
	kill -KILL "$INIT"
}

@test "an app that does not heed TERM is killed before the grace period ends" {
	start_contained "$LAMEDUCK" run --grace 2s --max 0.1s -- sh -c "trap '' TERM; echo deaf; while :; do sleep 1; done"
	poll_until grep -q deaf "$OUT"
	kill -TERM "$INIT"
	wait_end 137
	grep -q 'killed=yes' "$OUT"
}

@test "TERM before the app has run is not lost" {
	for round in 1 2 3 4 5; do
		start_contained --at-once "$LAMEDUCK" run --max 0.1s --grace 20s -- sleep 600
		kill -TERM "$INIT"
		wait_end 143
	done
}

@test "an app that ends by itself ends the waiting" {
	start_contained "$LAMEDUCK" run --max 20s --grace 50s -- sh -c 'read line; exit 5'
	kill -TERM "$INIT"
	poll_until contained_says '"lame-duck"'
	tell_app
	wait_end 5
	grep -q 'why=told' "$OUT"
}

@test "a second TERM ends the waiting" {
	start_contained "$LAMEDUCK" run --max 20s --grace 50s -- sleep 600
	kill -TERM "$INIT"
	poll_until contained_says '"lame-duck"'
	kill -TERM "$INIT"
	wait_end 143
	grep -q 'why=told' "$OUT"
}

@test "on a terminal the app has it, and an interactive shell its job control" {
	# Also TTIN and TTOU: who only writes to the terminal or reads from it must not be stopped for it.
	run -0 timeout 30 python3 "$BATS_TEST_DIRNAME/../helper/terminal.py" "$LAMEDUCK" run -- bash --norc -i
	[[ $output != *"no job control"* ]]
	[[ $output == *"job done"* ]]
}

@test "bad words get one line and status 2" {
	bad() {
		run -2 "$LAMEDUCK" "$@"
		[ "${#lines[@]}" = 1 ]
		echo "$output" >&2
	}
	bad nonsense
	bad run
	bad run --nonsense -- true
	bad run --grace x -- true
	bad run --grace 0 -- true
	bad run --max 30s --grace 30s -- true
	bad run --min 5s --max 4s -- true
	bad run --port 0 -- true
	bad run --port 65536 -- true
	bad run --signal NOPE -- true
	bad run --on NOPE -- true
	bad run --ignore-peer localhost -- true
	bad run --statsd localhost -- true
	bad run --risk 1 -- true
	bad run --probes -1 -- true
	bad run --ready-port 80 -- true
	bad prestop now
	bad copy
	bad copy --nonsense
	bad status -o yaml
}

@test "it copies itself to where a container finds it" {
	run -0 "$LAMEDUCK" copy "$BATS_TEST_TMPDIR/copied"
	cmp "$BATS_TEST_TMPDIR/copied" "$LAMEDUCK"
	run -3 "$BATS_TEST_TMPDIR/copied" copy "$BATS_TEST_TMPDIR/nowhere/lameduck"
	[ "${#lines[@]}" = 1 ]
}
