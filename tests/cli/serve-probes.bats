#!/usr/bin/env bats
# serve-probes.bats - what the server says of itself: probes, metrics, the hook, the trace.

load helpers

teardown() {
	end_started
}

# start_probed OPTION…: sets PROBES, the port for probes, too.
start_probed() {
	start_serve --probe-port 0 "$@"
	poll_until grep -q '^probes on ' "$LOG"
	PROBES=$(sed -n 's/^probes on 127.0.0.1://p' "$LOG")
}

probe() {
	curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PROBES$1"
}

# metric NAME[LABELS]: its value.
metric() {
	curl -sS "http://127.0.0.1:${PROBES:-$PORT}/metrics" | grep -v '^#' | grep -F "zerodrop_serve_$1 " | sed 's/.* //'
}

metric_is() {
	[ "$(metric "$1")" = "$2" ]
}

@test "probes have a port of their own, from the beginning to the end" {
	start_probed --startup-delay 500ms --lame-duck 1h
	is_refused
	[ "$(probe /livez)$(probe /readyz)$(probe /startupz)" = 200503503 ]
	wait_state ready
	[ "$(probe /alive)$(probe /ready)$(probe /startupz)" = 200200200 ]
	[ "$(probe /)" = 404 ]
	run curl -sS "http://127.0.0.1:$PORT/readyz"
	[ "$output" = "version=1 pod=pod-1" ]
	PORT=$PROBES conn_open held
	kill -TERM "$SERVE"
	wait_state lame-duck
	[ "$(probe /livez)$(probe /readyz)$(probe /startupz)" = 200503200 ]
	kill -TERM "$SERVE"
	wait_end 0
}

@test "a probe that is still connected does not hold up the end" {
	start_probed --lame-duck 0
	wait_state ready
	PORT=$PROBES conn_open idle
	PORT=$PROBES conn_open spoken
	conn_get spoken /livez
	conn_answer spoken
	kill -TERM "$SERVE"
	wait_end 0
	log_says 'state=stopped .* why=done '
	log_says 'served=0 closed=0 closed-idle=0 cut=0 '
}

@test "while it drains, probes are answered still" {
	start_probed --lame-duck 0
	wait_state ready
	conn_open a
	conn_ask_slowly a '/?wait=500'
	kill -TERM "$SERVE"
	wait_state draining
	poll_until is_refused
	[ "$(probe /livez)$(probe /readyz)" = 200503 ]
	metric_is 'state{state="draining"}' 1
	metric_is requests 1
}

