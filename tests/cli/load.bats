#!/usr/bin/env bats
# What `zerodrop load` says of a server that does one thing wrong, against the server's own ledger.

bats_require_minimum_version 1.5.0

setup() {
	load load-helpers
}

teardown() {
	stop_server
}

@test "a server without faults loses nothing" {
	start_server none 0
	load_json -n 200 -c 5 "http://127.0.0.1:$port/"
	[ "$status" = 0 ]
	said '[.requests, .ok, .failed, .not_sent, .failures, .status]' '[200,200,0,0,{},{"200":200}]'
	said .connections '{"opened":5,"reused":195,"closed_idle":0,"unsolicited":0}'
	[ ! -s "$BATS_TEST_TMPDIR/failures.jsonl" ]
}

@test "a connection that nobody listens for is refused" {
	for mode in --fresh --keepalive; do
		load_json -r 200 -n 20 $mode http://127.0.0.1:1/
		[ "$status" = 1 ]
		said '[.failures, .connections.opened]' '[{"connect/refused":20},0]'
		each_failure '.local_port > 0 and .bytes_sent == 0 and .remote_port == 1'
	done
}

@test "a reset at accept is counted once each" {
	for mode in --fresh --keepalive; do
		start_server rst-accept 8
		load_json -r 200 -n 60 $mode "http://127.0.0.1:$port/"
		stop_server
		# Where it meets the request depends on who is faster.
		said '[.failures | to_entries[] | select(.key | IN("connect/reset", "send/reset", "wait/reset")) | .value] | add' 8
		said '[.ok, .failed]' '[52,8]'
	done
}

@test "an end without a byte of answer is wait/closed" { faults_are_named fin-silent wait/closed; }
@test "a reset without a byte of answer is wait/reset" { faults_are_named rst-silent wait/reset; }
@test "an end inside the head is head/closed" { faults_are_named cut-head head/closed; }
@test "a reset inside the head is head/reset" { faults_are_named cut-head-rst head/reset; }
@test "a head that is no HTTP is head/malformed" { faults_are_named malformed-head head/malformed; }
@test "a body cut short is body/closed" { faults_are_named cut-body body/closed; }
@test "a reset inside the body is body/reset" { faults_are_named cut-body-rst body/reset; }
@test "a missing last chunk is body/closed" { faults_are_named chunk-cut body/closed; }
@test "a bad chunk is body/malformed" { faults_are_named chunk-bad body/malformed; }
@test "silence is wait/timeout" { faults_are_named hang wait/timeout --timeout 500ms; }
@test "silence inside the head is head/timeout" { faults_are_named hang-head head/timeout --timeout 500ms; }
@test "silence inside the body is body/timeout" { faults_are_named hang-body body/timeout --timeout 500ms; }

@test "an answer with 503 is status/503, and its pod is named" {
	faults_are_named 503 status/503
	each_failure '.status == 503 and .pod == "pod-b"'
}

@test "an answer that is expected is no failure" {
	start_server 503 8
	load_json -n 60 -c 1 --expect 2xx,503 "http://127.0.0.1:$port/"
	[ "$status" = 0 ]
	said '[.ok, .status]' '[60,{"200":52,"503":8}]'
}

@test "a body that ends with its connection is whole" {
	for mode in --fresh --keepalive; do
		start_server eof-body 8
		load_json -r 200 -n 60 $mode "http://127.0.0.1:$port/"
		said '[.ok, .failed]' '[60,0]'
		stop_server
	done
}

@test "interim answers are skipped" {
	start_server interim 8
	load_json -n 60 -c 2 "http://127.0.0.1:$port/"
	said '[.ok, .failed, .status]' '[60,0,{"200":60}]'
}

@test "an idle connection that the server closes is no failure" {
	for fault in idle-close idle-close-rst; do
		start_server $fault 8
		load_json -r 40 -n 40 "http://127.0.0.1:$port/"
		stop_server
		said '[.ok, .failed, .connections.closed_idle]' '[40,0,8]'
		[ "$(ledger .injected)" = 8 ]
	done
}

