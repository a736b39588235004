#!/usr/bin/env bats
# rehearse-run.bats - what becomes of Deployments of many kinds, each in a real rolling update.

load rehearse-helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	end_started
}

# Kinds of connection, ways in, and what is sent.

@test "a deployment that loses nothing passes, over fresh connections, kept-alive ones, and both" {
	for kind in fresh kept both; do shop $kind.json; done
	rehearse fresh --fresh
	rehearse kept --keepalive
	rehearse both
	passes fresh kept both
	found fresh '.connections.reused == 0 and .connections.opened == .requests'
	found kept '.connections.reused > .connections.opened'
	found both '.connections.reused > 0 and .connections.opened > .requests / 3'
	found both '[.rollout.pods[].revision] == [1, 1, 2, 2]'
	found both '.rollout.pods | all(if .revision == 1 then .deleted_s < .term_s + 1 and .term_s <= .exited_s else .deleted_s == null end)'
}

@test "requests take the way they are told: service, ingress, pod" {
	for way in service ingress pod; do shop $way.json '. + [ingress]'; done
	rehearse service --via service
	rehearse ingress --via ingress --lag ingress=200ms
	rehearse pod --via pod
	passes service ingress pod
	grep -q '"targets":\["node-1","node-2","node-3"\]' service.run
	grep -q '"targets":\["ingress"\]' ingress.run
	grep -q '"targets":\["pods"\]' pod.run
	shop none.json
	refused 2 'no Ingress leads to deployment/shop' -q -f none.json --via ingress
}

