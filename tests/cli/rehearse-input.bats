#!/usr/bin/env bats
# rehearse-input.bats - what `zerodrop rehearse` says to what it is given.

load rehearse-helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	end_started
}

@test "help names every option with its default, and exits 0" {
	run "$ZERODROP" rehearse --help
	[ "$status" = 0 ]
	for word in filename kustomize run rollouts case jobs rate method path header body fresh keepalive connections timeout \
		connect-timeout warmup cooldown duration via nodes lag ingress-retries rtt gone seed output record logs quiet; do
		[[ $output == *"--$word"* ]] || { echo "no --$word"; return 1; }
	done
	for standard in '[100]' '[GET]' '[3]' '[service]' '[text]' '[30s]' '[2s]' '[on]'; do
		[[ $output == *"$standard"* ]] || { echo "no default $standard"; return 1; }
	done
	[[ $output == *"Examples:"* ]]
}

@test "a bad flag is one line that names the flag and the value, and exit 2" {
	while read -r flag value; do
		refused 2 "$flag" "$flag" "$value"
		[[ $stderr == *"$value"* && $stderr == *"(see --help)"* ]]
	done <<-'END'
		--rate 0
		--rate soup
		--rate -5
		--rate 1.5
		--rate 99999999999999999999
		--connections 0
		--via moon
		--nodes 0
		--nodes 33
		--lag soup
		--lag 2s-1s
		--ingress-retries maybe
		--rtt -1s
		--gone away
		--seed 0
		--seed soup
		--output yaml
		--path foo
		--header nocolon
		--header :empty
		--method get
		--timeout 0
		--timeout 1y
		--connect-timeout soup
		--warmup -1
		--cooldown soup
		--duration soup
		--rollouts 0
		--jobs 0
		--run soup
		--run soup=
		--run =soup
	END
	refused 2 'no option --nope' --nope
	refused 2 'no option -z' -z
	refused 2 '-f needs a value' -f
	refused 2 '--fresh takes no value' --fresh=3
	# Nothing that is given can become a header of its own.
	for pair in "--path / HTTP/1.1" "--header X: 1" "--method GET / HTTP/1.1"; do
		run --separate-stderr "$ZERODROP" rehearse "${pair%% *}" "${pair#* }"$'\r\nY: 2'
		[ "$status" = 2 ]
		[ -z "$output" ]
	done
}

@test "a data plane that is not there is named, with those that are" {
	refused 2 "no data plane 'node-4' (there are: nodes, node-1 to node-3, ingress, pods)" --lag node-4=1s
	refused 2 "no data plane 'moon'" --lag moon=1s
	refused 2 "node-1 to node-1" --nodes 1 --lag node-2=1s
}

@test "an edge case that is not there is named, with those that are" {
	refused 2 "no edge case 'soup' (there are: premature-activation, premature-shutdown, stale-endpoint, keepalive-race, grace-exceeded, capacity-gap)" \
		--case soup
}

@test "what does not go together is said" {
	shop shop.json
	refused 2 'deployment/shop' deployment/shop
	refused 2 '--case' -f shop.json --case stale-endpoint
	refused 2 '--run' --run shop=true
	refused 2 '--record' --record here.run
}

@test "an unknown deployment is an error" {
	shop shop.json
	refused 2 "no deployment 'cart'" -f shop.json deployment/cart
	refused 2 "'service/shop' is not deployment/NAME" -f shop.json service/shop
	refused 2 "one Deployment at a time, not also 'b'" -f shop.json a b
}

@test "of several deployments one must be said" {
	shop named.json '. + [.[0], .[1] | .metadata.name = "cart"]
		| .[2].spec.selector.matchLabels.app = "cart" | .[2].spec.template.metadata.labels.app = "cart"
		| .[3].spec.selector.app = "cart"'
	refused 2 'deployment/shop' -f named.json
	[[ $stderr == *several*deployment/cart* ]]
	jq '.items |= map(select(.kind == "Deployment"))' named.json >bare.json
	refused 2 'no Service selects any of the Deployments: say which one to roll' -f bare.json
	jq '.items |= map(select(.metadata.name != "cart" or .kind == "Deployment"))' named.json >one.json
	start one -f one.json --rate 20 --warmup 0 --cooldown 0
	start named -f named.json --rate 20 --warmup 0 --cooldown 0 cart
	start slash -f named.json --rate 20 --warmup 0 --cooldown 0 deploy/cart
	passes one named slash
	found one '.rollout.deployment == "shop"'
	found named '.rollout.deployment == "cart"'
	found slash '.rollout.deployment == "cart"'
}

