#!/usr/bin/env bats
# What `zerodrop load --http2` says of a server that does one thing wrong, against the server's own ledger; and of real
# servers.

bats_require_minimum_version 1.5.0

setup() {
	load load-helpers
	fault_server=fault_server_h2.py
	scheme=http
}

teardown() {
	stop_server
}

# each_failure FILTER: true of every line of the failures file.
each_failure() {
	jq -e -s "length > 0 and all(.[]; $1)" "$BATS_TEST_TMPDIR/failures.jsonl" >/dev/null || {
		echo "not so of each: $1"
		cat "$BATS_TEST_TMPDIR/failures.jsonl"
		return 1
	}
}

# over_tls: from now on servers and loads.
over_tls() {
	local files=$BATS_TEST_TMPDIR
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test \
		-addext subjectAltName=IP:127.0.0.1 -keyout "$files/key.pem" -out "$files/certificate.pem" 2>/dev/null
	server_options=("$files/certificate.pem" "$files/key.pem")
	load_options=(--cacert "$files/certificate.pem")
	scheme=https
}

# requests_are_named FAULT NAME [OPTION…]: what one request meets is told of it alone: COUNT injected are COUNT reported
# under that name and no other, in fresh and kept-alive mode, with GET and POST, one at a time and many on one
# connection, which goes on.
requests_are_named() {
	local fault=$1 name=$2 count=8 mode method loop
	shift 2
	for mode in --fresh --keepalive; do
		for method in "-XGET" "-bsome=body"; do
			for loop in "-r 400" "-c 1 --streams 10"; do
				start_server "$fault" "$count"
				load_json --http2 -n 60 $loop $mode $method "$@" "$scheme://127.0.0.1:$port/"
				stop_server
				echo "$fault $mode $method $loop"
				check_named "$name" "$count" 60
				[ $mode = --fresh ] || said .connections '{"opened":1,"reused":59,"closed_idle":0,"unsolicited":0}'
			done
		done
	done
}

# connections_are_named FAULT NAME [OPTION…]: the same for what ends a connection, with one request on it at a time.
connections_are_named() {
	local fault=$1 name=$2 count=8 mode method
	shift 2
	for mode in --fresh --keepalive; do
		for method in "-XGET" "-bsome=body"; do
			start_server "$fault" "$count"
			load_json --http2 -n 60 -c 3 $mode $method "$@" "$scheme://127.0.0.1:$port/"
			stop_server
			echo "$fault $mode $method"
			check_named "$name" "$count" 60
		done
	done
}

# check_named NAME COUNT REQUESTS
check_named() {
	[ "$(ledger .injected)" = "$2" ]
	said .failures "{\"$1\":$2}"
	said '[.requests, .ok, .failed, .not_sent]' "[$3,$(($3 - $2)),$2,0]"
	[ "$status" = 1 ]
	[ "$(wc -l <"$BATS_TEST_TMPDIR/failures.jsonl")" = "$2" ]
	each_failure ".kind == \"$1\" and .remote_port == $port and .local_port > 0 and .bytes_sent > 0"
	each_failure '.scheduled_ns <= .started_ns and .started_ns < .ended_ns'
}

@test "a server without faults loses nothing" {
	start_server none 0
	load_json --http2 -n 200 -c 5 "$scheme://127.0.0.1:$port/"
	[ "$status" = 0 ]
	said '[.requests, .ok, .failed, .not_sent, .failures, .status]' '[200,200,0,0,{},{"200":200}]'
	said .connections '{"opened":5,"reused":195,"closed_idle":0,"unsolicited":0}'
	load_json --http2 -n 200 -c 5 --fresh "$scheme://127.0.0.1:$port/"
	said '[.ok, .connections.opened]' '[200,200]'
}

