#!/usr/bin/env bats
# A load on several threads says what the same load on one would.

bats_require_minimum_version 1.5.0

setup() {
	load load-helpers
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	stop_server
}

@test "requests and connections are shared, and everything adds up" {
	start_server none 0
	load_json -n 1000 -t 4 -c 10 "http://127.0.0.1:$port/"
	[ "$status" = 0 ]
	said '[.requests, .ok, .not_sent, .adds_up, .connections.opened, (.over_time.answered | add)]' '[1000,1000,0,true,10,1000]'
	# There are no more threads than connections.
	load_json -n 10 -t 8 -c 2 "http://127.0.0.1:$port/"
	said '[.ok, .connections.opened]' '[10,2]'
}

@test "failures are counted once each, whichever thread met them" {
	start_server 503 30
	load_json -r 400 -n 400 -t 4 --fresh "http://127.0.0.1:$port/"
	stop_server
	[ "$status" = 1 ]
	said '[.failures, .ok, .adds_up]' '[{"status/503":30},370,true]'
	jq -s -e 'length == 30 and all(.[]; .kind == "status/503")' failures.jsonl
	jq -s -e 'map(.connection) | unique | length == 30 and .[-1] <= 400' failures.jsonl
}

@test "requests are due when they would be with one thread" {
	load_json -r 200 -n 50 -t 3 http://127.0.0.1:1/
	jq -s -e 'map(.scheduled_ns) | sort == [range(50) * 5000000]' failures.jsonl
	jq -s -e 'map(.at | sub("\\.[0-9]+Z"; "Z") | fromdate) | (max - min) <= 1' failures.jsonl
	load_json -r 200 -n 50 --arrivals poisson http://127.0.0.1:1/
	jq -s -c 'map(.scheduled_ns) | sort' failures.jsonl >one
	load_json -r 200 -n 50 --arrivals poisson -t 3 http://127.0.0.1:1/
	jq -s -c 'map(.scheduled_ns) | sort' failures.jsonl >three
	cmp one three
}

@test "versions are the same for all threads" {
	local ready=$BATS_TEST_TMPDIR/ready
	mkfifo "$ready"
	python3 "$BATS_TEST_DIRNAME/../load/content_server.py" >"$ready" 3>&- &
	server=$!
	read -r port <"$ready"
	# Of three threads each takes the two URLs in turn: what is first to answer is old, and each thread has 50 of those,
	# of which only its first can have been asked for before it knew the other.
	load_json -n 300 -t 3 -c 3 --version-header X-Version "http://127.0.0.1:$port/a?1" "http://127.0.0.1:$port/b?2"
	said '[.versions[] | .answers]' '[150,150]'
	said '.mismatches["version-back"] >= 147 and .mismatches["version-back"] <= 149 and .ok + .failed == 300' true
	jq -s -e 'map([.version, .newest]) | unique | length == 1' failures.jsonl
}

@test "--max-lost and Ctrl-C reach every thread" {
	start_server 503 100000
	load_json -r 200 -d 60s -t 4 --max-lost 5 "http://127.0.0.1:$port/"
	[ "$status" = 1 ]
	said '.failed >= 5 and .failed < 1000 and .adds_up' true
	stop_server
	start_server hang 100000
	"$ZERODROP" load -q -o json -r 200 -d 60s -t 4 "http://127.0.0.1:$port/" >out.json 2>err.txt 3>&- &
	local pid=$!
	hangs() { [ "$(ss -Htn state established "dport = :$port" | wc -l)" -gt 10 ]; }
	wait_until hangs
	kill -INT $pid
	wait_until grep -q stopping err.txt
	kill -INT $pid
	wait $pid || [ $? = 1 ]
	said '.requests == .ok + .failed + .not_sent and .adds_up and .cut > 0 and .cut <= .failed' true
	said .stopped '"signal"'
}

@test "bad numbers of threads are refused" {
	for words in 0 257 x; do
		run -2 "$ZERODROP" load -t $words http://127.0.0.1:1/
		[ "${#lines[@]}" = 1 ]
	done
}