@test "without a Service one is made up from the container's port, and without a port that is an error" {
	shop bare.json 'del(.[1])'
	shop none.json 'del(.[1]) | del(app.ports) | del(app.readinessProbe)'
	refused 2 'container shop names no port' -f none.json
	[[ $stderr == *"none.json:"*":"*"no Service selects deployment/shop"* ]]
	rehearse bare
	passes bare
}

@test "replicas 0 is an error" {
	shop none.json 'spec.replicas = 0'
	refused 2 'deployment/shop has replicas: 0' -f none.json
}

@test "no Deployment is an error" {
	shop none.json 'del(.[0])'
	refused 2 'no Deployment in the manifests' -f none.json
	: >empty.yaml
	refused 2 'no Deployment in the manifests' -f empty.yaml
	run --separate-stderr "$ZERODROP" rehearse -f - </dev/null
	[ "$status" = 2 ]
	[[ $stderr == *'no Deployment in the manifests'* ]]
}

# A container that this machine can't run: at line 11, column 9.
web() {
	cat <<-END
		apiVersion: apps/v1
		kind: Deployment
		metadata: {name: web}
		spec:
		  selector: {matchLabels: {app: web}}
		  template:
		    metadata:
		      labels: {app: web}
		    spec:
		      containers:
		      - name: front
		        image: example.com/front:3
		        ports: [{containerPort: 8080}]
		        $1
	END
}

@test "a container without a command is an error that shows the flag to add" {
	web >web.yaml
	refused 2 "web.yaml:11:9: container front has no command, and its image (example.com/front:3) is not pulled" -f web.yaml
	[[ $stderr == *"--run front='command'" ]]
	web 'args: [--port, "8080"]' >web.yaml
	refused 2 "--run front='command'" -f web.yaml
}

@test "a command that this machine lacks is an error that shows the flag to add" {
	web 'command: [no-such-program, serve]' >web.yaml
	refused 2 "web.yaml:11:9: container front: this machine has no 'no-such-program'" -f web.yaml
	[[ $stderr == *"--run front='command'" ]]
	refused 2 "this machine has no 'nor-this'" -f web.yaml --run 'front=nor-this --port 8080'
	web 'command: [/etc/passwd]' >web.yaml
	refused 2 "this machine has no '/etc/passwd'" -f web.yaml
	web 'command: [/etc]' >web.yaml
	refused 2 "this machine has no '/etc'" -f web.yaml
}

@test "a --run for a container that is not there is an error" {
	shop shop.json
	refused 2 "no container 'cart'" -f shop.json --run cart=true
}

@test "probes and hooks that cannot be rehearsed are said, with their place" {
	shop port.json 'app.readinessProbe.httpGet.port = "web"'
	refused 2 "no container port is named 'web'" -f port.json
	shop grpc.json 'app.livenessProbe = {grpc: {port: 8080}}'
	refused 2 'grpc' -f grpc.json
	[[ $stderr == *"grpc.json:"[0-9]*":"[0-9]*"livenessProbe"* ]]
}

@test "broken manifests are file:line:column and what was expected" {
	printf 'kind: Deployment\nmetadata: {name: [}\n' >broken.yaml
	refused 2 'broken.yaml:2:1' -f broken.yaml
	web "command: zerodrop" >type.yaml
	refused 2 'type.yaml:14:' -f type.yaml
	web 'command: [zerodrop, serve]' | sed 's/containerPort: 8080/containerPort: eighty/' >number.yaml
	refused 2 'number.yaml:13:' -f number.yaml
	web 'command: [zerodrop, serve]' | sed 's/app: web}$/app: other}/' >labels.yaml
	refused 2 'labels.yaml:' -f labels.yaml
	mkdir folder
	cp broken.yaml folder
	refused 2 'folder/broken.yaml:2:1' -f folder
	refused 2 '/nowhere: cannot be read: No such file or directory' -f /nowhere
}

@test "kinds that are not rehearsed are named and passed over" {
	shop more.json '. + [
		{apiVersion: "v1", kind: "ConfigMap", metadata: {name: "settings"}},
		{apiVersion: "batch/v1", kind: "CronJob", metadata: {name: "nightly"}}]'
	rehearse more
	passes more
	told more 'more.json:[0-9]*: ConfigMap/settings is passed over'
	told more 'more.json:[0-9]*: CronJob/nightly is passed over'
}