@test "a connection closed under the next request is named, and not retried" {
	for fault in race-fin:wait/closed race-rst:wait/reset; do
		start_server ${fault%%:*} 8
		load_json -r 200 -n 60 -b body "http://127.0.0.1:$port/"
		stop_server
		said .failures "{\"${fault#*:}\":8}"
		said '[.ok, .requests]' '[52,60]'
		each_failure '.served > 0 and .idle_ns > 0 and .pod == "pod-a"'
		[ "$(ledger .answered)" = 52 ]
	done
}

@test "bytes behind an answer close the connection and leave the answer whole" {
	for mode in --fresh --keepalive; do
		start_server garbage 8
		load_json -r 100 -n 60 $mode "http://127.0.0.1:$port/"
		stop_server
		said '[.ok, .failed, .connections.unsolicited, .connections.closed_idle]' '[60,0,8,0]'
	done
}

@test "bytes on an idle connection are no answer to the next request" {
	start_server garbage-idle 8
	load_json -r 20 -n 40 "http://127.0.0.1:$port/"
	stop_server
	said '[.ok, .failed, .connections.unsolicited, .connections.closed_idle]' '[40,0,8,8]'
}

@test "an answer that comes while the body is still being sent counts" {
	head -c 8000000 /dev/zero >"$BATS_TEST_TMPDIR/body"
	for mode in --fresh --keepalive; do
		start_server early-413 8
		load_json -n 30 -c 2 $mode -b "@$BATS_TEST_TMPDIR/body" --expect 200 "http://127.0.0.1:$port/"
		stop_server
		said '[.failures, .ok]' '[{"status/413":8},22]'
		each_failure '.bytes_sent < 8000000'
	done
}

@test "a body without an end that a reset cuts is not whole" {
	head -c 8000000 /dev/zero >"$BATS_TEST_TMPDIR/body"
	start_server early-cut 8
	load_json -n 30 -c 2 -b "@$BATS_TEST_TMPDIR/body" "http://127.0.0.1:$port/"
	stop_server
	said '[.failures, .ok]' '[{"body/reset":8},22]'
}

@test "a reset while the body is being sent is send/reset" {
	head -c 8000000 /dev/zero >"$BATS_TEST_TMPDIR/body"
	start_server rst-in-send 8
	load_json -n 30 -c 2 -b "@$BATS_TEST_TMPDIR/body" "http://127.0.0.1:$port/"
	stop_server
	said '[.failures, .ok]' '[{"send/reset":8},22]'
}

@test "a stall shows in the percentiles of an open loop" {
	start_server stall 1
	load_json -r 400 -d 6s "http://127.0.0.1:$port/"
	said '[.ok, .failed, .requests]' '[2400,0,2400]'
	# 800 of 2,400 wait from 2 s down to nothing: a tenth of all wait longer than 1.4 s.
	said '.latency_ms.p90 > 1260 and .latency_ms.p90 < 1540' true
	said '.latency_ms.p99 > 1746 and .latency_ms.p99 < 2134' true
}

@test "a request that had to wait for a connection counts from when it was due" {
	start_server stall 1
	load_json -r 400 -d 6s -c 4 "http://127.0.0.1:$port/"
	said '[.ok, .failed, .connections.opened]' '[2400,0,4]'
	said '.latency_ms.p90 > 1260 and .schedule.late_us.max > 1900000' true
}

@test "modes, URLs and paths meet in every combination" {
	start_server none 0
	load_json -r 400 -n 24 --fresh --keepalive --expect 500 "http://127.0.0.1:$port/a" "http://127.0.0.1:$port/b"
	jq -s -e '[.[] | [.fresh, .target]] | group_by(.) | map(length) == [6, 6, 6, 6]' "$BATS_TEST_TMPDIR/failures.jsonl"
}

