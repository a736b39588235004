#!/usr/bin/env bats
# What `zerodrop load` shows to people: a live line on a terminal, colour, and characters that the terminal knows.

bats_require_minimum_version 1.5.0

setup() {
	load helpers
	start_ready
}

teardown() {
	end_started
}

# on_terminal ARGS…: what a terminal would have been sent; standard output and standard error are both that terminal.
on_terminal() {
	python3 -c 'import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))' \
		"$ZERODROP" load "$@" "http://127.0.0.1:$PORT/" </dev/null | tr '\r' '\n' >"$BATS_TEST_TMPDIR/seen"
}

seen() {
	grep -qE -- "$1" "$BATS_TEST_TMPDIR/seen"
}

unseen() {
	if seen "$1"; then
		cat -v "$BATS_TEST_TMPDIR/seen"
		return 1
	fi
}

@test "a live line says the rate, what was answered, what is lost, and p99" {
	on_terminal -r 100 -d 1500ms
	seen '[01] s  [0-9]+/s  [0-9]+ answered  0 lost  p99 [0-9.]+ [mu]?s'
	# It is gone before the summary begins.
	seen $'^\e\\[KGET http://'
}

@test "there is none when nobody wants it, or nobody can see it" {
	on_terminal -q -r 100 -d 500ms
	unseen 'answered  0'
	seen 'No request lost of 50\.'
	"$ZERODROP" load -r 100 -d 500ms "http://127.0.0.1:$PORT/" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
	[ ! -s "$BATS_TEST_TMPDIR/err" ]
}

@test "the sentence at the end has a colour on a terminal only, and only when that is wanted" {
	on_terminal -q -n 1
	seen $'\e\\[32mNo request lost of 1\\.\e\\[0m'
	NO_COLOR=1 on_terminal -q -n 1
	unseen $'\e\\['
	"$ZERODROP" load -q -n 1 "http://127.0.0.1:$PORT/" >"$BATS_TEST_TMPDIR/seen"
	unseen $'\e\\['
}

@test "bars are drawn in UTF-8 where the locale is, else in ASCII" {
	LC_ALL=C.UTF-8 "$ZERODROP" load -q -r 100 -d 300ms "http://127.0.0.1:$PORT/" >"$BATS_TEST_TMPDIR/seen"
	LC_ALL=C grep -q $'^  p99   .*\xe2\x96\x88' "$BATS_TEST_TMPDIR/seen"
	LC_ALL=C "$ZERODROP" load -q -r 100 -d 300ms "http://127.0.0.1:$PORT/" >"$BATS_TEST_TMPDIR/seen"
	seen '^  p99   .*#'
	[ "$(LC_ALL=C tr -d '\000-\177' <"$BATS_TEST_TMPDIR/seen" | wc -c)" = 0 ]
}

@test "no line of the drawing is wider than a terminal" {
	LC_ALL=C "$ZERODROP" load -q -r 1000 -d 600ms "http://127.0.0.1:$PORT/" >"$BATS_TEST_TMPDIR/seen"
	seen '^  p99   [^ ]{60}  '
	[ "$(grep '^  p99 ' "$BATS_TEST_TMPDIR/seen" | wc -m)" -le 80 ]
}
