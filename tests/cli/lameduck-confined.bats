#!/usr/bin/env bats
# lameduck-confined.bats - `lameduck` where the kernel refuses things: under the filters that container runtimes set, without
# sock_diag, without /proc/net.

load lameduck-helpers

: "${CONFINE:=$(dirname "$LAMEDUCK")/../../tests/helper/confine}"

# confined_serve FILTER OPTION…: a server in a container, `lameduck run` and all under it behind that filter.
confined_serve() {
	WITHIN=("$CONFINE" "$1")
	start_contained "$LAMEDUCK" run "${@:2}" -- "$ZERODROP" serve --port 8080 --on-term exit
	poll_until answers
}

answers() {
	inside curl -sf -o "$BATS_TEST_TMPDIR/page" http://127.0.0.1:8080/
}

inside() {
	nsenter --user --preserve-credentials --pid --net --mount --target "$INIT" "$@"
}

# status FILTER
status() {
	inside "$CONFINE" "$1" "$LAMEDUCK" status -o json
}

traffic() {
	inside "$ZERODROP" load -q -o json -r 50 -d "$1" --timeout 5s "${@:2}" http://127.0.0.1:8080/ >"$BATS_TEST_TMPDIR/load" 2>&1 3>&- 7>&- &
	TRAFFIC=$!
	STARTED+=("$TRAFFIC")
}

has_seen() {
	[ "$(inside awk '/^Tcp:/ { n = $6 } END { print n }' /proc/net/snmp)" -gt "$1" ]
}

# waited FIELD: of the report.
waited() {
	sed -n "s/^lameduck: .*\b$1=\(\"[^\"]*\"\|[^ ]*\).*/\1/p" "$OUT"
}

lost_nothing() {
	wait "$TRAFFIC"
	jq -e '.failed == 0 and .ok == .requests' "$BATS_TEST_TMPDIR/load" >&2
}

@test "the default filters of Docker and containerd allow all that it does" {
	confined_serve container --max 40s --grace 90s --probe-port 8086
	# The filter is there, and it is one: no namespaces.
	grep -q '^Seccomp:	2' "/proc/$INIT/status"
	run ! inside "$CONFINE" container unshare --user true
	traffic 24s --keepalive -c 4
	poll_until has_seen 1 # a server that is quick is asked over one connection
	inside curl -sf http://127.0.0.1:8086/readyz >&2
	status container | jq -e '.refused == null and .state == "serving" and (.ports | index(8080)) and .connections >= 1' >&2
	# Three looks, 5 s apart, know the rate.
	sleep 16
	kill -TERM "$INIT"
	wait_end 0
	cat "$OUT" >&2
	[ "$(waited why)" = quiet ]
	[ "$(waited in-flight)" = 0 ]
	[ -z "$(waited refused)" ]
	lost_nothing
}

@test "those filters allow what a preStop hook does" {
	WITHIN=("$CONFINE" container)
	start_contained "$ZERODROP" serve --port 8080
	poll_until answers
	traffic 8s --fresh
	poll_until has_seen 100
	inside "$CONFINE" container "$LAMEDUCK" prestop --max 40s --grace 90s 2>"$OUT"
	cat "$OUT" >&2
	[ "$(waited why)" = quiet ]
	[ -z "$(waited refused)" ]
	lost_nothing
}

@test "without sock_diag it says so, and goes by new connections alone" {
	confined_serve no-netlink --max 40s --grace 90s
	traffic 20s --fresh
	poll_until has_seen 800
	status no-netlink | jq -e '.refused == "Permission denied" and .handshakes_per_s > 0' >&2
	kill -TERM "$INIT"
	wait_end 0
	cat "$OUT" >&2
	[ "$(waited why)" = quiet ]
	[ "$(waited basis)" = '"new connections"' ]
	[ "$(waited refused)" = '"Permission denied"' ]
	lost_nothing
}

@test "without sock_diag and with kept connections only there is no evidence: the whole of --max" {
	confined_serve no-netlink --max 4s --grace 30s
	traffic 3s --keepalive -c 2
	poll_until has_seen 1
	kill -TERM "$INIT"
	wait_end 0
	cat "$OUT" >&2
	[ "$(waited why)" = max ]
	[[ $(waited waited) == 4* ]]
	[ "$(waited refused)" = '"Permission denied"' ]
}

# Hides what the kernel counts from process 1, which is what this shell becomes.
HIDE='mount -t tmpfs none /proc/$$/net; exec "$@"'

@test "without /proc/net it says so and waits for the whole of --max, as hook too" {
	WITHIN=(sh -c "$HIDE" sh)
	start_contained "$LAMEDUCK" run --max 4s --grace 30s -- "$ZERODROP" serve --port 8080 --on-term exit
	poll_until answers
	traffic 2s --fresh
	inside sh -c "$HIDE" sh "$LAMEDUCK" prestop --max 2s --grace 30s 2>"$BATS_TEST_TMPDIR/hook"
	grep 'waited=2.* why=max .*refused="No such file or directory"' "$BATS_TEST_TMPDIR/hook" >&2
	kill -TERM "$INIT"
	wait_end 0
	cat "$OUT" >&2
	[ "$(waited why)" = max ]
	[[ $(waited waited) == 4* ]]
	[ "$(waited refused)" = '"No such file or directory"' ]
}