@test "our own limits are not blamed on the service" {
	start_server none 0
	few_files() {
		(ulimit -n 30 && exec "$ZERODROP" load -q -r 4000 -n 400 --fresh --timeout 2s "$@" "http://127.0.0.1:$port/")
	}
	few_files -o json >"$BATS_TEST_TMPDIR/out.json" || [ $? = 4 ]
	said '.failures | keys' '["client/files"]'
	run -4 few_files
	[[ $output =~ lost\ +0 ]]
	[[ $output =~ "not sent"\ +[1-9] ]]
	[[ ${lines[-1]} =~ ^"No request lost of ".*"due but not sent."$ ]]
}

@test "the summary for people adds up and ends in a sentence" {
	start_server 503 8
	run -1 "$ZERODROP" load -q -n 60 -c 1 "http://127.0.0.1:$port/"
	[[ $output =~ scheduled\ +60 ]]
	[[ $output =~ answered\ +52 ]]
	[[ $output =~ lost\ +8 ]]
	[[ $output =~ "not sent"\ +0 ]]
	[[ $output =~ status/503\ +8\ +first\ [0-9.]+\ s,\ last ]]
	[ "${lines[-1]}" = "8 of 60 requests lost: 8 status/503." ]
	stop_server
	start_server none 0
	run -0 "$ZERODROP" load -q -n 1000 -c 4 "http://127.0.0.1:$port/"
	[ "${lines[-1]}" = "No request lost of 1,000." ]
}

@test "--max-lost ends it early" {
	start_server 503 1000
	load_json -r 200 -d 20s --max-lost 5 "http://127.0.0.1:$port/"
	[ "$status" = 1 ]
	said '.failed >= 5 and .failed < 20' true
	said '.requests == .ok + .failed + .not_sent' true
}

# In the background; sets `pid`.
start_load() {
	"$ZERODROP" load -q -o json -r 200 -d 60s --timeout 30s "http://127.0.0.1:$port/" \
		>"$BATS_TEST_TMPDIR/out.json" 2>"$BATS_TEST_TMPDIR/err.txt" 3>&- &
	pid=$!
}

connected() {
	[ "$(ss -Htn state established "dport = :$port" | wc -l)" -gt 10 ]
}

connected_once() {
	[ -n "$(ss -Htn state established "dport = :$port")" ]
}

@test "Ctrl-C stops it, and everything is accounted for" {
	start_server none 0
	start_load
	wait_until connected_once
	kill -INT $pid
	wait_until grep -q stopping "$BATS_TEST_TMPDIR/err.txt"
	wait $pid
	said '.requests == .ok + .failed + .not_sent and .ok > 0' true
}

@test "a second Ctrl-C does not wait for what is in flight" {
	start_server hang 100000
	start_load
	wait_until connected
	kill -INT $pid
	wait_until grep -q stopping "$BATS_TEST_TMPDIR/err.txt"
	kill -INT $pid
	status=0
	wait $pid || status=$?
	[ "$status" = 1 ]
	said '.failures["wait/timeout"] > 0 and .requests == .ok + .failed + .not_sent' true
}

@test "bad usage is one line that names the word, and exit status 2" {
	local words
	for words in "" "ftp://x/" "https:///" "http://x:99999/" "http:///" "--expect 20 http://x/" "-H nocolon http://127.0.0.1/" \
		"-o yaml http://x/" "-r x http://x/" "--nope http://x/" "-b @/does/not/exist http://127.0.0.1/"; do
		run -2 "$ZERODROP" load $words
		[ "${#lines[@]}" = 1 ]
		[[ $output == "zerodrop load: "* ]]
	done
}

@test "what the system refuses is exit status 3" {
	run -3 "$ZERODROP" load -n 1 --failures /does/not/exist/f http://127.0.0.1:1/
	[[ $output =~ /does/not/exist/f ]]
	run -3 "$ZERODROP" load -n 1 http://no-such-host.invalid/
	[[ $output =~ no-such-host.invalid ]]
	start_server 503 1000
	run -3 "$ZERODROP" load -q -n 60 --failures /dev/full "http://127.0.0.1:$port/"
	[[ $output =~ /dev/full ]]
}

@test "--help gives examples" {
	run -0 "$ZERODROP" load --help
	[[ $output =~ Examples: ]]
	[[ $output =~ --max-lost ]]
}
