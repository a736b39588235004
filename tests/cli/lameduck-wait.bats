#!/usr/bin/env bats
# lameduck-wait.bats - when `lameduck` stops waiting, with real servers and real traffic in a network namespace of their own.

load lameduck-helpers

# serve_under OPTION…: lameduck runs a server on port 8080 of the container, with those options.
serve_under() {
	start_contained "$LAMEDUCK" run "$@" -- "$ZERODROP" serve --port 8080 --on-term exit
	poll_until inside curl -sf -o "$BATS_TEST_TMPDIR/page" http://127.0.0.1:8080/
}

inside() {
	nsenter --user --preserve-credentials --pid --net --mount --target "$INIT" "$@"
}

# traffic RATE SECONDS OPTION…: in the background; TRAFFIC.
traffic() {
	inside "$ZERODROP" load -q -o json -r "$1" -d "$2" "${@:3}" --timeout 5s http://127.0.0.1:8080/ \
		>"$BATS_TEST_TMPDIR/load" 2>&1 3>&- 7>&- &
	TRAFFIC=$!
	STARTED+=("$TRAFFIC")
}

learned() {
	inside "$LAMEDUCK" status -o json | jq -e ".handshakes_per_s > $1" >/dev/null
}

# waited FIELD: of the report.
waited() {
	sed -n "s/^lameduck: .*\b$1=\(\"[^\"]*\"\|[^ ]*\).*/\1/p" "$OUT"
}

@test "it waits while new connections come, and goes when they stop" {
	serve_under --max 40s --grace 90s
	traffic 50 24s --fresh
	poll_until learned 20
	# It looks every 5 s, and one of two looks is not enough: by then it has seen this rate.
	sleep 16
	kill -TERM "$INIT"
	wait_end 0
	wait "$TRAFFIC" || true
	cat "$OUT" "$BATS_TEST_TMPDIR/load" >&2
	[ "$(waited why)" = quiet ]
	[ "$(waited basis)" = '"new connections"' ]
	# Not one of them came after its end.
	jq -e '.failed == 0 and .ok == .requests' "$BATS_TEST_TMPDIR/load"
}

@test "it waits for data on connections that are kept, when few are new" {
	serve_under --max 40s --grace 90s
	traffic 50 24s --keepalive -c 4
	poll_until keeps_four
	sleep 17
	kill -TERM "$INIT"
	wait_end 0
	wait "$TRAFFIC" || true
	cat "$OUT" "$BATS_TEST_TMPDIR/load" >&2
	[ "$(waited why)" = quiet ]
	[ "$(waited basis)" = '"connections and data"' ]
	jq -e '.failed == 0 and .ok == .requests' "$BATS_TEST_TMPDIR/load"
}

keeps_four() {
	inside "$LAMEDUCK" status -o json | jq -e '.connections >= 1' >/dev/null
}

@test "too little traffic to tell: the whole of --max" {
	serve_under --max 3s --grace 30s
	kill -TERM "$INIT"
	wait_end 0
	[ "$(waited why)" = max ]
	[ "$(waited traffic)" = '"too rare to tell"' ]
}

@test "what is in flight is waited for" {
	serve_under --max 40s --grace 90s
	traffic 50 18s --fresh
	poll_until learned 20
	sleep 16
	inside curl -s -o "$BATS_TEST_TMPDIR/slow" -w '%{http_code}' 'http://127.0.0.1:8080/?wait=9' >"$BATS_TEST_TMPDIR/code" 3>&- 7>&- &
	slow=$!
	STARTED+=("$slow")
	poll_until busy
	kill -TERM "$INIT"
	wait_end 0
	wait "$slow"
	cat "$OUT" >&2
	[ "$(cat "$BATS_TEST_TMPDIR/code")" = 200 ]
	[ "$(waited in-flight)" = 0 ]
	wait "$TRAFFIC" || true
}

busy() {
	inside "$LAMEDUCK" status -o json | jq -e '.in_flight >= 1' >/dev/null
}

