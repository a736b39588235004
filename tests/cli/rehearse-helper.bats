#!/usr/bin/env bats
# rehearse-helper.bats - `lameduck` in pods: as the first process, and as the preStop hook, for an app that ends at TERM.

load rehearse-helpers

: "${LAMEDUCK:=$(dirname "$ZERODROP")/../helper/lameduck}"
# Enough of it to tell its end within seconds.
LOAD=(--rate 100 --fresh --warmup 16s --timeout 5s)

setup() {
	cd "$BATS_TEST_TMPDIR"
	lameduck=$(realpath "$LAMEDUCK")
}

teardown() {
	end_started
}

# app FILE [CHANGE]: a Deployment whose app does nothing at TERM but end.
app() {
	shop "$1" "pod.terminationGracePeriodSeconds = 60 | app.args = [\"--on-term\", \"exit\"] | ${2:-.}"
}

# lame FILE [CHANGE]: the same app under lameduck.
lame() {
	app "$1" "app.command = [\"$lameduck\", \"run\", \"--grace\", \"60s\", \"--max\", \"40s\", \"--\"] + app.command | ${2:-.}"
}


@test "an app that ends at TERM loses requests without lameduck, and none with it" {
	app bare.json
	lame two.json
	rehearse bare "${LOAD[@]}" --lag nodes=2s
	rehearse two "${LOAD[@]}" --lag nodes=2s
	loses bare stale-endpoint
	passes two
	found two '[.rollout.pods[].revision] == [1, 1, 2, 2]'
}

@test "a longer lag is waited for without being told of" {
	lame five.json
	rehearse five "${LOAD[@]}" --lag nodes=5s
	passes five
	recorded five 'map(select(.event == "kill/sent")) == []'
}

@test "as the preStop hook it does the same" {
	app hook.json "app.lifecycle.preStop.exec.command = [\"$lameduck\", \"prestop\", \"--grace\", \"60s\", \"--max\", \"40s\"]"
	cp hook.json late.json
	rehearse hook "${LOAD[@]}" --lag nodes=2s
	rehearse late "${LOAD[@]}" --lag nodes=5s
	passes hook late
	recorded late '(map(select(.event == "hook/started")) | length) == 2 and map(select(.event == "hook/failed")) == []'
}
