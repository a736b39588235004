#!/usr/bin/env bats
# `zerodrop load` beside an open loop that shares nothing with it, against one server that stalls or goes away.

bats_require_minimum_version 1.5.0

setup() {
	load helpers
	load load-helpers
}

teardown() {
	[ -z "${stopped:-}" ] || kill -CONT "$stopped"
	end_started
}

# probe PORT: 400/s for 6 s in the background; its figures go to probe.json once it is `probed`.
probe() {
	python3 "$BATS_TEST_DIRNAME/../load/prober.py" "$1" 400 6 >"$BATS_TEST_TMPDIR/probe.txt" 3>&- &
	prober=$!
	STARTED+=("$prober")
	poll_until grep -q ready "$BATS_TEST_TMPDIR/probe.txt"
}

probed() {
	wait "$prober"
	tail -n 1 "$BATS_TEST_TMPDIR/probe.txt" >"$BATS_TEST_TMPDIR/probe.json"
}

# load_beside ARGS…: in the background; once it returns, the load has begun.
load_beside() {
	"$ZERODROP" load --quiet -o json --failures "$BATS_TEST_TMPDIR/failures.jsonl" "$@" \
		>"$BATS_TEST_TMPDIR/out.json" 2>"$BATS_TEST_TMPDIR/err.txt" 3>&- &
	loading=$!
	STARTED+=("$loading")
	poll_until test -e "$BATS_TEST_TMPDIR/failures.jsonl"
}

# both FILTER: true of what the two say: `.load` and `.probe` (and `.ledger`, when there is one).
both() {
	local ledger=$BATS_TEST_TMPDIR/ledger.json
	[ -e "$ledger" ] || echo null >"$ledger"
	jq -en --slurpfile load "$BATS_TEST_TMPDIR/out.json" --slurpfile probe "$BATS_TEST_TMPDIR/probe.json" \
		--slurpfile ledger "$ledger" --slurpfile failures "$BATS_TEST_TMPDIR/failures.jsonl" \
		"{load: \$load[0], probe: \$probe[0], ledger: \$ledger[0], failures: \$failures} | $1" >/dev/null && return
	echo "not so: $1"
	cat "$BATS_TEST_TMPDIR/out.json" "$BATS_TEST_TMPDIR/probe.json" "$ledger"
	return 1
}

@test "a stall of 2 s shows as it does to an independent open loop" {
	local mode
	for mode in --fresh --keepalive "--keepalive -c 20"; do
		rm -f "$BATS_TEST_TMPDIR/failures.jsonl"
		start_ready
		probe "$PORT"
		load_beside -r 400 -d 6s $mode "http://127.0.0.1:$PORT/"
		# The stall is inside both: each has 2,400 requests, and some 800 of them meet it.
		sleep 0.5
		stopped=$SERVE
		kill -STOP "$SERVE"
		sleep 2
		kill -CONT "$SERVE"
		stopped=
		wait "$loading"
		probed
		said '[.requests, .ok, .failed, .not_sent, .adds_up]' '[2400,2400,0,0,true]'
		both '.probe.ok == 2400 and .probe.p90 > 1000'
		both '((.load.latency_ms.p90 / .probe.p90 - 1) | fabs) < 0.05'
		both '((.load.latency_ms.p99 / .probe.p99 - 1) | fabs) < 0.05'
		# And it is drawn where it was.
		both '.load.over_time | (.max_ms | max) > 1900 and ([.max_ms[] | select(. > 1000)] | length) * .cell_s > 0.8'
		end_started
	done
}

@test "a listener that is away for half a second costs what it costs an independent open loop" {
	local ready=$BATS_TEST_TMPDIR/ready port
	mkfifo "$ready"
	python3 "$BATS_TEST_DIRNAME/../load/outage_server.py" "$BATS_TEST_TMPDIR/ledger.json" >"$ready" 3>&- &
	local server=$!
	STARTED+=("$server")
	read -r port <"$ready"
	probe "$port"
	load_beside -r 400 -d 6s --fresh "http://127.0.0.1:$port/"
	sleep 2
	kill -USR1 "$server"
	wait "$loading" || [ $? = 1 ]
	probed
	kill -TERM "$server"
	wait "$server"

	said '[.requests, .ok + .failed, .not_sent, .adds_up]' '[2400,2400,0,true]'
	both '.probe.ok + .probe.lost == 2400 and (.failures | length) == .load.failed'
	# Refused; or reset, when the listener went with the connection in its queue.
	both '.load.failures | keys - ["connect/refused", "connect/reset", "send/reset", "wait/reset"] == []'
	# Nobody who came and went outside the outage is among the lost.
	both '.ledger.outages[0] as [$from, $to] | [.failures[] |
		((.at | sub("\\.[0-9]+Z"; "Z") | fromdate) + (.at | capture("(?<f>\\.[0-9]+)Z").f | tonumber)) as $due |
		select($due + (.ended_ns - .scheduled_ns) / 1e9 < $from - 0.01 or
			$due + (.started_ns - .scheduled_ns) / 1e9 > $to + 0.01)] == []'
	# Everybody who came inside it is: as many as were due in that time, but for those that each of us sent late.
	both '.ledger.outages[0] as [$from, $to] | ((.load.failed - 400 * ($to - $from)) | fabs) <
		10 + 400 * .load.schedule.late_us.max / 1e6'
	both '((.load.failed - .probe.lost) | fabs) < 10 + 400 * (.load.schedule.late_us.max / 1e6 + .probe.late_max_s)'
	both '(.load.over_time.lost | add) == .load.failed'
}
