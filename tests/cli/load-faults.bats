#!/usr/bin/env bats
# Every way for a request to fail in HTTP/1.1: as many as the server's own ledger says, under the right name, on the right
# connection, at the right time; on fresh and on kept-alive connections, with GET and POST, one at a time and many at once
# (tests/load/fault_row.py). Then what is not one request's misfortune (tests/load/scenarios.py).

bats_require_minimum_version 1.5.0

setup() {
	ZERODROP=${ZERODROP:-$BATS_TEST_DIRNAME/../../build/asan/src/cmd/zerodrop}
	export ZERODROP
}

# fault IS NAME [ONLY…] [OPTION…]
fault() {
	python3 "$BATS_TEST_DIRNAME/../load/fault_row.py" "$@"
}

scenario() {
	"${in[@]}" python3 "$BATS_TEST_DIRNAME/../load/scenarios.py" "$1"
}

scenario_in_own_network() {
	local in=(unshare --map-root-user --net)
	[ "$EUID" != 0 ] || in=(unshare --net)
	"${in[@]}" true 2>/dev/null || skip "no network namespace to be had"
	scenario "$1"
}

# A connection that ends before its request has been looked at.
@test "a FIN at accept is wait/closed" { fault fin-accept wait/closed; }
# Neither the handshake's fault nor refused; where it meets the request depends on who is faster.
@test "a reset at accept is the reset it is" { fault rst-accept 'connect/reset|send/reset|wait/reset'; }

# Not one byte of an answer.
@test "a FIN without a byte is wait/closed" { fault fin-silent wait/closed; }
@test "a FIN after a while is told for when it came" { fault fin-late wait/closed; }
@test "a reset without a byte is wait/reset" { fault rst-silent wait/reset; }
@test "silence is wait/timeout" { fault hang wait/timeout -- --timeout 500ms; }

# Within the head.
@test "a FIN inside the head is head/closed" { fault cut-head head/closed; }
@test "a reset inside the head is head/reset" { fault cut-head-rst head/reset; }
@test "silence inside the head is head/timeout" { fault hang-head head/timeout -- --timeout 500ms; }
@test "a FIN after an interim answer is head/closed" { fault cut-interim head/closed; }
@test "a reset after an interim answer is head/reset" { fault cut-interim-rst head/reset; }
@test "silence after an interim answer is head/timeout" { fault hang-interim head/timeout -- --timeout 500ms; }
@test "a status that is no number is head/malformed" { fault bad-status head/malformed; }
@test "another protocol is head/malformed" { fault not-http head/malformed; }
@test "a field name with blanks is head/malformed" { fault bad-field head/malformed; }
@test "two lengths are head/malformed" { fault two-lengths head/malformed; }
@test "a head without an end is head/malformed" { fault endless-head head/malformed; }

# Within the body.
@test "a body cut short is body/closed" { fault cut-body body/closed; }
@test "a reset inside the body is body/reset" { fault cut-body-rst body/reset; }
@test "silence inside the body is body/timeout" { fault hang-body body/timeout -- --timeout 500ms; }
@test "a missing last chunk is body/closed" { fault cut-chunk body/closed; }
@test "a chunk cut in its size is body/closed" { fault cut-chunk-size body/closed; }
@test "a reset between chunks is body/reset" { fault cut-chunk-rst body/reset; }
@test "silence between chunks is body/timeout" { fault hang-chunk body/timeout -- --timeout 500ms; }
@test "a body that drips for ever is body/timeout" { fault drip-body body/timeout -- --timeout 500ms; }
@test "a bad chunk is body/malformed" { fault bad-chunk body/malformed; }

# Whole, and not what was wanted.
@test "an answer with 503 is status/503, and its pod is named" {
	fault 503 status/503 --each 'f.status == 503 and f.pod == "pod-b"'
}
@test "an answer with 404 is status/404 when 2xx was expected" { fault 404 status/404 -- --expect 2xx; }

