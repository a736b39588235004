#!/usr/bin/env bats
# rehearse-lameduck.bats - the example servers in pods, over a link with a round trip, as loopback hides what a listener's
# close loses.

load rehearse-helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	end_started
}

# example FILE NAME [VARIABLE VALUE]…
example() {
	local program env='[]'
	program=$(realpath "$(dirname "$ZERODROP")/../../examples/$2")
	[ -x "$program" ] || { echo "no $program: was its library missing?" >&2; return 1; }
	[ $# = 2 ] || env=$(jq -nc '$ARGS.positional | [range(0; length; 2) as $i | {name: .[$i], value: .[$i + 1]}]' --args "${@:3}")
	shop "$1" "app.command = [\"$program\", \"8080\"] | app.args = [] | app.env = $env"
}

@test "a rolling update of each example loses nothing" {
	[ -w /dev/net/tun ] || skip "/dev/net/tun is not ours to open"
	for name in poll epoll libuv libevent libmicrohttpd; do
		example $name.json $name LAMEDUCK_MAX 2s
		rehearse $name --rtt 20ms
	done
	passes poll epoll libuv libevent libmicrohttpd
	found epoll '[.rollout.pods[].revision] == [1, 1, 2, 2] and (.rollout.pods | all(.revision == 2 or .term_s != null))'
}

# Without a lame duck requests are sent to a listener that has gone: that is the data plane's lag, and a new connection
# finds another pod. What had been accepted is answered all the same.
@test "without a lame duck nothing that was accepted is lost" {
	[ -w /dev/net/tun ] || skip "/dev/net/tun is not ours to open"
	example now.json epoll LAMEDUCK_MAX 0
	rehearse now --rtt 20ms --rate 300 --fresh
	poll_until is_gone "${RUNS[now]}"
	found now '.ok > 0 and [.failures | keys[] | select(startswith("connect/") | not)] == []'
}
