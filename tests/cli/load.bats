#!/usr/bin/env bats
# `zerodrop load`: what it says, how it is asked, percentiles, exit status. The table of faults is in load-faults.bats.

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

@test "an answer that is expected is no failure" {
	start_server 503 8
	load_json -n 60 -c 1 --expect 2xx,503 "http://127.0.0.1:$port/"
	[ "$status" = 0 ]
	said '[.ok, .status]' '[60,{"200":52,"503":8}]'
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

# due [OPTION…]: when each of 50 requests was due, ns after the start. Nobody listens, so each is told.
due() {
	load_json -r 200 -n 50 "$@" http://127.0.0.1:1/
	said '[.requests, .failed]' '[50,50]'
	jq -s -c 'map(.scheduled_ns) | sort' "$BATS_TEST_TMPDIR/failures.jsonl" >"$BATS_TEST_TMPDIR/due.${!#}"
}

@test "requests come at equal distances, or by a chance that can be had again" {
	cd "$BATS_TEST_TMPDIR"
	due --seed 5
	jq -e '. == [range(50) * 5000000]' due.5
	due --arrivals poisson --seed 6
	cp due.6 first
	due --arrivals poisson --seed 6
	cmp first due.6
	due --arrivals poisson --seed 7
	[ "$(cat first)" != "$(cat due.7)" ]
	jq -e '[.[1:], .[:-1]] | transpose | map(.[0] - .[1]) | unique | length > 40' due.6
	said '[.schedule.arrivals, .schedule.asked_per_s]' '["poisson",200]'
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
	said .stopped '"max-lost"'
	load_json -n 5 --max-lost 5 http://127.0.0.1:1/
	said '[.failed, .stopped]' '[5,null]'
	run -1 "$ZERODROP" load -q -r 200 -d 20s --max-lost 5 "http://127.0.0.1:$port/"
	[[ ${lines[-1]} == *" Stopped early: as many were lost as --max-lost allows." ]]
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