@test "another body is content/mismatch" {
	fault other-body content/mismatch --each 'f.status == 200 and f.mismatch == "text"' -- --expect-body world
}
@test "an empty body is content/mismatch" { fault empty-body content/mismatch -- --expect-body world; }
@test "an answer without a version is content/mismatch" {
	fault no-version content/mismatch --each 'f.mismatch == "no-version"' -- --version-header X-Version
}
# Many at once may overtake each other, and then nobody went back.
@test "a version that goes back is content/mismatch" {
	fault version-back content/mismatch one --each '(f.version, f.newest) == ("1", "2")' -- --version-header X-Version
}

# While the request is still being sent.
@test "a reset while the body is being sent is send/reset" {
	fault rst-in-send send/reset one POST --body 8000000 --each 'f.bytes_sent < 8000000'
}
@test "a server that stops reading is wait/timeout, and what it took is told" {
	fault hang-in-send wait/timeout one POST --body 8000000 --each 'f.bytes_sent < 8000000' -- --timeout 2000ms
}
@test "an answer before the end of the request counts, though a reset comes with it" {
	fault early-413 status/413 one POST --body 8000000 --each 'f.bytes_sent < 8000000' -- --expect 200
}
@test "an answer before the end of the request counts, and the connection with it is done" {
	fault early-413-fin status/413 one POST --body 8000000 -- --expect 200
}
@test "a body without an end that a reset cuts is not whole" {
	fault early-cut body/reset one POST --body 8000000
}

# The next request on a connection.
@test "a FIN over the next request, read, is wait/closed, and not retried" {
	fault race-fin wait/closed kept --each 'f.served > 0 and f.pod == "pod-a"'
}
@test "a FIN over the next request, unread, is wait/closed, and not retried" {
	fault race-unread-fin wait/closed kept --each 'f.served > 0 and f.pod == "pod-a"'
}
@test "a reset over the next request is wait/reset, and not retried" {
	fault race-rst wait/reset kept --each 'f.served > 0 and f.idle_ns > 0 and f.pod == "pod-a"'
}
@test "an idle connection closed in the instant of the next request is lost or is not, and is told as it was" {
	fault idle-close 'closed_idle|wait/closed' kept
}
@test "an idle connection that is reset costs a request only if one was on its way" {
	fault idle-close-rst 'closed_idle|wait/reset|send/reset' kept
}

# No failures.
@test "interim answers are skipped" { fault interim ok; }
@test "a body that ends with its connection is whole" { fault eof-body ok; }
@test "bytes behind an answer leave it whole and end the connection" { fault garbage unsolicited; }
@test "a second answer that nobody asked for is nobody's" { fault second-answer unsolicited; }
@test "bytes on an idle connection are no answer to the next request" {
	fault garbage-idle 'unsolicited|raced' kept open -- -r 20
}

# Nobody there.
@test "a port where nobody listens is connect/refused" { scenario refused; }
@test "a listener that is away is connect/refused, for as long and no longer" { scenario outage; }
@test "a full backlog is connect/timeout" { scenario full-backlog; }
@test "no way to get there is connect/unreachable" { scenario_in_own_network unreachable; }

# Our own limits.
@test "no local port is client/ports" { scenario_in_own_network ports; }
@test "no descriptor is client/files" { scenario files; }
@test "held up longer than its own timeouts, it blames nobody" { scenario stopped-client; }
@test "what waits for a connection too long was not sent" { scenario connections-exhausted; }

# The end of a run.
@test "Ctrl-C waits for what is in flight, and every answer counts" { scenario interrupt; }
@test "a second Ctrl-C cuts, and what was cut is counted once" { scenario interrupt-twice; }
@test "Ctrl-C while connecting: not sent, and not lost" { scenario interrupt-connecting; }
@test "one Ctrl-C and a server that never answers: it ends all the same" { scenario interrupt-patience; }
@test "a server that dies: what it had answered is ok, all else is lost" { scenario killed-server; }