@test "requests are what they are told to be: method, header, body, each path in turn" {
	cat >app.py <<-'END'
		import http.server, signal, sys
		class Handler(http.server.BaseHTTPRequestHandler):
		    protocol_version = "HTTP/1.1"
		    def do_GET(self):
		        self.answer(200)
		    def do_PUT(self):
		        body = self.rfile.read(int(self.headers["Content-Length"]))
		        good = self.headers["X-Token"] == "a b" and body == b"hello, shop" and self.path in ("/a", "/b?c=d")
		        self.answer(200 if good else 500)
		    def answer(self, status):
		        self.send_response(status)
		        self.send_header("Content-Length", "0")
		        self.end_headers()
		        print(f"asked {self.command} {self.path}\n", end="", flush=True)
		    def log_message(self, *words):
		        pass
		http.server.ThreadingHTTPServer(("", 8080), Handler).serve_forever()
	END
	shop app.json "app.command = [\"python3\", \"$PWD/app.py\"] | del(app.args) | app.readinessProbe.httpGet.path = \"/ready\"
		| app.lifecycle.preStop.sleep.seconds = 3 | pod.terminationGracePeriodSeconds = 4"
	rehearse app -X PUT -H 'X-Token: a b' --body 'hello, shop' --path /a --path '/b?c=d' --fresh --logs logs
	passes app
	a=$(cat logs/* | grep -c '^asked PUT /a$') b=$(cat logs/* | grep -c '^asked PUT /b?c=d$')
	# Whoever looks whether it serves yet begins with the first path, each time.
	((a > 20 && b > 20 && a - b < a / 4 && b - a < 5)) || { echo "$a of /a, $b of /b"; return 1; }
}

# What is lost, and to what.

@test "what is in flight when an app ends at TERM is laid to premature-shutdown" {
	shop exits.json 'app.args = ["--on-term", "exit"] | app.lifecycle.preStop.sleep.seconds = 3'
	shop drains.json 'app.args = ["--on-term", "close"] | app.lifecycle.preStop.sleep.seconds = 3'
	rehearse exits --path '/?wait=0.4'
	rehearse drains --path '/?wait=0.4' --fresh
	passes drains
	loses exits premature-shutdown
	found exits '.findings | length == 1'
	found exits '.failures | keys == ["wait/closed"]'
	found exits '.findings[0] | (.pods | length) == 2 and any(.evidence[]; test("TERM")) and any(.evidence[]; test("its process ended"))'
}

@test "what is sent to a pod that no longer listens is laid to stale-endpoint, through the plane that had not heard" {
	shop late.json 'app.args = ["--on-term", "close"]'
	shop knows.json 'app.args = ["--on-term", "close"] | app.lifecycle.preStop.sleep.seconds = 3'
	shop pods.json 'app.args = ["--on-term", "close"]'
	shop ingress.json '. + [ingress] | app.args = ["--on-term", "close"]'
	rehearse late --fresh --nodes 2 --lag node-1=0 --lag node-2=2s --connect-timeout 1s
	rehearse knows --fresh --nodes 2 --lag node-1=0 --lag node-2=500ms-2s --connect-timeout 1s
	rehearse pods --fresh --via pod --lag pods=2s --connect-timeout 1s
	rehearse ingress --fresh --via ingress --lag ingress=2s --ingress-retries off
	passes knows
	for name in late pods ingress; do loses $name stale-endpoint; done
	# Each plane hears as late as it was told to, after the endpoint's removal.
	recorded late 'def first(what): [.[] | select(.event == what)] | group_by(.pod) | map(.[0]);
		[first("endpoint/removed"), (map(select(.plane == 1)) | first("plane/removed"))] | transpose
		| length == 2 and all(.[1].at - .[0].at >= 1.9e9)'
	jq -es 'map(select(.failure)) | map(select(.kind == "failure")) | length > 0 and all(.target == 1)' late.run
	found late '.findings | all(.cause == "stale-endpoint")'
	found ingress '.failures | keys | all(startswith("status/50"))'
	found ingress '.findings[0].pods | length > 0'
}

@test "packets to a pod that is gone are answered or lost, as told" {
	for gone in unreachable blackhole; do shop $gone.json 'app.args = ["--on-term", "exit"]'; done
	rehearse unreachable --fresh --lag 2s --connect-timeout 1s --gone unreachable
	rehearse blackhole --fresh --lag 2s --connect-timeout 1s --gone blackhole
	loses unreachable stale-endpoint
	loses blackhole stale-endpoint
	# The kernel answers no more than one in a second, and forgets that when it comes while connect(2) is at work.
	found unreachable '.failures | has("connect/unreachable") or has("connect/timeout")'
	found blackhole '.failures | has("connect/unreachable") | not'
	found blackhole '.failures | has("connect/timeout")'
}

@test "a preStop hook that cannot run, or fails, is laid to hook-failed" {
	lost='app.args = ["--on-term", "close"]'
	shop missing.json "$lost"' | app.lifecycle.preStop.exec.command = ["no-such-program", "15"]'
	shop fails.json "$lost"' | app.lifecycle.preStop.exec.command = ["sh", "-c", "echo no luck; exit 3"]'
	shop refuses.json "$lost"' | app.lifecycle.preStop.httpGet = {path: "/", port: 81}'
	for name in missing fails refuses; do rehearse $name --fresh --lag 2s --connect-timeout 1s; done
	for name in missing fails refuses; do loses $name hook-failed; done
	recorded missing '[.[] | select(.event == "hook/failed") | .detail] | length == 2 and all(test("no-such-program"))'
	recorded fails '[.[] | select(.event == "hook/failed") | .detail] | length == 2 and all(test("exit status 3: no luck"))'
	recorded refuses '[.[] | select(.event == "hook/failed") | .detail] | length == 2 and all(test("connection refused"))'
	found missing '.findings[0].fix | test("sleep")'
}

@test "a preStop longer than the grace period is laid to grace-exceeded" {
	shop long.json 'pod.terminationGracePeriodSeconds = 2 | app.lifecycle.preStop.exec.command = ["sleep", "30"]'
	rehearse long --path / --path '/?wait=4'
	loses long grace-exceeded
	recorded long '[.[] | select(.event == "kill/sent")] | length == 2'
	# TERM at the end of grace, KILL 2 s later: the kubelet's one extension.
	recorded long 'group_by(.pod) | map(select(any(.event == "kill/sent")) | map({(.event): .at}) | add)
		| length == 2 and all((."term/sent" - ."pod/deleted" | . > 1.9e9 and . < 4e9) and ."kill/sent" - ."term/sent" > 1.9e9)'
	found long '.findings[] | select(.cause == "grace-exceeded") | .fix | test("terminationGracePeriodSeconds: [0-9]+")'
}

@test "an app that is used before it serves is laid to premature-activation" {
	shop fails.json 'del(app.readinessProbe) | app.args += ["--startup", "500", "--startup-delay", "2s"]'
	shop refuses.json 'del(app.readinessProbe) | app.args += ["--startup", "refuse", "--startup-delay", "2s"]'
	rehearse fails
	rehearse refuses
	loses fails premature-activation
	loses refuses premature-activation
	found fails '.failures | keys == ["status/500"]'
	found refuses '.failures | has("connect/refused")'
	found fails '.findings[0].fix | test("readinessProbe")'
}

@test "pods away that the load needs are laid to capacity-gap" {
	shop recreate.json 'spec.strategy.type = "Recreate"'
	shop all.json 'spec.strategy.rollingUpdate = {maxSurge: 0, maxUnavailable: "100%"} | app.args += ["--startup-delay", "3s"]'
	rehearse recreate --fresh
	rehearse all --fresh
	loses recreate capacity-gap
	loses all capacity-gap
	# Recreate waits until the last old pod is gone, a rolling update does not.
	recorded recreate 'map(select(.pod == 2 and .event == "pod/created").at)[0] > (map(select(.event == "pod/gone").at) | max)'
	recorded all 'map(select(.pod == 2 and .event == "pod/created").at)[0] < (map(select(.event == "pod/gone").at) | min)'
}

@test "an ingress that retries hides a GET that was cut, and not a POST" {
	# The hook keeps new requests away from pods that end, and the time between two ends leaves whoever retries a pod to go to.
	cut='. + [ingress] | spec.replicas = 3 | spec.minReadySeconds = 2 | app.args = ["--on-term", "exit"]
		| app.lifecycle.preStop.sleep.seconds = 1'
	for name in get-on get-off post-on post-off; do shop $name.json "$cut"; done
	options=(--via ingress --lag ingress=300ms --fresh --path '/?wait=1.5')
	rehearse get-on "${options[@]}" -X GET --ingress-retries on
	rehearse get-off "${options[@]}" -X GET --ingress-retries off
	rehearse post-on "${options[@]}" -X POST --ingress-retries on
	rehearse post-off "${options[@]}" -X POST --ingress-retries off
	passes get-on
	for name in get-off post-on post-off; do
		loses $name premature-shutdown
		found $name '.failures | has("status/502")'
		found $name '.findings[] | select(.cause == "premature-shutdown") | .pods | length > 0'
	done
}

# Probes and hooks.

@test "readiness of each kind keeps a pod from being used too soon" {
	slow='app.args += ["--startup-delay", "2s"] | app.readinessProbe = {periodSeconds: 1}'
	shop http.json "$slow"' | app.args += ["--startup", "500"] | app.readinessProbe.httpGet = {path: "/readyz", port: 8080}'
	shop tcp.json "$slow"' | app.args += ["--startup", "refuse"] | app.readinessProbe.tcpSocket.port = 8080'
	shop exec.json "$slow"' | app.args += ["--startup", "refuse"] | app.readinessProbe.exec.command = ["bash", "-c", "exec 3<>/dev/tcp/$HOSTNAME/8080"]'
	for kind in http tcp exec; do rehearse $kind; done
	passes http tcp exec
	for kind in http tcp exec; do
		recorded $kind 'map(select(.event == "probe/failed").pod) | unique == [0, 1, 2, 3]'
		recorded $kind 'group_by(.pod) | map(map({(.event): .at}) | add | select(."pod/ready")) | length == 4 and all(."probe/failed" != null)'
		recorded $kind 'map(select(.event == "liveness/kill")) == []'
	done
	recorded http 'any(.detail == "readiness shop: HTTP 503")'
	recorded tcp 'any(.detail == "readiness shop: connection refused")'
	recorded exec 'any(.detail // "" | test("^readiness shop: exit status 1: .*[Cc]onnection refused"))'
}

@test "startup of each kind holds the other probes back" {
	slow='app.args += ["--startup-delay", "2s"] | app.livenessProbe = {periodSeconds: 1, failureThreshold: 1, tcpSocket: {port: 8080}}
		| app.startupProbe = {periodSeconds: 1, failureThreshold: 30}'
	shop http.json "$slow"' | app.startupProbe.httpGet = {path: "/startupz", port: 8080, httpHeaders: [{name: "X-Probe", value: "1"}]}'
	shop tcp.json "$slow"' | app.startupProbe.tcpSocket.port = 8080'
	shop exec.json "$slow"' | app.startupProbe.exec.command = ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/8080"]'
	for kind in http tcp exec; do rehearse $kind; done
	passes http tcp exec
	for kind in http tcp exec; do
		recorded $kind 'map(select(.event == "probe/failed").detail) | map(select(. != "readiness shop: HTTP 503"))
			| length >= 4 and all(startswith("startup shop: "))'
		recorded $kind 'map(select(.event == "liveness/kill" or .event == "container/restarted")) == []'
	done
}

@test "liveness of each kind restarts the container that fails it, and only that" {
	# The probes of the container `shop` ask another one of the pod, which looks ill when the test says so.
	mkdir web
	: >web/alive
	cat >listener.py <<-END
		import os, socket, time
		listener = None
		while True:
		    alive = os.path.exists("$PWD/web/alive")
		    if alive and not listener:
		        listener = socket.create_server(("", 9000))
		    elif not alive and listener:
		        listener = listener.close()
		    time.sleep(0.05)
	END
	ill='app.args = ["--on-term", "exit"] | pod.containers += [{name: "other", command: $other}] |
		app.livenessProbe = {initialDelaySeconds: 3, periodSeconds: 1, failureThreshold: 1} | app.livenessProbe'
	shop http.json "[\"python3\", \"-m\", \"http.server\", \"9000\", \"--directory\", \"$PWD/web\"] as \$other | $ill"'.httpGet = {path: "/alive", port: 9000}'
	shop tcp.json "[\"python3\", \"$PWD/listener.py\"] as \$other | $ill"'.tcpSocket.port = 9000'
	shop exec.json "[\"sleep\", \"1h\"] as \$other | $ill.exec.command = [\"test\", \"-e\", \"$PWD/web/alive\"]"
	for kind in http tcp exec; do
		rehearse $kind --warmup 1h --path '/?wait=0.4'
	done
	for kind in http tcp exec; do poll_until grep -q 'load begins' $kind.err; done
	rm web/alive
	for kind in http tcp exec; do poll_until grep -q '"event":"liveness/kill"' $kind.run; done
	: >web/alive
	for kind in http tcp exec; do
		poll_until grep -q '"event":"container/restarted"' $kind.run
		kill -INT "${RUNS[$kind]}"
	done
	for kind in http tcp exec; do
		loses $kind liveness-kill
		recorded $kind 'map(select(.event == "container/restarted").detail) | unique == ["shop"]'
	done
	recorded http 'any(.detail // "" | test("^liveness probe of shop failed 1 times: HTTP 404"))'
	recorded tcp 'any(.detail // "" | test("^liveness probe of shop failed 1 times: connection refused"))'
	recorded exec 'any(.detail // "" | test("^liveness probe of shop failed 1 times: exit status 1"))'
}

@test "a startup probe that never succeeds restarts the container, and the first pods that never come are exit 3" {
	shop never.json 'spec.progressDeadlineSeconds = 6 | app.startupProbe = {periodSeconds: 1, failureThreshold: 2, tcpSocket: {port: 81}}'
	shop crash.json 'spec.progressDeadlineSeconds = 3 | app.command = ["sh", "-c", "echo cannot find my keys >&2; exit 7"]'
	rehearse never
	rehearse crash
	ends never 3
	ends crash 3
	recorded never 'any(.detail // "" | test("^startup probe of shop failed 2 times: connection refused"))'
	recorded never 'any(.event == "container/restarted")'
	told never 'deployment/shop does not become available'
	told crash 'deployment/shop does not become available'
	told crash 'container/exited: shop: cannot find my keys'
}

@test "a preStop hook of each kind comes before TERM, and TERM when it is done" {
	shop sleep.json 'app.lifecycle.preStop.sleep.seconds = 3'
	shop exec.json 'app.lifecycle.preStop.exec.command = ["sh", "-c", "sleep $(PAUSE)"] | app.env = [{name: "PAUSE", value: "1"}]'
	shop http.json 'app.lifecycle.preStop.httpGet = {path: "/?wait=1", port: 8080}'
	for kind in sleep exec http; do rehearse $kind; done
	passes sleep exec http
	for kind in sleep exec http; do
		recorded $kind 'map(select(.event == "hook/ended").value) | length == 2 and all(. >= 1e9)'
		recorded $kind 'group_by(.pod) | map(map({(.event): .at}) | add | select(."pod/deleted")) | length == 2 and
			all(."pod/deleted" <= ."hook/started" and ."hook/started" < ."hook/ended" and ."hook/ended" <= ."term/sent"
				and ."term/sent" <= ."container/exited")'
	done
}

@test "readiness goes on during termination, liveness and startup do not" {
	shop going.json 'app.args = ["--on-term", "drain", "--lame-duck", "4s"] |
		app.livenessProbe = {initialDelaySeconds: 2, periodSeconds: 1, failureThreshold: 1, httpGet: {path: "/readyz", port: 8080}}'
	rehearse going
	passes going
	# serve fails readiness once it was told to stop: that is heard, and nobody is killed for it.
	recorded going '[group_by(.pod)[] | (map(select(.event == "pod/deleted").at)[0] // infinite) as $deleted | .[]
		| select(.event == "probe/failed" and .at > $deleted).detail] | length >= 2 and all(. == "readiness shop: HTTP 503")'
	recorded going 'map(select(.event == "liveness/kill" or .event == "kill/sent")) == []'
}

# What runs in a pod.

@test "init containers run first, one after another, and a native sidecar outlives the app" {
	pod='{name: "POD", valueFrom: {fieldRef: {fieldPath: "metadata.name"}}}'
	shop order.json "pod.initContainers = [
			{name: \"first\", env: [$pod], command: [\"sh\", \"-c\", \"echo first >>$PWD/\$(POD)\"]},
			{name: \"side\", restartPolicy: \"Always\", env: [$pod],
				command: [\"sh\", \"-c\", \"trap 'echo side-term >>$PWD/\$(POD); exit' TERM; echo side >>$PWD/\$(POD); while :; do sleep 0.05; done\"]},
			{name: \"second\", env: [$pod], command: [\"sh\", \"-c\", \"until grep -q side $PWD/\$(POD); do sleep 0.05; done; echo second >>$PWD/\$(POD)\"]}]
		| app.env = [$pod] | app.command = [\"sh\", \"-c\", \"echo app >>$PWD/\$(POD); exec zerodrop serve --port 8080 \\\"\$@\\\"\", \"sh\"]"
	rehearse order
	passes order
	for pod in $(jq -r '.rollout.pods[] | .name' order.out); do
		[[ "$(head -4 "$pod" | xargs)" == "first side second app" ]] || { cat "$pod"; return 1; }
	done
	for pod in $(jq -r '.rollout.pods[] | select(.revision == 1).name' order.out); do
		[ "$(tail -1 "$pod")" = side-term ]
	done
	recorded order 'map(select(.event == "container/exited")) | group_by(.pod) | map(map(.detail | split(":")[0]))
		== [["first", "second", "shop", "side"], ["first", "second", "shop", "side"], ["first", "second"], ["first", "second"]]'
}

@test "the environment holds what the manifest says: plain, from fields, expanded, and the Services" {
	shop env.json 'app.env = [
			{name: "GREETING", value: "hello"},
			{name: "POD", valueFrom: {fieldRef: {fieldPath: "metadata.name"}}},
			{name: "SPACE", valueFrom: {fieldRef: {fieldPath: "metadata.namespace"}}},
			{name: "IP", valueFrom: {fieldRef: {fieldPath: "status.podIP"}}},
			{name: "NODE", valueFrom: {fieldRef: {fieldPath: "spec.nodeName"}}},
			{name: "HOST", valueFrom: {fieldRef: {fieldPath: "status.hostIP"}}},
			{name: "TIER", valueFrom: {fieldRef: {fieldPath: "metadata.labels[\u0027tier\u0027]"}}},
			{name: "BOTH", value: "$(GREETING), $(POD) $$(GREETING) $(UNKNOWN)"}]
		| spec.template.metadata.labels.tier = "front"
		| app.command = ["sh", "-c", "env; echo HOSTNAME_IS=$(hostname); grep shop /etc/hosts; exec zerodrop serve --port 8080", "$(GREETING)"]'
	rehearse env --logs logs
	passes env
	while read -r name node; do
		log=logs/$name.shop.log
		has() { grep -qx "$1" "$log" || { echo "not in $log: $1"; cat "$log"; return 1; }; }
		has 'GREETING=hello'
		has "POD=$name"
		has "HOSTNAME=$name"
		has "HOSTNAME_IS=$name"
		has 'SPACE=default'
		has "NODE=node-$node"
		has 'TIER=front'
		has "BOTH=hello, $name \$(GREETING) \$(UNKNOWN)"
		has 'IP=[0-9.]*'
		has 'HOST=[0-9.]*'
		has 'SHOP_SERVICE_HOST=[0-9.]*'
		has 'SHOP_SERVICE_PORT=80'
		ip=$(sed -n 's/^IP=//p' "$log")
		[ "$ip" != "$(sed -n 's/^HOST=//p' "$log")" ]
		has "$ip $name"
		has "$(sed -n 's/^SHOP_SERVICE_HOST=//p' "$log") shop shop.default shop.default.svc.*"
	done < <(jq -r '.rollout.pods[] | "\(.name) \(.node)"' env.out)
}

@test "--run stands in for the image, and gets the container's own command and args" {
	shop given.json 'app.env = [{name: "V", value: "7"}] | app.command = ["/not/here", "--one word"] | app.args = ["$(V)", "it'\''s"]'
	shop plain.json 'del(app.command) | del(app.args)'
	rehearse given --logs given --run 'shop=printf "<%s>\n" "$@"; exec zerodrop serve --port 8080'
	rehearse plain --run 'shop=zerodrop serve --port 8080 --version-string "a b"'
	passes given plain
	log=$(ls given/*.log | head -1)
	[ "$(head -4 "$log" | xargs -d '\n')" = "</not/here> <--one word> <7> <it's>" ] || { cat "$log"; return 1; }
}

@test "a deployment calls another by its Service's name" {
	cat >front.py <<-'END'
		import http.server, urllib.request, urllib.error
		class Front(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        if self.path == "/ready":
		            status = 200
		        else:
		            try:
		                with urllib.request.urlopen("http://backend:8000" + self.path, timeout=5) as answer:
		                    status = answer.status
		            except OSError:
		                status = 502
		        self.send_response(status)
		        self.send_header("Content-Length", "0")
		        self.end_headers()
		    def log_message(self, *words):
		        pass
		class Server(http.server.ThreadingHTTPServer):
		    request_queue_size = 128
		Server(("", 8080), Front).serve_forever()
	END
	both=". + [.[0], .[1] | .metadata.name = \"backend\"]
		| .[2].spec.selector.matchLabels.app = \"backend\" | .[2].spec.template.metadata.labels.app = \"backend\"
		| .[3].spec.selector.app = \"backend\" | .[3].spec.ports[0].port = 8000
		| app.command = [\"python3\", \"$PWD/front.py\"] | del(app.args) | app.readinessProbe.httpGet.path = \"/ready\"
		| app.lifecycle.preStop.sleep.seconds = 2 | pod.terminationGracePeriodSeconds = 3"
	shop front.json "$both"
	shop back.json "$both"
	rehearse front --fresh deployment/shop
	rehearse back --fresh deployment/backend
	passes front back
	# The load goes to the front: only through it is the backend's rollout seen.
	found front '.rollout.deployment == "shop"'
	found back '.rollout.deployment == "backend"'
}

# The rollout.

@test "minReadySeconds keeps a ready pod from counting" {
	shop min.json 'spec.minReadySeconds = 2'
	rehearse min
	passes min
	recorded min 'group_by(.pod) | map(map({(.event): .at}) | add | select(."pod/ready")) | length == 4 and all(."pod/available" - ."pod/ready" >= 1.9e9)'
	# The first old pod may go only when the first new one counts.
	recorded min '(map(select(.event == "pod/deleted").at) | min) >= (map(select(.event == "pod/available" and .pod >= 2).at) | min)'
}

@test "maxSurge and maxUnavailable bound how many pods there are, and how many are ready" {
	shop surge.json 'spec.replicas = 5 | spec.strategy.rollingUpdate = {maxSurge: "30%", maxUnavailable: 0}'
	shop thin.json 'spec.replicas = 5 | spec.strategy.rollingUpdate = {maxSurge: 0, maxUnavailable: "30%"}'
	rehearse surge
	rehearse thin
	passes surge thin
	count='def counts(up; down): reduce .[] as $e ([]; . + [(last // 0) + (if $e.event == up then 1 elif $e.event == down then -1 else 0 end)]);'
	recorded surge "$count"' counts("pod/created"; "pod/deleted") | max == 7'
	recorded thin "$count"' counts("pod/created"; "pod/deleted") | max == 5'
	recorded thin "$count"' (map(.event == "rollout/started") | index(true)) as $from | counts("pod/created"; "pod/deleted")[$from:] | min == 4'
}

@test "several rollouts follow each other in one run" {
	shop twice.json
	rehearse twice --rollouts 2
	passes twice
	recorded twice 'map(select(.event == "rollout/started")) | length == 2'
	recorded twice 'map(select(.event == "rollout/settled")) | length == 2'
	found twice '[.rollout.pods[].revision] | unique == [1, 2, 3]'
	found twice '.confidence.rollouts == 2'
}

@test "the same seed gives the same pods on the same nodes, another seed others" {
	for name in one same other; do shop $name.json; done
	rehearse one --seed 7
	rehearse same --seed 7
	rehearse other --seed 8
	passes one same other
	pods() { jq -c '.rollout.pods | map([.name, .node, .revision])' "$1.out"; }
	[ "$(pods one)" = "$(pods same)" ]
	[ "$(pods one)" != "$(pods other)" ]
}

@test "a round trip time is there for every request" {
	[ -w /dev/net/tun ] || skip "/dev/net/tun is not ours to open"
	shop far.json
	rehearse far --fresh --rtt 60ms
	passes far
	# One for the handshake, one for the answer.
	found far '.latency_ms.p50 >= 120 and .latency_ms.p50 < 1000'
}

@test "a run that is cut short by --duration says so, and does not claim to have passed" {
	shop early.json
	shop late.json 'app.lifecycle.preStop.sleep.seconds = 25'
	rehearse early --warmup 10s --duration 1s
	rehearse late --warmup 1s --duration 6s
	for name in early late; do
		ends $name 4
		found $name '.verdict == "inconclusive" and .exit == 4 and .failed == 0 and .requests > 0'
	done
	found early '.confidence.sentence | test("cut short|no rollout")'
	found late '.confidence.sentence | test("2 of 2 old pods had not ended")'
}

@test "fifty replicas rehearse, and pass" {
	shop fifty.json 'spec.replicas = 50 | spec.strategy.rollingUpdate = {maxSurge: "25%", maxUnavailable: "25%"}'
	rehearse fifty --rate 50
	passes fifty
	found fifty '.rollout.replicas == 50 and (.rollout.pods | length == 100)'
}
