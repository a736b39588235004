#!/usr/bin/env bats
# serve-drop.bats - 64 clients, TERM in the middle: who loses what.

load helpers

teardown() {
	end_started
}

# terminate_under_load OPTION…: sets ANSWERED, CLOSING and LOST.
terminate_under_load() {
	start_ready --delay 2ms "$@"
	local out=$BATS_TEST_TMPDIR/client
	rm -f "$out"
	python3 "$BATS_TEST_DIRNAME/drop_client.py" "$PORT" 64 >"$out" 3>&- &
	local client=$!
	STARTED+=("$client")
	poll_until grep -q '^warm$' "$out"
	kill -TERM "$SERVE"
	poll_until is_gone "$client"
	cat "$out" "$LOG"
	read -r ANSWERED CLOSING LOST < <(sed -n 's/^answered=\([0-9]*\) closing=\([0-9]*\) lost=\([0-9]*\)$/\1 \2 \3/p' "$out")
	[ "$ANSWERED" -ge 640 ]
}

@test "drain loses nothing that was accepted" {
	for round in 1 2 3; do
		terminate_under_load --on-term drain --lame-duck 500ms
		[ "$LOST" = 0 ]
		[ "$CLOSING" -ge 64 ]
		wait_end 0
		log_says ' cut=0 '
	done
}

@test "drain loses nothing that was accepted, without a lame duck" {
	terminate_under_load --on-term drain --lame-duck 0
	[ "$LOST" = 0 ]
	wait_end 0
	log_says ' cut=0 '
}

@test "drain loses nothing that queues for a worker" {
	terminate_under_load --on-term drain --lame-duck 500ms --workers 4
	[ "$LOST" = 0 ]
	wait_end 0
	log_says ' cut=0 '
}

@test "drain loses nothing that was accepted, whatever thread has it" {
	terminate_under_load --on-term drain --lame-duck 500ms --threads 3
	[ "$LOST" = 0 ]
	wait_end 0
	log_says ' cut=0 '
	terminate_under_load --on-term drain --lame-duck 0 --threads 3 --workers 4
	[ "$LOST" = 0 ]
	wait_end 0
	log_says ' cut=0 '
}

@test "exit loses what is in flight" {
	terminate_under_load --on-term exit
	[ "$LOST" -gt 0 ]
	wait_end 0
	! grep -q ' cut=0 ' "$LOG"
}
