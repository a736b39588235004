#!/usr/bin/env bats
# rehearse-servers.bats - somebody else's server in the pod: one that nobody here wrote, that does not name its pod in its
# answers, and that stops in its own way.

load rehearse-helpers

setup() {
	cd "$BATS_TEST_TMPDIR"
}

teardown() {
	end_started
}

need() {
	command -v "$1" >/dev/null || skip "no $1 on this machine"
}

# serves FILE COMMAND WORD… -- [CHANGE]: the manifests of a Deployment with that command, asked for / by its readiness probe.
serves() {
	local file=$1 words=()
	shift
	while [ "$1" != -- ]; do
		words+=("$1")
		shift
	done
	shop "$file" "app.command = $(jq -nc '$ARGS.positional' --args -- "${words[@]}") | app.args = [] |
		app.readinessProbe.httpGet.path = \"/\" | ${2:-.}"
}

# rolled NAME: new pods took the place of the old ones, and answers came from both.
rolled() {
	found "$1" '.rollout.seconds > 0 and [.rollout.pods[].revision] == [1, 1, 2, 2] and .ok > 0'
	found "$1" '.rollout.pods | all(if .revision == 1 then .term_s >= .deleted_s else .ready_s != null and .deleted_s == null end)'
}

# laid NAME: every loss has a cause and a pod, though no answer names one; next to none is unexplained.
laid() {
	found "$1" '.failed == ([.rollout.pods[].lost] | add) and .failed == ([.findings[].lost] | add)'
	found "$1" 'all(.findings[]; .pods | length > 0)'
	found "$1" '([.findings[] | select(.cause == "unexplained") | .lost] | add // 0) <= (.failed / 100 | ceil)'
}

# only NAME CAUSE…: these and no others.
only() {
	found "$1" "[.findings[].cause] - $(jq -nc '$ARGS.positional' --args -- "${@:2}") == []"
}

# passes_but_for_races NAME: a server that closes idle connections may meet a request on its way to one; nobody can help it.
passes_but_for_races() {
	local status=0
	poll_until is_gone "${RUNS[$1]}"
	wait "${RUNS[$1]}" || status=$?
	found "$1" ".exit == $status and .requests > 0 and .failed <= 2 and .verdict == (if .failed == 0 then \"pass\" else \"fail\" end)"
	only "$1" keepalive-race
}

nginx_conf() {
	mkdir -p www
	head -c 4096 /dev/zero >www/slow
	echo hello >www/index.html
	cat >nginx.conf <<-END
		daemon off;
		user root;
		pid /run/nginx.pid;
		error_log stderr;
		events {}
		http {
			access_log off;
			client_body_temp_path /run/nginx-body;
			proxy_temp_path /run/nginx-proxy;
			fastcgi_temp_path /run/nginx-fastcgi;
			uwsgi_temp_path /run/nginx-uwsgi;
			scgi_temp_path /run/nginx-scgi;
			server {
				listen 8080;
				root $BATS_TEST_TMPDIR/www;
				location /slow { limit_rate 2k; }
			}
		}
	END
}

@test "nginx drops what it has at TERM" {
	need nginx
	nginx_conf
	serves nginx.json nginx -c "$BATS_TEST_TMPDIR/nginx.conf" --
	rehearse nginx --path / --path /slow
	loses nginx premature-shutdown
	rolled nginx
	laid nginx
	only nginx premature-shutdown stale-endpoint unexplained
	found nginx '.failures["body/closed"] > 0'
}

@test "nginx that waits, quits and is waited for loses nothing" {
	need nginx
	nginx_conf
	cat >hook <<-END
		sleep 3
		nginx -c $BATS_TEST_TMPDIR/nginx.conf -s quit
		while [ -e /run/nginx.pid ]; do sleep 0.1; done
	END
	serves nginx.json nginx -c "$BATS_TEST_TMPDIR/nginx.conf" -- \
		"app.lifecycle.preStop.exec.command = [\"sh\", \"$BATS_TEST_TMPDIR/hook\"]"
	rehearse nginx --path / --path /slow
	passes_but_for_races nginx
	rolled nginx
	recorded nginx 'map(.event) | (map(select(. == "hook/started")) | length) == 2 and index("kill/sent") == null'
}

@test "a server without a handler for TERM, as PID 1, is killed when its grace is over" {
	mkdir www
	serves python.json python3 -m http.server 8080 --directory "$BATS_TEST_TMPDIR/www" -- 'pod.terminationGracePeriodSeconds = 2'
	cp python.json late.json
	rehearse python
	rehearse late --lag nodes=4s
	passes python
	rolled python
	recorded python '(map(select(.event == "kill/sent").pod) | unique | length) == 2'
	recorded python '(map(select(.event == "term/sent").pod) | unique) == (map(select(.event == "kill/sent").pod) | unique)'
	loses late stale-endpoint
	rolled late
	laid late
	only late stale-endpoint grace-exceeded unexplained
}

# ?wait=SECONDS asks for a late answer. On TERM it does nothing, or closes, or closes and says so in each answer.
node_app() {
	cat >app.js <<-'END'
		const on_term = process.argv[2];
		let closing = false;
		const server = require("http").createServer((request, response) => {
			const wait = new URL(request.url, "http://shop").searchParams.get("wait") || 0;
			setTimeout(() => {
				if (closing && on_term == "drain")
					response.setHeader("Connection", "close");
				response.end("hello\n");
			}, wait * 1000);
		});
		server.listen(8080);
		if (on_term)
			process.on("SIGTERM", () => {
				closing = true;
				server.close();
			});
	END
}

@test "node that closes its server at TERM finishes what it has, and is sent more" {
	need node
	node_app
	serves close.json node "$BATS_TEST_TMPDIR/app.js" close --
	serves drain.json node "$BATS_TEST_TMPDIR/app.js" drain -- 'app.lifecycle.preStop.sleep.seconds = 3'
	rehearse close --path / --path '/?wait=1' --lag nodes=500ms --fresh
	rehearse drain --path / --path '/?wait=1' --lag nodes=500ms
	loses close stale-endpoint
	rolled close
	laid close
	only close stale-endpoint unexplained
	passes_but_for_races drain
	rolled drain
}

# server.close() waits for connections that are in use, and does not tell their clients to leave.
@test "node that closes its server at TERM keeps busy connections until it is killed" {
	need node
	node_app
	serves node.json node "$BATS_TEST_TMPDIR/app.js" close -- 'pod.terminationGracePeriodSeconds = 3'
	rehearse node --path '/?wait=1' --keepalive --rate 100
	loses node grace-exceeded
	rolled node
	laid node
	recorded node '(map(select(.event == "kill/sent").pod) | unique | length) == 2'
}

@test "node that does nothing at TERM is killed with requests in flight" {
	need node
	node_app
	serves node.json node "$BATS_TEST_TMPDIR/app.js" -- 'pod.terminationGracePeriodSeconds = 2'
	rehearse node --path / --path '/?wait=5'
	loses node grace-exceeded
	rolled node
	laid node
	only node grace-exceeded stale-endpoint unexplained
	recorded node '(map(select(.event == "kill/sent").pod) | unique | length) == 2'
	found node 'any(.findings[]; .cause == "grace-exceeded" and any(.evidence[]; test("KILL, 2\\.\\d+ s after its deletion")))'
}