@test "metrics count what happened" {
	start_ready --lame-duck 1h --header-timeout 100ms
	conn_open a
	conn_open slow
	conn_send slow 'GET / HT'
	for i in 1 2 3; do
		conn_get a /
		conn_answer a
	done
	conn_get a '/?wait=x'
	conn_answer a
	conn_answer slow
	[ "$STATUS" = 408 ]
	[ "$(metric 'answers_total{code="4xx"}')" = 2 ]
	[ "$(metric 'timeouts_total{of="header"}')" = 1 ]
	[ "$(metric 'state{state="ready"}')$(metric 'state{state="lame-duck"}')$(metric ready)" = 101 ]
	[ "$(metric ending_served_total)" = 0 ]
	kill -TERM "$SERVE"
	wait_state lame-duck
	conn_get a /
	conn_answer a
	[ "$(metric 'state{state="ready"}')$(metric 'state{state="lame-duck"}')$(metric ready)" = 010 ]
	[ "$(metric ending_served_total)" = 1 ]
	curl -sS "http://127.0.0.1:$PORT/metrics" >"$BATS_TEST_TMPDIR/metrics"
	# Every sample has a type, and no type comes twice.
	run awk '/^# TYPE/ { if (seen[$3]++) print "twice", $3; typed[$3] = 1 }
		/^[^#]/ { name = $1; sub(/[{].*/, "", name); if (!typed[name]) print "untyped", name; n++ }
		END { if (n < 20) print "only", n }' "$BATS_TEST_TMPDIR/metrics"
	[ -z "$output" ]
}

@test "an HTTP preStop hook starts the lame duck, and is answered when it is over" {
	start_probed --prestop-path /drain --lame-duck 1s
	wait_state ready
	curl -sS -o "$BATS_TEST_TMPDIR/hook" -w '%{http_code}' "http://127.0.0.1:$PROBES/drain" >"$BATS_TEST_TMPDIR/code" 3>&- &
	hook=$!
	STARTED+=("$hook")
	wait_state lame-duck
	log_says 'state=lame-duck .* why=prestop '
	conn_open a
	conn_get a /
	conn_answer a
	[[ $STATUS = 200 && $FIELDS == *"Connection: close"* ]]
	conn_open busy
	conn_get busy '/?wait=500'
	poll_until is_gone "$hook"
	wait "$hook"
	[ "$(<"$BATS_TEST_TMPDIR/code")" = 200 ]
	state_is draining
	# TERM comes when the hook is over: it is the first, and what is in flight goes on.
	kill -TERM "$SERVE"
	metric_is requests 1
	! state_is stopped
	kill -TERM "$SERVE"
	wait_end 1
	log_says 'state=stopped .* why=term-again '
}

@test "on a port that is for all, the hook is there too, and not without being asked for" {
	start_ready --lame-duck 0
	run curl -sS "http://127.0.0.1:$PORT/drain"
	[ "$output" = "version=1 pod=pod-1" ]
	start_ready --prestop-path /drain --lame-duck 0
	[ "$(curl -sS "http://127.0.0.1:$PORT/drain")" = "the lame duck is over" ]
	wait_end 0
}

@test "a request that asks for it is told state, pod and time since TERM, and no other" {
	start_ready --lame-duck 1h
	conn_open a
	conn_get a / 'Zerodrop-Trace: 1'
	conn_answer a
	[[ $FIELDS == *$'\nZerodrop-Trace: state=ready pod=pod-1\n'* ]]
	for field in 'Zerodrop-Trace: 0' 'X-Zerodrop-Trace: 1' 'Accept: */*'; do
		conn_get a / "$field"
		conn_answer a
		[[ $FIELDS != *Zerodrop-Trace* ]]
	done
	kill -TERM "$SERVE"
	wait_state lame-duck
	conn_get a / 'zerodrop-trace: 1'
	conn_answer a
	[[ $FIELDS =~ Zerodrop-Trace:\ state=lame-duck\ pod=pod-1\ since-term=[0-9]+\.[0-9]{3}s ]]
}

@test "the access log has a line for each answer, and nobody can forge one" {
	start_ready --access-log --lame-duck 0
	conn_open a
	conn_get a '/one?x=1'
	conn_answer a
	conn_get a /livez
	conn_answer a
	conn_send a 'GET /a"b%0ac HTTP/1.1\r\nHost: a\r\n\r\nGET /\x01 HTTP/1.1\r\n\r\n'
	conn_answer a
	conn_answer a
	conn_close a
	kill -TERM "$SERVE"
	wait_end 0
	log_says '^zerodrop serve: access peer=127.0.0.1:[0-9]* method=GET target="/one?x=1" status=200 took=[0-9.a-z]* connection=1 request=1 state=ready$'
	log_says 'target="/livez" status=200 .* request=2 '
	log_says 'target="/a\\x22b%0ac" status=200 .* request=3 '
	log_says 'method=- target="" status=400 '
	[ "$(grep -c access "$LOG")" = 4 ]
}

@test "the account at the end is there for programs, too" {
	LOG=$BATS_TEST_TMPDIR/log
	"$ZERODROP" serve --address 127.0.0.1 --port 0 --pod pod-1 --access-log -o json --lame-duck 0 --drain-timeout 300ms \
		>"$BATS_TEST_TMPDIR/account" 2>"$LOG" 3>&- &
	SERVE=$!
	STARTED+=("$SERVE")
	wait_state ready
	PORT=$(sed -n 's/.*state=ready .*port=\([0-9]*\) .*/\1/p' "$LOG")
	conn_open part
	conn_open working
	conn_ask_slowly working '/?wait=500'
	conn_send part 'GET / HTTP/1.1\r\n'
	curl -sS -o /dev/null "http://127.0.0.1:$PORT/"
	kill -TERM "$SERVE"
	conn_close part
	conn_answer working
	[ "$STATUS" = 503 ]
	conn_close working
	wait_end 1
	jq -e '.pod == "pod-1" and .on_term == "drain" and .why == "deadline" and .cut == 1 and .cut_at.working == 1
		and .served == 0 and .drain_s >= 0.3 and .after_s >= .drain_s' "$BATS_TEST_TMPDIR/account"
	log_says ' access '
}
