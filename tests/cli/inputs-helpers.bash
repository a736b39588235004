# inputs-helpers.bash - rehearsals of a whole file of tests, side by side: they begin in setup_file, and each test waits for
# those that it judges.
#
#	begin NAME ARGUMENT…      in setup_file: starts `zerodrop rehearse -q -o json ARGUMENT…` in the background
#	ended NAME STATUS…        in a test: waits for it; its exit status is one of those. Then found, told, show work on NAME
#	end_begun                 in teardown_file
#
# What each said is kept in BATS_FILE_TMPDIR.

load rehearse-helpers

PATIENCE=400

begin() {
	local at=$BATS_FILE_TMPDIR/$1
	shift
	(
		status=0
		"$ZERODROP" rehearse -o json "$@" >"$at.out" 2>"$at.err" </dev/null &
		echo $! >"$at.pid"
		wait $! || status=$?
		echo "$status" >"$at.status.new"
		mv "$at.status.new" "$at.status"
	) 3>&- &
}

# A rehearsal that is killed leaves nothing behind.
end_begun() {
	local file
	for file in "$BATS_FILE_TMPDIR"/*.pid; do
		[ ! -e "$file" ] || [ -e "${file%.pid}.status" ] || kill -KILL "$(cat "$file")" 2>/dev/null || :
	done
}

ended() {
	local at=$BATS_FILE_TMPDIR/$1 name=$1 status wanted
	poll_until test -e "$at.status"
	ln -sf "$at.out" "$at.err" "$BATS_TEST_TMPDIR/"
	status=$(cat "$at.status")
	for wanted in "${@:2}"; do
		[ "$status" != "$wanted" ] || return 0
	done
	{ echo "$name ended with status $status, not ${*:2}"; show "$name"; return 1; } >&2
}

# lost_nothing NAME…
lost_nothing() {
	local name
	for name; do
		ended "$name" 0
		found "$name" '.verdict == "pass" and .failed == 0 and .requests > 0 and .ok == .requests'
		found "$name" '.confidence.windows_loaded > 0'
	done
}

# lost NAME CAUSE…: something, each of these causes has its part in it, and next to nothing is left unexplained.
lost() {
	local name=$1 cause
	shift
	ended "$name" 1
	found "$name" '.verdict == "fail" and .failed > 0 and .ok + .failed == .requests'
	found "$name" '([.findings[] | select(.cause != "client-side") | .lost] | add) == .failed'
	found "$name" '([.findings[] | select(.cause == "unexplained") | .lost] | add // 0) <= (.failed / 100 | ceil)'
	for cause; do
		found "$name" "any(.findings[]; .cause == \"$cause\" and .lost > 0 and (.evidence | length > 0) and .fix != \"\")"
	done
}

# lost_only NAME CAUSE…: and no other. A kept-alive connection may always be closed while a request is on its way to it.
lost_only() {
	lost "$@"
	found "$1" "[.findings[].cause] - [\"unexplained\", \"keepalive-race\"] - $(words "${@:2}") == []"
}

words() {
	jq -nc '$ARGS.positional' --args -- "$@"
}

# not_lost_to NAME CAUSE
not_lost_to() {
	found "$1" "all(.findings[]; .cause != \"$2\")"
}

# failed_in NAME: how many were lost.
failed_in() {
	jq .failed "$BATS_TEST_TMPDIR/$1.out"
}