@test "probes on the app's own port do not keep it waiting" {
	serve_under --max 40s --grace 90s
	traffic 50 18s --fresh
	poll_until learned 20
	inside "$ZERODROP" load -q -r 1 -d 60s --fresh http://127.0.0.1:8080/readyz >/dev/null 2>&1 3>&- 7>&- &
	STARTED+=("$!")
	sleep 16
	kill -TERM "$INIT"
	wait_end 0
	cat "$OUT" >&2
	[ "$(waited why)" = quiet ]
	wait "$TRAFFIC" || true
}

@test "a probe port of its own: ready once the app is, not ready from TERM on, and no traffic" {
	start_contained "$LAMEDUCK" run --max 4s --grace 30s --probe-port 8086 --ready-file "$BATS_TEST_TMPDIR/ready" --ready-port 8080 -- \
		"$ZERODROP" serve --port 8080
	probed() { [ "$(inside curl -s -o "$BATS_TEST_TMPDIR/page" -w '%{http_code}' http://127.0.0.1:8086/$1)" = "$2" ]; }
	poll_until probed livez 200
	probed readyz 503
	touch "$BATS_TEST_TMPDIR/ready"
	poll_until probed readyz 200
	probed nothing 404
	for i in 1 2 3 4 5; do inside "$LAMEDUCK" status -o json; done | jq -e -s 'all(.ports == [8080])' >&2
	kill -TERM "$INIT"
	poll_until probed readyz 503
	probed livez 200
	wait_end 0
	[ "$(waited why)" = max ]
}

@test "as a preStop hook it has the pod's totals to go by" {
	start_contained "$ZERODROP" serve --port 8080
	poll_until inside curl -sf -o "$BATS_TEST_TMPDIR/page" http://127.0.0.1:8080/
	traffic 50 10s --fresh
	poll_until learned 20
	sleep 5
	inside "$LAMEDUCK" prestop --max 40s --grace 90s --log "$BATS_TEST_TMPDIR/message" 2>"$OUT"
	wait "$TRAFFIC"
	cat "$OUT" >&2
	[ "$(waited why)" = quiet ]
	cmp "$OUT" "$BATS_TEST_TMPDIR/message"
}

@test "the end is told to statsd and to the termination message file" {
	start_contained "$LAMEDUCK" run --max 1s --grace 30s --log "$BATS_TEST_TMPDIR/message" --statsd 127.0.0.1:8125 -- sleep 600
	inside timeout 60 python3 -c '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", 8125))
print("listening", flush=True)
print(s.recv(4096).decode(), flush=True)' >"$BATS_TEST_TMPDIR/statsd" 3>&- 7>&- &
	STARTED+=("$!")
	poll_until grep -q listening "$BATS_TEST_TMPDIR/statsd"
	kill -TERM "$INIT"
	wait_end 143
	poll_until grep -q '^lameduck.waited:[0-9]*|ms' "$BATS_TEST_TMPDIR/statsd"
	grep -qx 'lameduck.end.max:1|c' "$BATS_TEST_TMPDIR/statsd"
	grep -q 'waited=1.* why=max .*app-status=143' "$BATS_TEST_TMPDIR/message"
}

# The small part of bench/lameduck that runs every time.
@test "of a dozen terminations side by side none is early, and most end for want of traffic" {
	local bench=$BATS_TEST_DIRNAME/../../bench/lameduck/run
	export LAMEDUCK ZERODROP
	"$bench" --terminations 12 --parallel 6 --rates 10 --lags 2 --learn 16 --max 30 --records "$BATS_TEST_TMPDIR/ends" >&2
	jq -e -s 'length == 12 and all(.requests > 0 and .lost == 0)' "$BATS_TEST_TMPDIR/ends" >&2
	jq -e -s '[.[] | select(.why == "quiet")] | length > 6' "$BATS_TEST_TMPDIR/ends" >&2
	[ "$(jq -r .server "$BATS_TEST_TMPDIR/ends" | sort -u | wc -l)" = 4 ]
}
