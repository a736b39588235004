#!/usr/bin/env bats
# serve-limits.bats - what clients may cost, and what those hear that cost more.

load helpers

teardown() {
	end_started
}

code() {
	curl -sS -o /dev/null -w '%{http_code}' "$@" "http://127.0.0.1:$PORT$TARGET"
}

@test "sizes have limits, and statuses" {
	start_ready --max-header 1000 --max-body 1000
	TARGET=/
	[ "$(code)" = 200 ]
	[ "$(code -H "X: $(printf '%01000d' 0)")" = 431 ]
	[ "$(code --data "$(printf '%0900d' 0)")" = 200 ]
	[ "$(code --data "$(printf '%01001d' 0)")" = 413 ]
	[ "$(code -H 'Transfer-Encoding: chunked' --data "$(printf '%02000d' 0)")" = 413 ]
	start_ready
	TARGET=/$(printf '%03000d' 0)
	[ "$(code)" = 414 ]
}

@test "a head that does not end is answered 408, content that stops too, and an idle connection never" {
	start_ready --header-timeout 200ms --body-timeout 200ms --idle-timeout 300ms
	conn_open head
	conn_send head 'GET / HTTP/1.1\r\nHost: a\r\n'
	conn_open body
	conn_send body 'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhe'
	conn_open idle
	conn_get idle /
	conn_answer idle
	[ "$STATUS" = 200 ]
	conn_open silent
	for one in head body; do
		conn_answer "$one"
		[[ $STATUS = 408 && $FIELDS == *"Connection: close"* ]]
		conn_ends "$one"
	done
	conn_ends idle
	conn_ends silent
}

@test "a head that comes byte by byte has no more time than one that stops" {
	start_ready --header-timeout 500ms
	run python3 - "$PORT" <<-'END'
		import socket, sys, time
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
		s.settimeout(0.05)
		answer = b""
		for byte in b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 1000:
		    try:
		        s.sendall(bytes([byte]))
		        answer = s.recv(4096)
		        break
		    except TimeoutError:
		        pass
		print(answer.split(b"\r\n")[0].decode())
	END
	[ "$output" = "HTTP/1.1 408 Request Timeout" ]
}

@test "content may come slowly, as long as it comes" {
	start_ready --body-timeout 3s --header-timeout 3s
	run python3 - "$PORT" <<-'END'
		import socket, sys, time
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
		s.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 16\r\n\r\n")
		for i in range(16):
		    time.sleep(0.25)
		    s.sendall(b"x")
		print(s.recv(4096).split(b"\r\n")[0].decode())
	END
	[ "$output" = "HTTP/1.1 200 OK" ]
}

@test "who takes nothing of its answers is left" {
	start_ready --write-timeout 200ms
	run python3 - "$PORT" <<-'END'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20)
		try:
		    while True:
		        s.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n" * 1000)
		except TimeoutError:
		    print("still there")
		except OSError:
		    print("left")
	END
	[ "$output" = left ]
}

@test "one connection too many is told 503, and served once the server is a lame duck" {
	start_ready --max-connections 2 --lame-duck 1h
	conn_open a
	conn_open b
	for one in a b; do
		conn_get "$one" /
		conn_answer "$one"
		[ "$STATUS" = 200 ]
	done
	conn_open c
	conn_get c /
	conn_answer c
	[[ $STATUS = 503 && $FIELDS == *"Connection: close"* ]]
	conn_ends c
	conn_close c
	conn_open d
	kill -TERM "$SERVE"
	wait_state lame-duck
	conn_get d /
	conn_answer d
	[ "$STATUS" = 200 ]
	conn_close a
	conn_close b
}

@test "beyond that the rest waits in the queue, and is answered in its turn" {
	start_ready --max-connections 1
	run python3 - "$PORT" <<-'END'
		import socket, sys
		held = [socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=20) for i in range(400)]
		held[-1].sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
		for s in held[:-1]:
		    s.close()
		print(held[-1].recv(4096).split(b"\r\n")[0].decode())
	END
	[[ $output = "HTTP/1.1 200 OK" || $output = "HTTP/1.1 503 Service Unavailable" ]]
}
