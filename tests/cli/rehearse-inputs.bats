#!/usr/bin/env bats
# rehearse-inputs.bats - manifests of real projects, as their authors wrote them. Their images are not pulled: `zerodrop serve`
# is told to start and to end as each project's app does. The manifests are not part of this repository: ZERODROP_INPUTS says
# where they are, and without them everything here is skipped.

load inputs-helpers

INPUTS=${ZERODROP_INPUTS:-$BATS_TEST_DIRNAME/../../../shared/inputs}

setup_file() {
	cd "$BATS_TEST_DIRNAME/../.."
	[ -d "$INPUTS" ] || return 0
	zero_downtime
	rolling_restart
	go_graceful
	qos
}

setup() {
	[ -d "$INPUTS" ] || skip "no manifests in $INPUTS: say where with ZERODROP_INPUTS"
}

teardown_file() {
	end_begun
}

# k8s-zero-downtime-deployments: five kustomizations, each with one patch more than the one before.
zero_downtime() {
	local patch patches='' step load
	# The load must go on until the last new pods serve, 5 s after they started.
	load=(--cooldown 8s -X POST --path / --path '/?wait=5' --path '/?wait=10' --rate 50 --timeout 40s -q)
	for patch in none readiness-probe graceful-shutdown pre-stop-hook grace-period; do
		step=$BATS_FILE_TMPDIR/$patch
		cp -r "$INPUTS/k8s-zero-downtime-deployments" "$step"
		if [ "$patch" != none ]; then
			patches+="- patches/$patch.yaml"$'\n'
			printf 'patchesStrategicMerge:\n%s' "$patches" >>"$step/kustomization.yaml"
		fi
		begin "$patch" -k "$step" --run test-app='tests/inputs/zero-downtime-app "$@"' "${load[@]}"
		[ "$patch" = grace-period ] || begin "ingress-$patch" -k "$step" \
			--run test-app='tests/inputs/zero-downtime-app "$@"' "${load[@]}" --via ingress --ingress-retries off
	done
}

# rolling-restart-ab: Go's Shutdown at TERM, and no probes. Mended: a readiness probe, a pause before TERM, and a drain.
rolling_restart() {
	local mended=$BATS_FILE_TMPDIR/mended
	begin restart -f "$INPUTS/rolling-restart-ab" --run myapp='zerodrop serve --on-term close' -X POST --rate 300 -q
	cp -r "$INPUTS/rolling-restart-ab" "$mended"
	sed -i 's|^\( *\)- name: myapp$|&\n\1  lifecycle: {preStop: {sleep: {seconds: 3}}}\n\1  readinessProbe: {periodSeconds: 1, httpGet: {path: /ready, port: 8080}}|' \
		"$mended/deployment.yaml"
	begin restart-mended -f "$mended" --run myapp='zerodrop serve --on-term drain --lame-duck 3s' -X POST --rate 300 -q
}

# go-k8s-graceful-termination: goes on for 20 s after TERM, and ends with whatever is in flight.
go_graceful() {
	local mode
	for mode in fresh keepalive; do
		begin "go-$mode" -f "$INPUTS/go-k8s-graceful-termination" "--$mode" --rate 160 -q \
			--run graceful-shutdown-app='zerodrop serve --on-term linger --lame-duck 20s'
	done
}

# k8s-qos: a preStop of 61 s in a grace period of 30 s, and an app that ends at TERM.
qos() {
	local app='zerodrop serve --port 7070 --on-term exit --idle-timeout 61s'
	begin qos -f "$INPUTS/k8s-qos/dummy.yaml" --run k8s-qos-dummy="$app" -X POST --path / --path '/?wait=5'
	begin qos-folder -f "$INPUTS/k8s-qos" --run k8s-qos-dummy="$app" --duration 5s
	begin qos-redeployer -f "$INPUTS/k8s-qos" --run k8s-qos="$app" deployment/k8s-qos
}

@test "k8s-zero-downtime-deployments as it is loses to all three: too early, too late, and cut" {
	lost none premature-activation premature-shutdown stale-endpoint
	found none '.failures["status/500"] > 0 and .rollout.replicas == 5 and .rollout.deployment == "test-app"'
}

@test "k8s-zero-downtime-deployments with its readiness probe still cuts requests at TERM" {
	lost readiness-probe premature-shutdown stale-endpoint
	not_lost_to readiness-probe premature-activation
	found readiness-probe '.failures["status/500"] == null'
}

@test "k8s-zero-downtime-deployments that finishes what it has is still sent requests after TERM" {
	lost_only graceful-shutdown stale-endpoint
	ended readiness-probe 1
	[ "$(failed_in graceful-shutdown)" -lt "$(failed_in readiness-probe)" ]
}

@test "k8s-zero-downtime-deployments that waits before TERM loses nothing, nor with more grace" {
	lost_nothing pre-stop-hook grace-period
}

@test "k8s-zero-downtime-deployments through an ingress: three patches are needed there, too" {
	lost ingress-none premature-activation
	lost ingress-readiness-probe premature-shutdown
	not_lost_to ingress-readiness-probe premature-activation
	lost_only ingress-graceful-shutdown stale-endpoint
	lost_nothing ingress-pre-stop-hook
}

@test "rolling-restart-ab closes its listener before the nodes have heard, and loses nothing when it waits" {
	lost_only restart stale-endpoint
	found restart '.rollout.replicas == 10 and ([.rollout.pods[].revision] | group_by(.) | map(length)) == [10, 10]'
	lost_nothing restart-mended
}

@test "go-k8s-graceful-termination loses nothing but a kept-alive connection or two when it ends" {
	lost_nothing go-fresh
	ended go-keepalive 0 1
	found go-keepalive '.failed <= 5 and all(.failures | keys[]; test("^(send|wait)/(reset|closed)$"))'
}

@test "k8s-qos has no grace left when its preStop is done, and kills requests" {
	lost_only qos grace-exceeded
	found qos '.findings[0] | .cause == "grace-exceeded" and any(.evidence[]; test("(TERM|KILL), 30\\.\\d s after its deletion"))'
	found qos '.findings[0].fix | test("terminationGracePeriodSeconds: [67]\\d")'
	found qos '.rollout.pods | all(if .revision == 1 then .term_s - .deleted_s > 29 and .exited_s >= .term_s else true end)'
	told qos 'dummy.yaml:51:9: resources: requests and limits are not applied here'
}

@test "k8s-qos with its redeployer: what is rolled is what the Service selects, and the rest is named" {
	ended qos-folder 4
	found qos-folder '.verdict == "inconclusive" and .failed == 0 and .rollout.deployment == "k8s-qos-dummy"'
	told qos-folder 'redeployer.yaml:1: ServiceAccount/k8s-qos-role is passed over'
	told qos-folder 'redeployer.yaml:6: Role/k8s-qos-role is passed over'
	told qos-folder 'redeployer.yaml:16: RoleBinding/k8s-qos-role is passed over'
}

@test "k8s-qos' redeployer is rolled when it is named, though no Service selects it" {
	ended qos-redeployer 0 1
	found qos-redeployer '.rollout.deployment == "k8s-qos" and .requests > 0'
}
