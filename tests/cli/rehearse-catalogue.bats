#!/usr/bin/env bats
# rehearse-catalogue.bats - the edge cases: each loses as people deploy it, to its own cause, and nothing with its fix.

load rehearse-helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	end_started
}

@test "without arguments every edge case loses to its own cause, and nothing with its fix" {
	[ -w /dev/net/tun ] || skip "/dev/net/tun is not ours to open"
	start all
	ends all 0
	found all '[.cases[].name] == ["premature-activation", "premature-shutdown", "stale-endpoint", "keepalive-race", "grace-exceeded", "capacity-gap"]'
	found all '.exit == 0 and (.cases | all(has("problem", "fix")))'
	for i in 0 1 2 3 4 5; do
		found all ".cases[$i]"' | .name as $name | .without | .verdict == "fail" and .failed > 0 and
			any(.findings[]; .cause == $name and .lost > 0)'
		# Most of what is lost is laid to it, so that the table is no accident.
		found all ".cases[$i]"' | .name as $name | .without | ([.findings[] | select(.cause == $name).lost] | add) * 2 > .failed'
		found all ".cases[$i]"'.with | .verdict == "pass" and .exit == 0 and .failed == 0 and .ok == .requests and .requests > 200'
		found all ".cases[$i]"'.with.confidence.windows_loaded > 0'
	done
	told all 'premature-shutdown .*as deployed .* requests, [0-9,]* lost'
}

@test "--case is one of them, and the table has its row" {
	run --separate-stderr "$ZERODROP" rehearse --case premature-activation
	[ "$status" = 0 ]
	[[ $output == *"premature-activation as deployed:"*"FAIL "*"premature-activation with the fix:"*"PASS "*"edge case"* ]]
	grep -qE '^premature-activation +[0-9,]+ +[1-9][0-9,]* +status/500 [0-9,]+ +0 +readiness probe$' <<<"$output"
	[[ $output != *$'\e'* ]]
	start one --case grace-exceeded -q --jobs 1
	ends one 0
	found one '(.cases | length) == 1 and .cases[0].name == "grace-exceeded" and .exit == 0'
	[ ! -s one.err ]
}
