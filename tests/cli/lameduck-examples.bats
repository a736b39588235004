#!/usr/bin/env bats
# lameduck-examples.bats - liblameduck in five loops: each example server is told to stop under load, and loses nothing.

load helpers

EXAMPLES=(poll epoll libuv libevent libmicrohttpd)

teardown() {
	end_started
}

# start_example NAME [VARIABLE=VALUE…]: sets SERVE (pid), LOG and PORT once it is ready.
start_example() {
	local program
	program=$(dirname "$ZERODROP")/../../examples/$1
	[ -x "$program" ] || { echo "no $program: was its library missing?" >&2; return 1; }
	LOG=$(mktemp "$BATS_TEST_TMPDIR/$1.XXXXXX")
	env "${@:2}" "$program" 0 >"$LOG" 2>&1 3>&- &
	SERVE=$!
	STARTED+=("$SERVE")
	wait_state ready
	PORT=$(sed -n 's/^listening on port //p' "$LOG")
}

state_is() {
	grep -q "^state=$1 " "$LOG"
}

# each FUNCTION: with every example, one after the other.
each() {
	local name
	for name in "${EXAMPLES[@]}"; do
		"$1" "$name" || { echo "with $name"; cat "$LOG"; return 1; } >&2
	done
}

# terminate_under_load: 64 clients, TERM in the middle; sets LOST as they see it.
terminate_under_load() {
	local out=$LOG.client
	python3 "$BATS_TEST_DIRNAME/drop_client.py" "$PORT" 64 >"$out" 3>&- &
	local client=$!
	STARTED+=("$client")
	poll_until grep -q '^warm$' "$out" || return 1
	kill -TERM "$SERVE"
	poll_until is_gone "$client" || return 1
	head -n 20 "$out"
	LOST=$(sed -n 's/^answered=[0-9]* closing=[0-9]* lost=//p' "$out")
	wait_end 0
}

loses_nothing() {
	start_example "$1" LAMEDUCK_MAX=500ms && terminate_under_load && [ "$LOST" = 0 ] &&
		log_says '^state=draining why=time ' && log_says '^state=stopped why=done ' && log_says ' lost=0$'
}

@test "nothing that was accepted is lost" {
	each loses_nothing
}

loses_nothing_at_once() {
	start_example "$1" LAMEDUCK_MAX=0 && terminate_under_load && [ "$LOST" = 0 ] &&
		log_says '^state=draining why=term ' && log_says ' lost=0$'
}

@test "nothing that was accepted is lost, without a lame duck" {
	each loses_nothing_at_once
}

# What a connection in each state gets: one that is idle, one that has said nothing, one that is new.
says_so() {
	start_example "$1" LAMEDUCK_MAX=1s || return 1
	conn_open idle && conn_get idle / && conn_answer idle && [ "$STATUS" = 200 ] || return 1
	[[ $FIELDS != *"Connection: close"* ]] && conn_open silent || return 1
	kill -TERM "$SERVE"
	wait_state lame-duck && conn_open new && conn_get new / || return 1
	wait_state draining || return 1
	conn_get idle / && conn_get silent / || return 1
	local name
	for name in new idle silent; do
		conn_answer "$name" && [ "$STATUS" = 200 ] && [[ $FIELDS == *"Connection: close"* ]] || return 1
		[ "$BODY" = $'hello\n' ] && conn_ends "$name" && conn_close "$name" || return 1
	done
	wait_end 0
}

@test "every answer after TERM says that it is the last, and idle connections get one" {
	each says_so
}

# Bytes that come behind the last request, unread, must not reset what was answered.
answers_to_the_end() {
	start_example "$1" LAMEDUCK_MAX=60s LAMEDUCK_GRACE=5m || return 1
	kill -TERM "$SERVE"
	wait_state lame-duck && conn_open c || return 1
	local more
	more=$(printf 'x%.0s' {1..4000})
	conn_send c "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET /$more" && conn_send c "$more" || :
	conn_answer c && [ "$STATUS" = 200 ] && [ "$BODY" = $'hello\n' ] && conn_close c || return 1
	kill -TERM "$SERVE"
	wait_end 0
}

@test "a client that sends on behind its last request still gets its answer" {
	each answers_to_the_end
}

readiness_follows() {
	local policy=$2 expected=$3
	start_example "$1" LAMEDUCK_MAX=60s LAMEDUCK_GRACE=5m LAMEDUCK_READINESS="$policy" || return 1
	conn_open c && conn_get c /readyz && conn_answer c && [ "$STATUS" = 200 ] || return 1
	kill -TERM "$SERVE"
	wait_state lame-duck && conn_get c /readyz && conn_answer c && [ "$STATUS" = "$expected" ] || return 1
	conn_close c && conn_open c && conn_get c /livez && conn_answer c && [ "$STATUS" = 200 ] || return 1
	conn_close c
	kill -TERM "$SERVE"
	wait_end 0
}

readiness_follows_both() {
	readiness_follows "$1" fail 503 && readiness_follows "$1" keep 200
}

@test "readiness after TERM follows the policy, liveness stays" {
	each readiness_follows_both
}

# To libmicrohttpd the connection of a request that was cut is idle too.
keeps_the_deadline() {
	local expected=1
	[ "$1" != libmicrohttpd ] || expected=2
	start_example "$1" LAMEDUCK_MAX=100ms LAMEDUCK_GRACE=1s || return 1
	conn_open idle && conn_open stuck || return 1
	conn_get idle / && conn_answer idle || return 1
	conn_send stuck 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf'
	kill -TERM "$SERVE"
	wait_end 1 && log_says '^state=stopped why=deadline connections=2 ' && log_says " idle=$expected lost=1\$" || return 1
	conn_close idle && conn_close stuck
}

@test "the deadline is kept with a stuck client, and says what was cut" {
	each keeps_the_deadline
}

ends_at_once() {
	start_example "$1" LAMEDUCK_MAX=30m LAMEDUCK_GRACE=1h || return 1
	conn_open idle && conn_get idle / && conn_answer idle || return 1
	kill -TERM "$SERVE"
	wait_state lame-duck || return 1
	kill -TERM "$SERVE"
	wait_end 0 && log_says '^state=stopped why=term-again connections=1 ' && log_says ' idle=1 lost=0$' && conn_close idle
}

@test "a second TERM ends it at once" {
	each ends_at_once
}

@test "a lame duck may end when it is quiet" {
	start_example epoll LAMEDUCK_MAX=10m LAMEDUCK_GRACE=1h LAMEDUCK_QUIET=300ms
	conn_open c
	for i in {1..100}; do
		conn_get c / && conn_answer c
	done
	conn_close c
	kill -TERM "$SERVE"
	wait_end 0
	log_says '^state=draining why=quiet '
}

refuses_bad_words() {
	local program status=0
	program=$(dirname "$ZERODROP")/../../examples/$1
	LOG=$BATS_TEST_TMPDIR/bad
	LAMEDUCK_GRACE=soon "$program" 0 >"$LOG" 2>&1 || status=$?
	[ "$status" = 2 ] && log_says LAMEDUCK_GRACE || return 1
	status=0
	LAMEDUCK_GRACE=10s LAMEDUCK_MAX=20s "$program" 0 >"$LOG" 2>&1 || status=$?
	[ "$status" = 2 ] && log_says 'does not hold the lame duck'
}

@test "a configuration that cannot be is refused, by name" {
	each refuses_bad_words
}
