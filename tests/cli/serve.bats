#!/usr/bin/env bats
# serve.bats - the reference server: the real program, real signals, real sockets.

load helpers

teardown() {
	end_started
}

@test "help names every option and exits 0" {
	run "$ZERODROP" serve --help
	[ "$status" = 0 ]
	[[ $output == *" --access-log "* ]]
	for word in port probe-port address threads version-string pod delay workers max-connections \
		max-header max-body idle-timeout header-timeout body-timeout write-timeout startup-delay startup on-term lame-duck \
		quiet drain-timeout grace readiness-on-term prestop-path \
		error-rate hang-rate seed output; do
		[[ $output == *"--$word "* ]]
	done
}

@test "a bad flag is one line that names the word, and exit 2" {
	while read -r word arguments; do
		run "$ZERODROP" serve $arguments
		echo "$arguments: $status $output"
		[ "$status" = 2 ]
		[ "${#lines[@]}" = 1 ]
		[[ ${lines[0]} == "zerodrop serve: "*"$word"* ]]
	done <<-'END'
		--nope --nope
		--port --port
		70000 --port 70000
		'soup' --on-term soup
		'200' --startup 200
		'maybe' --readiness-on-term maybe
		'1x' --delay 1x
		'-1s' --lame-duck -1s
		'localhost' --address localhost
		'word' word
		probe-port --probe-port 70000
		'x' --error-rate x
		'2' --hang-rate 2
		'101%' --error-rate 101%
		'yaml' -o yaml
		'drain' --prestop-path drain
		prestop-path --prestop-path /drain --on-term exit
		grace --grace 2s --lame-duck 3s
		--workers --workers 9999999
	END
	run "$ZERODROP" serve --pod $'a\r\nX-Injected: 1'
	[ "$status" = 2 ]
	run "$ZERODROP" serve --pod ''
	[ "$status" = 2 ]
}

@test "a port in use is one line and exit 3" {
	start_ready
	run "$ZERODROP" serve --address 127.0.0.1 --port "$PORT"
	[ "$status" = 3 ]
	[[ ${lines[-1]} == *"127.0.0.1 port $PORT: Address already in use" ]]
	[ "${#lines[@]}" = 1 ]
}

@test "a port that was taken while it started is exit 3 too" {
	start_serve --startup-delay 300ms
	first=$SERVE first_log=$LOG
	"$ZERODROP" serve --address 127.0.0.1 --port "$PORT" >"$BATS_TEST_TMPDIR/other" 2>&1 3>&- &
	STARTED+=("$!")
	poll_until is_gone "$first"
	status=0
	wait "$first" || status=$?
	[ "$status" = 3 ]
	grep -q 'cannot listen: Address already in use' "$first_log"
}

@test "any method on any path is answered with version and pod" {
	start_ready --version-string 'v2 beta'
	for method in GET POST PUT DELETE OPTIONS PATCH; do
		run curl -sS -i -X "$method" "http://127.0.0.1:$PORT/some/path?and=more"
		[[ $output == *"200 OK"* && $output == *"X-Pod: pod-1"* && $output == *"X-Version: v2 beta"* ]]
		[ "${lines[-1]}" = "version=v2 beta pod=pod-1" ]
	done
	run curl -sS -I "http://127.0.0.1:$PORT/"
	[[ $output == *"Content-Length: 26"* && $output != *version=v2* ]]
}

@test "the pod's name is the host's unless given" {
	LOG=$BATS_TEST_TMPDIR/log
	HOSTNAME=shop-abc "$ZERODROP" serve --address 127.0.0.1 --port 0 >"$LOG" 2>&1 3>&- &
	STARTED+=("$!")
	wait_state ready
	log_says 'pod=shop-abc'
}

@test "connections are kept as each version of HTTP has it" {
	start_ready
	conn_open a
	conn_get a /1
	conn_answer a
	[[ $FIELDS != *Connection:* ]]
	conn_get a /2 'Connection: close'
	conn_answer a
	[[ $FIELDS == *"Connection: close"* ]]
	conn_ends a
	conn_open b
	conn_send b 'GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n'
	conn_answer b
	[[ $FIELDS == *"Connection: keep-alive"* ]]
	conn_send b 'GET / HTTP/1.0\r\n\r\n'
	conn_answer b
	conn_ends b
}