@test "requests share a connection, and go to each in turn when several are wanted" {
	start_server none 0
	load_json --http2 -n 200 -r 1000 "$scheme://127.0.0.1:$port/"
	said '[.ok, .connections.opened]' '[200,1]'
	load_json --http2 -n 200 -r 1000 -c 4 --expect 500 "$scheme://127.0.0.1:$port/"
	said '[.failed, .connections.opened]' '[200,4]'
	jq -s -e 'group_by(.connection) | map(length) | min > 30' "$BATS_TEST_TMPDIR/failures.jsonl"
	stop_server
	start_server together 0
	load_json --http2 -n 200 -c 2 --streams 10 "$scheme://127.0.0.1:$port/"
	stop_server
	said '[.ok, .connections.opened]' '[200,2]'
	[ "$(ledger .most)" -gt 1 ]
}

@test "no more requests than the server takes are on one connection" {
	for loop in "-c 2 --streams 10" "-r 2000 -c 2" "-r 2000"; do
		start_server limit 0
		load_json --http2 -n 200 $loop "$scheme://127.0.0.1:$port/"
		stop_server
		said '[.ok, .failed, .not_sent]' '[200,0,0]'
		[ "$(ledger .most)" = 2 ]
		[[ $loop != *-c* ]] || said .connections.opened 2
	done
}

@test "RST_STREAM is stream/reset" {
	requests_are_named rst-internal stream/reset
	each_failure '.bytes_received == 0 and .detail == "INTERNAL_ERROR"'
}
@test "RST_STREAM REFUSED_STREAM is stream/refused" { requests_are_named rst-refused stream/refused; }
@test "RST_STREAM inside the body is stream/reset" {
	requests_are_named rst-in-body stream/reset
	each_failure '.status == 200 and .pod == "pod-a" and .bytes_received > 0'
}
@test "an answer with 503 is status/503, and its pod is named" {
	requests_are_named 503 status/503
	each_failure '.status == 503 and .pod == "pod-b"'
}
@test "a body shorter than it was said to be is body/malformed" { requests_are_named short-body body/malformed; }
@test "a body longer than it was said to be is body/malformed" { requests_are_named long-body body/malformed; }
@test "a head without a status is head/malformed" { requests_are_named no-status head/malformed; }
@test "a header in upper case is head/malformed" { requests_are_named upper-case head/malformed; }
@test "silence is wait/timeout, and the server is told" {
	requests_are_named hang wait/timeout --timeout 500ms
	[ "$(ledger .cancelled)" = 8 ]
}
@test "silence after an interim answer is head/timeout" { requests_are_named hang-head head/timeout --timeout 500ms; }
@test "silence inside the body is body/timeout" { requests_are_named hang-body body/timeout --timeout 500ms; }

@test "an end without a byte of answer is wait/closed" { connections_are_named fin-silent wait/closed; }
@test "a reset without a byte of answer is wait/reset" { connections_are_named rst-silent wait/reset; }
@test "an end inside the head is head/closed" { connections_are_named cut-head head/closed; }
@test "a reset inside the head is head/reset" { connections_are_named cut-head-rst head/reset; }
@test "an end between two frames of the body is body/closed" { connections_are_named cut-body body/closed; }
@test "an end inside a frame of the body is body/closed" { connections_are_named cut-frame body/closed; }
@test "a reset inside the body is body/reset" { connections_are_named cut-body-rst body/reset; }
@test "an answer that is no HTTP/2 is head/malformed" { connections_are_named no-http2 head/malformed; }
@test "a head that cannot be decompressed is head/malformed" { connections_are_named bad-hpack head/malformed; }
@test "a frame that breaks the rules inside the body is body/malformed" {
	connections_are_named wrong-frame body/malformed
}

@test "an end before the server's first frame is wait/closed" {
	for mode in --fresh --keepalive; do
		start_server fin-first 8
		load_json --http2 -r 200 -n 60 --fresh "$scheme://127.0.0.1:$port/"
		stop_server
		check_named wait/closed 8 60
		[ "$(ledger .lost)" = 8 ]
	done
}

@test "a reset at accept is counted once each, and what waited for the connection goes elsewhere" {
	for loop in "-r 200 --fresh" "-c 3 --fresh" "-c 3 --streams 5"; do
		start_server rst-accept 4
		load_json --http2 -n 60 $loop "$scheme://127.0.0.1:$port/"
		stop_server
		# Where it meets the request depends on who is faster; of few kept connections few are met.
		injected=$(ledger .injected)
		said '[.failures | to_entries[] | select(.key | IN("connect/reset", "send/reset", "wait/reset")) | .value] | add' \
			"$([ "$injected" = 0 ] && echo null || echo "$injected")"
		said '[.ok, .failed]' "[$((60 - injected)),$injected]"
	done
}

