#!/usr/bin/env bats
# Where this machine is the limit, `zerodrop load` says so, and lays nothing of it to the service.

bats_require_minimum_version 1.5.0

setup() {
	load helpers
	load load-helpers
}

teardown() {
	[ -z "${stopped:-}" ] || kill -CONT "$stopped"
	end_started
}

# A network of our own, with nothing else in it, so that its counters and its ports are ours.
alone() {
	unshare --user --map-root-user --net bash -c 'ip link set lo up && "$@"' alone "$@"
}

has_networks() {
	alone true 2>/dev/null || skip "no user namespaces here"
}

# note WHAT TEXT: there is such a note.
note() {
	jq -e --arg what "$1" --arg text "$2" '.notes | any(.what == $what and (.text | contains($text)))' \
		"$BATS_TEST_TMPDIR/out.json" >/dev/null && return
	echo "no note $1: $2"
	cat "$BATS_TEST_TMPDIR/out.json"
	return 1
}

@test "a generator that is held up says that it was late, and proves nothing" {
	local status=0
	start_ready
	"$ZERODROP" load --quiet -r 400 -d 4s --failures "$BATS_TEST_TMPDIR/failures.jsonl" "http://127.0.0.1:$PORT/" \
		>"$BATS_TEST_TMPDIR/out.txt" 3>&- &
	stopped=$!
	STARTED+=("$stopped")
	poll_until test -e "$BATS_TEST_TMPDIR/failures.jsonl"
	sleep 0.5
	kill -STOP "$stopped"
	sleep 2
	kill -CONT "$stopped"
	wait "$stopped" || status=$?
	stopped=
	cat "$BATS_TEST_TMPDIR/out.txt"
	[ "$status" = 4 ]
	grep -q "^  note  *late: p90 .* could not keep the times; the load was not the one asked for$" "$BATS_TEST_TMPDIR/out.txt"
	[ "$(tail -n 1 "$BATS_TEST_TMPDIR/out.txt")" = \
		"No request lost of 1,600. The generator was too late to have sent what was asked: the figures cannot stand." ]
}

@test "requests that wait for one of few connections are late by request" {
	start_ready --delay 50ms
	# 4 connections at 20/s each for 160/s: half of it.
	load_json -r 160 -d 2s -c 4 "http://127.0.0.1:$PORT/"
	[ "$status" = 0 ]
	said '[.ok, .failed, .not_sent]' '[320,0,0]'
	note late "found all 4 connections busy when they were due"
}

@test "local ports that run out are named, with how many there are" {
	has_networks
	alone bash -c '
		echo "40000 40019" >/proc/sys/net/ipv4/ip_local_port_range
		"$0" serve --address 127.0.0.1 --port 8080 --delay 1s >"$1/serve.txt" 2>&1 &
		until grep -q state=ready "$1/serve.txt"; do sleep 0.01; done
		"$0" load -q -o json -r 200 -n 60 --fresh http://127.0.0.1:8080/ >"$1/out.json" || echo $? >"$1/status"
		kill -KILL %1' "$ZERODROP" "$BATS_TEST_TMPDIR"
	[ "$(cat "$BATS_TEST_TMPDIR/status")" = 4 ]
	said '[(.failures | keys), .requests]' '[["client/ports"],60]'
	note ports "net.ipv4.ip_local_port_range is 40000-40019, which is 20 connections"
	note ports "for $(jq '.failures["client/ports"]' "$BATS_TEST_TMPDIR/out.json") requests"
}

@test "descriptors that run out are named, with how many there are" {
	start_ready --delay 1s
	(ulimit -n 30 && exec "$ZERODROP" load -q -o json -r 400 -n 100 --fresh "http://127.0.0.1:$PORT/") \
		>"$BATS_TEST_TMPDIR/out.json" || [ $? = 4 ]
	said '.failures | keys' '["client/files"]'
	note files "requests: 30 may be open at the same time"
}

@test "a listener's queue that overflows on this host is named" {
	has_networks
	# It never accepts: one or two handshakes are completed, for the rest there is no room.
	alone bash -c '
		python3 -c "
import socket, time
s = socket.socket()
s.bind((\"127.0.0.1\", 8080))
s.listen(0)
print(flush=True)
time.sleep(60)" >"$1/listening" &
		until [ -s "$1/listening" ]; do sleep 0.01; done
		"$0" load -q -o json -n 20 -r 100 --fresh --timeout 1s --connect-timeout 1s http://127.0.0.1:8080/ \
			>"$1/out.json" || echo $? >"$1/status"
		kill -KILL %1' "$ZERODROP" "$BATS_TEST_TMPDIR"
	[ "$(cat "$BATS_TEST_TMPDIR/status")" = 1 ]
	said '.failures["connect/timeout"] > 10' true
	note listen-overflow "handshakes found a listener's queue full on this host"
}

@test "a load that met no limit has none of these notes" {
	start_ready
	load_json -r 100 -n 50 "http://127.0.0.1:$PORT/"
	said '[.notes[].what] - ["late", "listen-overflow"]' '[]'
}