@test "content is read and thrown away, and 100-continue is answered" {
	start_ready
	head -c 1000000 /dev/zero >"$BATS_TEST_TMPDIR/million"
	run curl -sS -o /dev/null -w '%{http_code}' --data-binary "@$BATS_TEST_TMPDIR/million" "http://127.0.0.1:$PORT/"
	[ "$output" = 200 ]
	run curl -sS -o /dev/null -w '%{http_code}' -H 'Transfer-Encoding: chunked' --data-binary "@$BATS_TEST_TMPDIR/million" \
		"http://127.0.0.1:$PORT/"
	[ "$output" = 200 ]
	conn_open a
	conn_send a 'POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n'
	conn_answer a
	[ "$STATUS" = 100 ]
	conn_send a hello
	conn_answer a
	[ "$STATUS" = 200 ]
}

@test "pipelined requests are answered in order, slow ones too" {
	start_ready
	conn_open a
	conn_send a 'GET /?wait=0.1 HTTP/1.1\r\nHost: a\r\n\r\nHEAD /livez HTTP/1.1\r\nHost: a\r\n\r\nGET /?wait=x HTTP/1.1\r\nHost: a\r\n\r\nGET /ready HTTP/1.1\r\nHost: a\r\n'
	conn_answer a
	[ "$STATUS" = 200 ] && [ "$BODY" = $'version=1 pod=pod-1\n' ]
	conn_answer a HEAD
	[[ $STATUS = 200 && $FIELDS == *"Content-Length: 3"* ]]
	conn_answer a
	[ "$STATUS" = 400 ]
	conn_send a '\r\n'
	conn_answer a
	[ "$STATUS" = 200 ] && [ "$BODY" = $'ok\n' ]
}

@test "thousands of pipelined requests get thousands of answers from a server that cannot write" {
	start_ready
	run python3 - "$PORT" <<-'END'
		import socket, sys, threading
		n, mark = 200000, b"pod=pod-1\n"
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
		sender = threading.Thread(target=s.sendall, args=(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * n,))
		sender.start()
		sender.join(0.2)  # unread answers fill the buffers, then the server stops reading, then this blocks
		count, tail = 0, b""
		while count < n:
		    data = tail + s.recv(1 << 20)
		    count, tail = count + data.count(mark), data[1 - len(mark):]
		print(count)
	END
	[ "$output" = 200000 ]
}

@test "what is malformed is answered 400 or 431, and closed" {
	start_ready
	while read -r wanted request; do
		conn_open a
		conn_send a "$request"
		conn_answer a
		[ "$STATUS" = "$wanted" ]
		[[ $FIELDS == *"Connection: close"* ]]
		conn_ends a
	done <<-'END'
		400 nonsense\r\n\r\n
		400 GET / HTTP/1.1\r\n\r\n
		400 POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n
		505 GET / HTTP/2.0\r\nHost: a\r\n\r\n
	END
	run curl -sS -o /dev/null -w '%{http_code}' -H "X: $(printf '%020000d' 0)" "http://127.0.0.1:$PORT/"
	[ "$output" = 431 ]
}

@test "a refusal arrives, however much the client still sends" {
	start_ready
	run python3 - "$PORT" <<-'END'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
		s.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n")
		s.sendall(b"x" * 8000000)
		print(s.recv(65536).split(b"\r\n")[0].decode())
	END
	[ "$output" = "HTTP/1.1 413 Content Too Large" ]
}

@test "several threads share the connections, and a bound on workers" {
	start_ready --threads 3 --workers 1
	for i in 1 2 3 4 5 6; do
		conn_open "c$i"
		conn_get "c$i" "/?wait=0.05"
	done
	for i in 1 2 3 4 5 6; do
		conn_answer "c$i"
		[ "$STATUS" = 200 ]
	done
	[ "$(ls "/proc/$SERVE/task" | wc -l)" -ge 3 ]
	conn_ask_slowly c4 '/?wait=30'
	conn_get c5 '/?wait=30'
	kill -TERM "$SERVE"
	wait_state lame-duck
	kill -TERM "$SERVE"
	wait_end 1
	log_says 'cut=2 '
}