@test "a connection that nobody listens for is refused, once for each request" {
	for loop in "-r 200" "-r 200 --fresh" "-c 3 --streams 5"; do
		load_json --http2 $loop -n 20 http://127.0.0.1:1/
		said '[.failures, .connections.opened, .connections.reused]' '[{"connect/refused":20},0,0]'
		each_failure '.local_port > 0 and .bytes_sent == 0'
	done
}

# What ends with its connection while many are on it: as many as the server had not answered.
@test "everything on a connection that is cut is lost, each in its own phase" {
	for fault in fin-silent cut-body; do
		for method in "-XGET" "-bsome=body"; do
			start_server $fault 8
			load_json --http2 -n 400 -c 2 --streams 10 $method "$scheme://127.0.0.1:$port/"
			stop_server
			said '.failed' "$(ledger .lost)"
			said '.ok' "$(ledger .answered)"
			said '[.failures[]] | add == '"$(ledger .lost)" true
			said '.failures | keys - ["wait/closed", "send/reset", "body/closed"]' '[]'
		done
	done
	said '.failures["body/closed"]' 8
}

@test "what GOAWAY leaves out is stream/refused, and nothing is sent twice" {
	for loop in "-c 1" "-c 2 --streams 10" "-r 1000"; do
		for method in "-XGET" "-bsome=body"; do
			start_server goaway-below 8
			load_json --http2 -n 300 $loop $method "$scheme://127.0.0.1:$port/"
			stop_server
			[ "$(ledger .refused)" -ge 8 ]
			said '.failures' "{\"stream/refused\":$(ledger .refused)}"
			said '[.ok, .not_sent]' "[$(ledger .answered),0]"
			said '.ok + .failed' 300
		done
	done
}

@test "GOAWAY and then an end: what it leaves in is wait/closed, the rest stream/refused" {
	for loop in "-c 1" "-c 2 --streams 10"; do
		start_server goaway-cut 8
		load_json --http2 -n 300 $loop "$scheme://127.0.0.1:$port/"
		stop_server
		said '.failures["wait/closed"]' "$(ledger .lost)"
		said '.failures["stream/refused"] // 0' "$(ledger .refused)"
		said '.ok' "$(ledger .answered)"
		[ "$(ledger .lost)" -ge 8 ]
	done
}

@test "a server that leaves as it should loses nothing" {
	for loop in "-c 1" "-c 2 --streams 10" "-r 2000" "-r 400 --fresh"; do
		for method in "-XGET" "-bsome=body"; do
			start_server drain 100
			load_json --http2 -n 600 $loop $method "$scheme://127.0.0.1:$port/"
			stop_server
			said '[.ok, .failed, .not_sent]' '[600,0,0]'
			[ "$(ledger .injected)" = 100 ]
		done
	done
}

@test "a lame duck that takes no more than one request on a new connection loses nothing" {
	for loop in "-c 2 --streams 10" "-r 1000" "-r 1000 -c 2"; do
		start_server lame 0
		load_json --http2 -n 200 $loop --timeout 20s "http://127.0.0.1:$port/"
		stop_server
		said '[.ok, .failed, .not_sent]' '[200,0,0]'
		said '.connections.opened > 20' true
		[ "$(ledger .connections)" = "$(jq .connections.opened "$BATS_TEST_TMPDIR/out.json")" ]
	done
}

@test "an idle connection that the server leaves is no failure" {
	for fault in idle-close idle-close-rst idle-goaway; do
		start_server $fault 8
		load_json --http2 -r 40 -n 40 "$scheme://127.0.0.1:$port/"
		stop_server
		said '[.ok, .failed, .connections.closed_idle]' '[40,0,8]'
		[ "$(ledger .injected)" = 8 ]
	done
}

