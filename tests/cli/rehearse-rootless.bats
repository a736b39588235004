#!/usr/bin/env bats
# rehearse-rootless.bats - an ordinary user, with nothing but user namespaces. Root becomes one here.

load rehearse-helpers

setup_file() {
	export COPY
	COPY=$(mktemp -d)
	cp "$ZERODROP" "$COPY/zerodrop"
	chmod -R a+rX "$COPY"
}

teardown_file() {
	rm -rf "$COPY"
}

setup() {
	cd "$BATS_TEST_TMPDIR"
	AS=()
	[ "$(id -u)" != 0 ] || AS=(setpriv --reuid=65534 --regid=65534 --clear-groups)
	ZERODROP=$COPY/zerodrop
}

teardown() {
	end_started
}

# rehearse_as NAME OPTION…: manifests by standard input, as the user may not read ours; no record.
rehearse_as() {
	"${AS[@]}" "$ZERODROP" rehearse -o json -f - --rate 40 --warmup 1s --cooldown 1s "${@:2}" \
		<"$1.json" >"$1.out" 2>"$1.err" 3>&- &
	RUNS[$1]=$!
	STARTED+=("$!")
}

allowed() {
	"${AS[@]}" unshare --user --map-root-user --net --mount --pid --fork true 2>/dev/null || skip "no user namespaces here"
}

@test "an ordinary user rehearses: service, ingress and pod, probes and hooks of each kind" {
	allowed
	shop service.json 'app.livenessProbe = {initialDelaySeconds: 2, exec: {command: ["true"]}}
		| app.readinessProbe = {periodSeconds: 1, tcpSocket: {port: 8080}} | app.lifecycle.preStop.exec.command = ["sleep", "1"]'
	shop ingress.json '. + [ingress] | app.lifecycle.preStop.httpGet = {path: "/", port: 8080}'
	shop pod.json 'app.lifecycle.preStop.sleep.seconds = 3'
	shop lost.json 'app.args = ["--on-term", "exit"]'
	rehearse_as service
	rehearse_as ingress --via ingress --lag ingress=200ms
	rehearse_as pod --via pod
	rehearse_as lost --path '/?wait=0.4'
	passes service ingress pod
	loses lost premature-shutdown
	for name in service ingress pod lost; do ! grep -q 'annot' $name.err; done
}

@test "an ordinary user's nginx runs in the pods" {
	allowed
	conf='daemon off; user root; pid /run/nginx.pid; error_log stderr; events {} http { access_log off; client_body_temp_path /run/b;
		proxy_temp_path /run/p; fastcgi_temp_path /run/f; uwsgi_temp_path /run/u; scgi_temp_path /run/s;
		server { listen 8080; location / { return 200 ok; } } }'
	shop nginx.json "app.command = [\"sh\", \"-c\", \"printf %s \\\"\$CONF\\\" >/run/nginx.conf; exec nginx -c /run/nginx.conf\"]
		| app.env = [{name: \"CONF\", value: \"$(echo $conf)\"}] | del(app.args) | app.lifecycle.preStop.sleep.seconds = 3"
	rehearse_as nginx --fresh
	passes nginx
}

@test "an ordinary user's rehearsal leaves nothing when it is killed" {
	allowed
	shop shop.json 'app.lifecycle.preStop.sleep.seconds = 600 | pod.terminationGracePeriodSeconds = 900'
	rehearse_as shop
	poll_until grep -q 'rolling update' shop.err
	mapfile -t pids < <(tree "${RUNS[shop]}")
	[ "${#pids[@]}" -ge 5 ]
	kill -KILL "${RUNS[shop]}"
	all_gone() {
		local pid
		for pid in "${pids[@]}"; do is_gone "$pid" || return 1; done
	}
	poll_until all_gone
}

@test "an ordinary user rehearses an edge case of the catalogue" {
	allowed
	"${AS[@]}" "$ZERODROP" rehearse --case premature-activation -o json >case.out 2>case.err 3>&- &
	RUNS[case]=$!
	STARTED+=("$!")
	ends case 0
	found case '.cases[0] | .without.failed > 0 and .with.failed == 0'
}

@test "root without the right to make namespaces is as good as an ordinary user" {
	[ "$(id -u)" = 0 ] || skip "not root"
	allowed
	# As in most containers.
	AS=(setpriv --bounding-set=-sys_admin,-net_admin --inh-caps=-sys_admin,-net_admin)
	shop shop.json
	rehearse_as shop
	passes shop
}

@test "a round trip time without /dev/net/tun is exit 3, and says so" {
	allowed
	"${AS[@]}" test ! -w /dev/net/tun || skip "/dev/net/tun is anybody's"
	shop shop.json
	rehearse_as shop --rtt 10ms
	ends shop 3
	told shop '/dev/net/tun'
}

# forbidden SYSCTL: in a user namespace where it is 0, without capabilities.
forbidden() {
	unshare --user --map-root-user bash -c 'echo 0 >"/proc/sys/user/$0" && exec setpriv --bounding-set=-all --inh-caps=-all "$@"' \
		"$1" "$ZERODROP" rehearse -f shop.json
}

@test "where user namespaces are forbidden, the setting and the way out are named, and it is exit 3" {
	allowed
	shop shop.json
	for name in max_user_namespaces max_net_namespaces; do
		run --separate-stderr forbidden $name
		echo "$status: $stderr" >&2
		[ "$status" = 3 ]
		[ -z "$output" ]
		[ "${#stderr_lines[@]}" = 1 ]
		[[ $stderr == "zerodrop rehearse: a lab needs"*"user.$name=0"*"sudo sysctl -w user.$name="*"or run as root"* ]]
	done
}