@test "an answer takes as long as it is told to" {
	start_ready --delay 150ms
	took() { curl -sS -o /dev/null -w '%{time_total}' "http://127.0.0.1:$PORT$1"; }
	[ "$(awk -v t="$(took /)" 'BEGIN { print (t >= 0.15) }')" = 1 ]
	[ "$(awk -v t="$(took '/?wait=0.35')" 'BEGIN { print (t >= 0.35) }')" = 1 ]
}

@test "with one worker the rest queue, and probes do not" {
	start_ready --workers 1
	conn_open a
	conn_open b
	conn_open c
	start=$EPOCHREALTIME
	conn_ask_slowly a '/?wait=0.5'
	conn_get b '/'
	conn_get c /readyz
	conn_answer c
	[ "$STATUS" = 200 ]
	conn_answer b
	# It waited for the one in front.
	[ "$(awk -v from="$start" -v to="$EPOCHREALTIME" 'BEGIN { print (to - from >= 0.5) }')" = 1 ]
	conn_answer a
	[ "$STATUS" = 200 ]
}

@test "a client that leaves while its request is queued gives up its place, one that ended its side does not" {
	start_ready --workers 1
	conn_open a
	conn_ask_slowly a '/?wait=2'
	run python3 - "$PORT" <<-'END'
		import socket, sys
		def ask(path):
		    s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
		    s.sendall(b"GET %s HTTP/1.1\r\nHost: a\r\n\r\n" % path)
		    return s
		left = [ask(b"/?wait=500") for i in range(3)]
		half = ask(b"/half")
		half.shutdown(socket.SHUT_WR)
		for s in left:
		    s.close()
		data = b""
		while (more := half.recv(4096)):
		    data += more
		print(b"".join(line for line in data.splitlines() if line.startswith(b"HTTP/")).decode())
	END
	[ "$output" = "HTTP/1.1 100 ContinueHTTP/1.1 200 OK" ]
	kill -TERM "$SERVE"
}

@test "by chance, as asked, pages are errors or are never answered, and probes are not" {
	start_ready --error-rate 25% --seed 3
	run curl -sS -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$PORT/[1-200]"
	[ "$(grep -c '^500' <<<"$output")" -gt 20 ]
	[ "$(grep -c '^200' <<<"$output")" -gt 100 ]
	first=$output
	start_ready --error-rate 0.25 --seed 3
	run curl -sS -o /dev/null -w '%{http_code}\n' "http://127.0.0.1:$PORT/[1-200]"
	[ "$output" = "$first" ]
	start_ready --hang-rate 1 --error-rate 1 --on-term close --drain-timeout 0
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/livez")" = 200 ]
	conn_open a
	conn_get a /
	conn_open b
	conn_get b /livez
	conn_answer b
	kill -TERM "$SERVE"
	wait_end 1
	conn_ends a
	log_says ' cut=1 '
}

@test "nothing listens while it starts" {
	start_serve --startup-delay 1h
	is_refused
	kill -TERM "$SERVE"
	wait_end 0
	start_ready --startup-delay 200ms
	! is_refused
}