@test "a connection closed under the next request is named, and not retried" {
	for fault in race-fin:wait/closed race-rst:wait/reset; do
		start_server ${fault%%:*} 8
		load_json --http2 -c 1 -n 60 -b body "$scheme://127.0.0.1:$port/"
		stop_server
		said .failures "{\"${fault#*:}\":8}"
		said '[.ok, .requests]' '[52,60]'
		each_failure '.served > 0 and .idle_ns > 0 and .pod == "pod-a"'
		[ "$(ledger .answered)" = 52 ]
	done
}

@test "bytes that break the rules on an idle connection end it, and are no answer" {
	start_server garbage-idle 8
	load_json --http2 -r 20 -n 40 "$scheme://127.0.0.1:$port/"
	stop_server
	said '[.ok, .failed, .connections.unsolicited, .connections.closed_idle]' '[40,0,8,8]'
}

@test "interim answers are skipped" {
	start_server interim 8
	load_json --http2 -n 60 -c 2 --expect 500 "$scheme://127.0.0.1:$port/"
	said '[.failed, .failures]' '[60,{"status/200":60}]'
	each_failure '.pod == "pod-a"'
}

@test "an answer that comes while the body is still being sent counts" {
	head -c 8000000 /dev/zero >"$BATS_TEST_TMPDIR/body"
	for mode in --fresh --keepalive; do
		start_server early-413 8
		load_json --http2 -n 30 -c 2 $mode -b "@$BATS_TEST_TMPDIR/body" --expect 200 "$scheme://127.0.0.1:$port/"
		stop_server
		said '[.failures, .ok]' '[{"status/413":8},22]'
		each_failure '.bytes_sent < 8000000'
		[ $mode = --fresh ] || said .connections.opened 2
	done
}

@test "a reset while the body is being sent is send/reset" {
	head -c 8000000 /dev/zero >"$BATS_TEST_TMPDIR/body"
	start_server rst-in-send 8
	load_json --http2 -n 30 -c 2 -b "@$BATS_TEST_TMPDIR/body" "$scheme://127.0.0.1:$port/"
	stop_server
	said '[.failures, .ok]' '[{"send/reset":8},22]'
}

@test "a stall shows in the percentiles of an open loop, however few requests a connection takes" {
	for streams in 1000 20; do
		start_server stall 1
		load_json --http2 -r 400 -d 6s --streams $streams "$scheme://127.0.0.1:$port/"
		stop_server
		said '[.ok, .failed, .requests]' '[2400,0,2400]'
		# 800 of 2,400 wait from 2 s down to nothing: a tenth of all wait longer than 1.4 s.
		said '.latency_ms.p90 > 1000 and .latency_ms.p99 > 1600' true
	done
}

@test "a connection that is silent for a whole timeout is not used again" {
	start_server hang 1000000
	load_json --http2 -c 1 -n 6 --timeout 200ms "$scheme://127.0.0.1:$port/"
	stop_server
	said '[.ok + .failed, .failures["wait/timeout"]]' '[6,2]'
	said '.connections.opened > 1' true
}

@test "under TLS it is what the server wants, and it is the same" {
	over_tls
	for options in "" "--http2" "--streams 10"; do
		start_server none 0
		load_json -n 200 -c 5 $options "https://127.0.0.1:$port/"
		stop_server
		said '[.ok, .failed]' '[200,0]'
		said .connections '{"opened":5,"reused":195,"closed_idle":0,"unsolicited":0}'
	done
	start_server drain 100
	load_json -n 600 -r 2000 "https://127.0.0.1:$port/"
	stop_server
	said '[.ok, .failed]' '[600,0]'
	start_server none 0
	load_json -n 100 -r 2000 -c 3 --expect 500 "https://127.0.0.1:$port/"
	stop_server
	said '[.failed, .connections.opened]' '[100,3]'
}

@test "under TLS each fault is named as without" {
	over_tls
	requests_are_named rst-internal stream/reset
	requests_are_named short-body body/malformed
}