@test "manifests come from standard input, a folder, several files, a kustomization" {
	shop all.json
	mkdir folder base
	for i in 0 1; do
		jq ".items[$i]" all.json >"folder/$i.json"
		jq ".items[$i]" all.json >"base/$i.yaml"
	done
	printf 'resources: [0.yaml, 1.yaml]\nnamePrefix: my-\n' >base/kustomization.yaml
	quick=(--rate 20 --warmup 0 --cooldown 0)
	"$ZERODROP" rehearse -o json -f - "${quick[@]}" <all.json >stdin.out 2>stdin.err 3>&- &
	RUNS[stdin]=$!
	STARTED+=("$!")
	start folder -f folder "${quick[@]}"
	start files -f folder/0.json -f folder/1.json "${quick[@]}"
	start kustomized -k base "${quick[@]}"
	passes stdin folder files kustomized
	found kustomized '.rollout.deployment == "my-shop"'
}

@test "a kustomization that cannot be rendered is exit 2, in kubectl's words" {
	mkdir empty
	refused 2 'kustomiz' -k empty
	run --separate-stderr env PATH=/nowhere "$ZERODROP" rehearse -k empty
	[ "$status" = 3 ]
	[[ $stderr == "zerodrop rehearse: -k needs kubectl to render empty, and there is none in PATH"* ]]
}

@test "json is one object with the documented fields" {
	shop shop.json 'app.args = ["--on-term", "exit"]'
	rehearse shop --path '/?wait=0.3'
	ends shop 1
	[ "$(jq -s length shop.out)" = 1 ]
	found shop '. as $all | ["verdict", "exit", "rollout", "requests", "ok", "failed", "failures", "latency_ms", "findings"]
		| all(. as $key | $all | has($key))'
	found shop '[.verdict, .exit, .requests, .ok, .failed] | map(type) == ["string", "number", "number", "number", "number"]'
	found shop '.rollout | [.replicas, .started, .seconds, .pods] | map(type) == ["number", "string", "number", "array"]'
	found shop '.rollout.started | test("^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$")'
	found shop '.rollout.pods | length == 4 and all(has("name", "revision", "node", "lost"))'
	found shop '([.failures[]] | add) == .failed and (.failures | keys | all(test("^[a-z]+/[a-z0-9]+$")))'
	found shop '.latency_ms | keys == ["max", "mean", "p50", "p90", "p99", "p99.9"] and all(.[]; type == "number")'
	found shop '.findings | length > 0 and all(keys - ["cause", "lost", "pods", "evidence", "fix"] == [])'
	found shop '.findings[0] | [.cause, .lost, .pods, .evidence, .fix] | map(type) == ["string", "number", "array", "array", "string"]'
	found shop '([.findings[].lost] | add) == .failed'
}

@test "text says the same: verdict, kinds, causes, evidence, fix" {
	shop shop.json 'app.args = ["--on-term", "exit"]'
	run --separate-stderr "$ZERODROP" rehearse -f shop.json --rate 40 --warmup 1s --cooldown 0 --path '/?wait=0.3'
	[ "$status" = 1 ]
	[[ ${lines[0]} == "FAIL  deployment/shop: "*" requests lost in one rolling update (2 replicas, "* ]]
	[[ $output == *"failed "*"wait/closed "* ]]
	[[ $output == *"premature-shutdown: "*" lost"*"TERM"*"Fix: "* ]]
	[[ $output != *$'\e'* ]]
	[[ $stderr == *"rolling update"* ]]
	run --separate-stderr "$ZERODROP" rehearse -q -f shop.json --rate 40 --warmup 0 --cooldown 0 --path '/?wait=0.3'
	[ "$status" = 1 ]
	[ -z "$stderr" ]
}

@test "a file that cannot be written is said before or beside the verdict, and is exit 3" {
	shop shop.json
	refused 3 '/nowhere/shop.run' -q -f shop.json --record /nowhere/shop.run
	refused 3 'cannot make /nowhere/logs' -q -f shop.json --logs /nowhere/logs
}

@test "what containers print goes to their logs" {
	shop shop.json
	rehearse shop --logs logs
	passes shop
	for pod in $(jq -r '.rollout.pods[].name' shop.out); do
		grep -q "state=ready pod=$pod " "logs/$pod.shop.log"
	done
}

@test "the record can be rendered again" {
	shop shop.json 'app.args = ["--on-term", "exit"]'
	rehearse shop --path '/?wait=0.3'
	loses shop premature-shutdown
	run --separate-stderr "$ZERODROP" report -o json shop.run
	[ "$status" = 1 ]
	diff <(jq -S . <<<"$output") <(jq -S . shop.out)
	run "$ZERODROP" report shop.run
	[ "$status" = 1 ]
	[[ $output == "FAIL  deployment/shop: "*"premature-shutdown: "* ]]
}
