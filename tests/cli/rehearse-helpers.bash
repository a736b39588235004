# rehearse-helpers.bash - what the tests of `zerodrop rehearse` share.
#
#	shop web.json '.spec.replicas = 1'    the manifests of a Deployment that loses nothing, changed by a jq expression
#	rehearse web --rate 20                starts one on web.json in the background; several run side by side
#	ends web 0                            waits until it ends, with that exit status
#	found web '.failed == 0'              its JSON
#
# A rehearsal leaves NAME.out (standard output: JSON), NAME.err and NAME.run (the record) in BATS_TEST_TMPDIR.

bats_require_minimum_version 1.5.0
load helpers

PATIENCE=120
declare -gA RUNS

# What a change can name: the Deployment is `.`, its pod template `pod`, its container `app`, its Service `service`.
SHOP='
def pod: .[0].spec.template.spec;
def app: .[0].spec.template.spec.containers[0];
def spec: .[0].spec;
def service: .[1].spec;
[
	{
		apiVersion: "apps/v1", kind: "Deployment", metadata: {name: "shop"},
		spec: {
			replicas: 2, selector: {matchLabels: {app: "shop"}},
			template: {
				metadata: {labels: {app: "shop"}},
				spec: {containers: [{
					name: "shop", image: "example.com/shop:1", command: ["zerodrop", "serve", "--port", "8080"],
					args: ["--on-term", "drain", "--lame-duck", "2s"],
					ports: [{containerPort: 8080}],
					readinessProbe: {periodSeconds: 1, httpGet: {path: "/readyz", port: 8080}}
				}]}
			}
		}
	},
	{
		apiVersion: "v1", kind: "Service", metadata: {name: "shop"},
		spec: {selector: {app: "shop"}, ports: [{port: 80, targetPort: 8080}]}
	}
]'

# An Ingress to the Service of the shop; to be added with `. + [ingress]`.
INGRESS='
def ingress: {
	apiVersion: "networking.k8s.io/v1", kind: "Ingress", metadata: {name: "shop"},
	spec: {rules: [{host: "shop.example.com", http: {paths: [{
		path: "/", pathType: "Prefix", backend: {service: {name: "shop", port: {number: 80}}}}]}}]}
};'

# shop FILE [CHANGE]
shop() {
	jq -n "$INGRESS $SHOP | ${2:-.} | {apiVersion: \"v1\", kind: \"List\", items: .}" >"$BATS_TEST_TMPDIR/$1"
}

# start NAME ARGUMENT…: any rehearsal, in the background.
start() {
	local name=$1 at=$BATS_TEST_TMPDIR/$1
	shift
	"$ZERODROP" rehearse -o json "$@" >"$at.out" 2>"$at.err" </dev/null 3>&- &
	RUNS[$name]=$!
	STARTED+=("$!")
}

# rehearse NAME OPTION…: NAME.json, at a low rate and with short pauses unless OPTIONs say otherwise.
rehearse() {
	start "$1" -f "$BATS_TEST_TMPDIR/$1.json" --record "$BATS_TEST_TMPDIR/$1.run" --rate 40 --warmup 1s --cooldown 1s "${@:2}"
}

# ends NAME STATUS
ends() {
	local status=0
	poll_until is_gone "${RUNS[$1]}"
	wait "${RUNS[$1]}" || status=$?
	[ "$status" = "$2" ] || { echo "$1 ended with status $status, not $2"; show "$1"; return 1; } >&2
}

show() {
	echo "--- $1 said:"
	tail -n 40 "$BATS_TEST_TMPDIR/$1.err"
	jq 'del(.rollout.pods)' "$BATS_TEST_TMPDIR/$1.out" 2>/dev/null || cat "$BATS_TEST_TMPDIR/$1.out"
} >&2

# found NAME FILTER: holds of what it printed.
found() {
	jq -e "$2" "$BATS_TEST_TMPDIR/$1.out" >/dev/null || { echo "$1: not so: $2" >&2; show "$1"; return 1; }
}

# recorded NAME FILTER: holds of the events that it recorded, given as an array.
recorded() {
	jq -e -s "map(select(.kind == \"event\")) | $2" "$BATS_TEST_TMPDIR/$1.run" >/dev/null ||
		{ echo "$1: not so: $2"; grep '"kind":"event"' "$BATS_TEST_TMPDIR/$1.run" | tail -n 60; return 1; } >&2
}

# told NAME TEXT: it said so on standard error.
told() {
	grep -q -- "$2" "$BATS_TEST_TMPDIR/$1.err" || { echo "$1 did not say: $2"; show "$1"; return 1; } >&2
}

# passes NAME…, loses NAME CAUSE
passes() {
	local name
	for name; do
		ends "$name" 0
		found "$name" '.verdict == "pass" and .exit == 0 and .failed == 0 and .requests > 0 and .ok == .requests'
	done
}

loses() {
	ends "$1" 1
	found "$1" '.verdict == "fail" and .exit == 1 and .failed > 0 and .ok + .failed == .requests'
	found "$1" 'any(.findings[]; .cause == "'"$2"'" and .lost > 0 and (.evidence | length > 0) and (.fix | length > 0))'
}

# refused STATUS TEXT ARGUMENT…: one line that holds TEXT, and that exit status.
refused() {
	run --separate-stderr timeout 60 "$ZERODROP" rehearse "${@:3}"
	echo "rehearse ${*:3}: $status: $stderr" >&2
	[ "$status" = "$1" ]
	[ -z "$output" ]
	[ "${#stderr_lines[@]}" = 1 ]
	[[ $stderr == "zerodrop rehearse: "*"$2"* ]]
}

# tree PID: it and all that descends from it.
tree() {
	local child
	echo "$1"
	for child in $(cat "/proc/$1/task"/*/children 2>/dev/null); do tree "$child"; done
}