@test "who has to speak HTTP/2 and does not is tls/failed" {
	over_tls
	fault_server=fault_server.py
	start_server none 0
	load_json --http2 -n 10 -c 2 --streams 2 "https://127.0.0.1:$port/"
	stop_server
	said '[.ok, .failures]' '[0,{"tls/failed":10}]'
	each_failure '.detail == "the server does not speak HTTP/2"'
	start_server none 0
	load_json -n 10 -c 2 "https://127.0.0.1:$port/"
	said '[.ok, .failed]' '[10,0]'
}

@test "a server that speaks no HTTP/2 is malformed" {
	fault_server=fault_server.py
	start_server none 0
	for loop in "-c 2 --streams 2" "-r 200"; do
		load_json --http2 -n 10 $loop "http://127.0.0.1:$port/"
		said '.ok' 0
		said '.failures | keys - ["head/malformed", "wait/closed", "wait/reset"]' '[]'
	done
}

free_port() {
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
}

# start_nginx DIRECTIVES
start_nginx() {
	free_port
	cat >"$BATS_TEST_TMPDIR/nginx.conf" <<-END
		daemon off;
		pid $BATS_TEST_TMPDIR/nginx.pid;
		error_log $BATS_TEST_TMPDIR/error.log;
		events { worker_connections 1000; }
		http {
			access_log off;
			client_body_temp_path $BATS_TEST_TMPDIR;
			server { listen 127.0.0.1:$port http2; $1 location / { return 200 "hello"; } }
		}
	END
	PATH=$PATH:/usr/sbin nginx -c "$BATS_TEST_TMPDIR/nginx.conf" -e "$BATS_TEST_TMPDIR/error.log" 3>&- &
	server=$!
	wait_until curl --http2-prior-knowledge -so /dev/null "http://127.0.0.1:$port/"
}

@test "bad usage is one line that names the word, and exit status 2" {
	local words
	for words in "--http1 --http2" "--streams 0" "--streams x" "--http2 -c 1000000 --streams 1000000"; do
		run -2 "$ZERODROP" load $words -n 1 http://127.0.0.1:1/
		[ "${#lines[@]}" = 1 ]
		[[ $output == "zerodrop load: "* ]]
		[[ $output =~ http2|streams ]]
	done
}

@test "nginx loses nothing, and says itself what it refuses when it closes a connection" {
	start_nginx "http2_max_concurrent_streams 20; keepalive_requests 100000;"
	for loop in "-c 4" "-c 2 --streams 50" "-r 2000" "-c 4 --fresh"; do
		for method in "-XGET" "-bsome=body"; do
			load_json --http2 -n 1000 $loop $method "http://127.0.0.1:$port/"
			said '[.ok, .failed, .not_sent]' '[1000,0,0]'
		done
	done
	stop_server
	start_nginx "keepalive_requests 50;"
	load_json --http2 -n 2000 -c 2 "http://127.0.0.1:$port/"
	said '[.ok, .connections.opened >= 40]' '[2000,true]'
	load_json --http2 -n 2000 -c 2 --streams 20 "http://127.0.0.1:$port/"
	said '.failures | keys - ["stream/refused"]' '[]'
	said '.ok + .failed' 2000
}

@test "nghttpd loses nothing" {
	command -v nghttpd >/dev/null || skip "no nghttpd"
	free_port
	echo hello >"$BATS_TEST_TMPDIR/index.html"
	nghttpd --no-tls -m 30 -d "$BATS_TEST_TMPDIR" "$port" >/dev/null 2>&1 3>&- &
	server=$!
	wait_until curl --http2-prior-knowledge -so /dev/null "http://127.0.0.1:$port/"
	head -c 300000 /dev/zero >"$BATS_TEST_TMPDIR/body"
	for loop in "-c 4" "-c 2 --streams 50" "-r 2000" "-c 4 --fresh"; do
		load_json --http2 -n 1000 $loop "http://127.0.0.1:$port/"
		said '[.ok, .failed, .not_sent]' '[1000,0,0]'
		load_json --http2 -n 50 $loop -b "@$BATS_TEST_TMPDIR/body" "http://127.0.0.1:$port/"
		said '[.ok, .failed, .not_sent]' '[50,0,0]'
	done
}