@test "with --startup 500 it answers before it can, and probes say so" {
	start_serve --startup 500 --startup-delay 1h
	code() { curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT$1"; }
	[ "$(code /)" = 500 ]
	[ "$(code /livez)$(code /alive)" = 200200 ]
	[ "$(code /readyz)$(code /ready)$(code /startupz)" = 503503503 ]
	start_ready --startup 500 --startup-delay 200ms
	[ "$(code /)$(code /livez)$(code /readyz)$(code /startupz)" = 200200200200 ]
}

@test "readiness fails at TERM, or is kept, and liveness never fails" {
	code() { curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT$1"; }
	for policy in fail:503 keep:200; do
		start_ready --lame-duck 1h --readiness-on-term "${policy%:*}"
		kill -TERM "$SERVE"
		wait_state lame-duck
		[ "$(code /readyz)" = "${policy#*:}" ]
		[ "$(code /livez)$(code /startupz)" = 200200 ]
		kill -TERM "$SERVE"
		wait_end 0
	done
}

@test "exit: what is in flight is cut, and the status is 0" {
	start_ready --on-term exit
	conn_open a
	conn_ask_slowly a '/?wait=30'
	kill -TERM "$SERVE"
	wait_end 0
	conn_ends a
	is_refused
	log_says 'on-term=exit .*cut=1 '
}

@test "close: what is in flight is finished, idle connections and new ones are not" {
	start_ready --on-term close
	conn_open busy
	conn_open idle
	conn_get idle /
	conn_answer idle
	conn_ask_slowly busy '/?wait=1'
	kill -TERM "$SERVE"
	wait_state draining
	is_refused
	conn_ends idle
	conn_answer busy
	[[ $STATUS = 200 && $FIELDS == *"Connection: close"* ]]
	conn_ends busy
	conn_close busy
	wait_end 0
	log_says 'on-term=close served=1 closed=1 closed-idle=1 cut=0 '
}

@test "close without waiting cuts, and says so" {
	start_ready --on-term close --drain-timeout 0
	conn_open a
	conn_ask_slowly a '/?wait=30'
	kill -TERM "$SERVE"
	wait_end 1
	conn_ends a
	log_says ' cut=1 '
}

@test "drain: a lame duck accepts and answers, asks for no more, and leaves idle connections open" {
	start_ready --on-term drain --lame-duck 1s
	conn_open idle
	conn_get idle /
	conn_answer idle
	[[ $FIELDS != *Connection:* ]]
	conn_open busy
	conn_ask_slowly busy '/?wait=1.5'
	kill -TERM "$SERVE"
	wait_state lame-duck
	conn_open new
	conn_get new /
	conn_answer new
	[[ $STATUS = 200 && $FIELDS == *"Connection: close"* ]]
	conn_ends new
	conn_close new
	wait_state draining
	poll_until is_refused
	conn_get idle /late
	conn_answer idle
	[[ $STATUS = 200 && $FIELDS == *"Connection: close"* ]]
	conn_ends idle
	conn_close idle
	conn_answer busy
	[[ $STATUS = 200 && $FIELDS == *"Connection: close"* ]]
	conn_ends busy
	conn_close busy
	wait_end 0
	log_says 'on-term=drain served=3 closed=3 closed-idle=0 cut=0 '
}

@test "drain: a connection that has not spoken yet is given time to" {
	start_ready --on-term drain --lame-duck 0
	conn_open a
	conn_open silent
	# Answers come in order of accepting: both have been accepted once a third one is served.
	curl -sS -o /dev/null "http://127.0.0.1:$PORT/"
	kill -TERM "$SERVE"
	wait_state draining
	conn_get a /
	conn_answer a
	[ "$STATUS" = 200 ]
	conn_close a
	conn_ends silent
	conn_close silent
	wait_end 0
	log_says ' cut=0 '
}

@test "drain: at the deadline the rest is told 503, and the status is 1" {
	start_ready --on-term drain --lame-duck 0 --drain-timeout 300ms
	conn_open a
	conn_open idle
	conn_get idle /
	conn_answer idle
	conn_ask_slowly a '/?wait=30'
	kill -TERM "$SERVE"
	conn_answer a
	[[ $STATUS = 503 && $FIELDS == *"Connection: close"* ]]
	conn_ends a
	conn_ends idle
	wait_end 1
	log_says ' cut=1 '
}

@test "drain: with a grace period it is over before that, whatever else it was told" {
	start_ready --lame-duck 1s --drain-timeout 1h --grace 2s
	conn_open a
	conn_ask_slowly a '/?wait=500'
	kill -TERM "$SERVE"
	conn_answer a
	[[ $STATUS = 503 && $FIELDS == *"Connection: close"* ]]
	conn_close a
	wait_end 1
	log_says 'state=draining .* why=time '
	log_says 'state=stopped .* why=deadline connections=1 requests=1 '
	log_says ' cut=1 '
}

@test "drain: the lame duck may end on quiet" {
	start_ready --lame-duck 1h --quiet 100ms
	for i in {1..20}; do curl -sS -o /dev/null "http://127.0.0.1:$PORT/"; done
	kill -TERM "$SERVE"
	wait_end 0
	log_says 'state=draining .* why=quiet '
}

@test "the pod's own variables set the defaults, and options go first" {
	export LAMEDUCK_GRACE=20s LAMEDUCK_PRESTOP=18s LAMEDUCK_MAX=100ms LAMEDUCK_DRAIN=1h LAMEDUCK_READINESS=keep
	run "$ZERODROP" serve --help
	[[ $output == *"[100ms]"* && $output == *"[2s]"* ]]
	start_ready
	conn_open a
	conn_ask_slowly a '/?wait=500'
	kill -TERM "$SERVE"
	wait_end 1
	log_says 'state=stopped .* why=deadline '
	start_ready --lame-duck 1h --grace 0
	kill -TERM "$SERVE"
	wait_state lame-duck
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/readyz")" = 200 ]
	export LAMEDUCK_GRACE=soup
	run "$ZERODROP" serve
	[ "$status" = 2 ]
	[[ $output == *LAMEDUCK_GRACE* ]]
}

@test "linger: goes on as if nothing had happened, then goes" {
	start_ready --on-term linger --lame-duck 1s
	conn_open a
	conn_get a /
	conn_answer a
	kill -TERM "$SERVE"
	wait_state lame-duck
	conn_get a /
	conn_answer a
	[[ $STATUS = 200 && $FIELDS != *Connection:* ]]
	conn_ask_slowly a '/?wait=30'
	wait_end 1
	conn_ends a
	log_says ' cut=1 '
}

@test "a second TERM, or INT, ends it at once" {
	for signals in 'TERM TERM' 'INT TERM' 'TERM INT'; do
		set -- $signals
		start_ready --lame-duck 1h
		conn_open a
		conn_ask_slowly a '/?wait=30'
		kill -"$1" "$SERVE"
		wait_state lame-duck
		kill -"$2" "$SERVE"
		wait_end 1
		conn_ends a
	done
	start_ready --lame-duck 0 --drain-timeout 1h
	conn_open a
	conn_ask_slowly a '/?wait=30'
	kill -TERM "$SERVE"
	wait_state draining
	kill -TERM "$SERVE"
	wait_end 1
}

@test "idle connections are closed after the idle timeout, busy ones are not" {
	start_ready --idle-timeout 200ms
	conn_open a
	conn_open b
	conn_ask_slowly b '/?wait=0.6'
	conn_get a /
	conn_answer a
	conn_ends a
	conn_answer b
	[ "$STATUS" = 200 ]
	conn_ends b
}

@test "one line per change of state, and none per request" {
	start_ready --lame-duck 100ms
	for i in 1 2 3; do curl -sS -o /dev/null "http://127.0.0.1:$PORT/$i"; done
	kill -TERM "$SERVE"
	wait_end 0
	run sed -n 's/^zerodrop serve: state=\([a-z-]*\) pod=pod-1 port=[0-9]* why=[a-z-]* connections=[0-9]* requests=[0-9]* after=.*s$/\1/p' "$LOG"
	[ "${lines[*]}" = "starting ready lame-duck draining stopped" ]
	[ "$(grep -vc state= "$LOG")" = 2 ]
	log_says "^listening on 127.0.0.1:$PORT$"
}

@test "running out of descriptors is said, and is not the end" {
	LOG=$BATS_TEST_TMPDIR/log
	(ulimit -n 24 && exec "$ZERODROP" serve --address 127.0.0.1 --port 0 --pod p >"$LOG" 2>&1 3>&-) &
	SERVE=$!
	STARTED+=("$SERVE")
	wait_state ready
	PORT=$(sed -n 's/.*state=ready .*port=\([0-9]*\) .*/\1/p' "$LOG")
	fds=()
	for i in {1..30}; do
		conn_open one
		fds+=("$one")
	done
	poll_until grep -q 'cannot accept: Too many open files, continuing' "$LOG"
	for one in "${fds[@]}"; do exec {one}>&-; done
	[ "$(curl -sS -o /dev/null -w '%{http_code}' "http://127.0.0.1:$PORT/")" = 200 ]
}

@test "as pid 1 of a pid namespace it obeys TERM" {
	unshare --user --map-root-user --pid --fork true || skip "no user namespaces here"
	LOG=$BATS_TEST_TMPDIR/log
	unshare --user --map-root-user --pid --fork --kill-child "$ZERODROP" serve --address 127.0.0.1 --port 0 \
		--lame-duck 0 --pod pod-1 >"$LOG" 2>&1 3>&- &
	SERVE=$!
	STARTED+=("$SERVE")
	wait_state ready
	child=$(<"/proc/$SERVE/task/$SERVE/children")
	child=${child% }
	[ "$(awk '/^NSpid:/ { print $NF }' "/proc/$child/status")" = 1 ]
	kill -TERM "$child"
	wait_end 0
	log_says 'state=stopped'
}
