#!/usr/bin/env bats
# What an answer has to say beside its status: a text in its body, and a version that does not go back.

bats_require_minimum_version 1.5.0

setup() {
	load load-helpers
	local ready=$BATS_TEST_TMPDIR/ready
	mkfifo "$ready"
	python3 "$BATS_TEST_DIRNAME/../load/content_server.py" >"$ready" 3>&- &
	server=$!
	read -r port <"$ready"
	at=http://127.0.0.1:$port
}

teardown() {
	[ -z "${nginx:-}" ] || kill -KILL "$nginx"
	kill "$server"
	wait "$server" || true
}

# each_failure FILTER: true of every line of the failures file.
each_failure() {
	jq -e -s "length > 0 and all(.[]; $1)" "$BATS_TEST_TMPDIR/failures.jsonl" >/dev/null || {
		echo "not so of each: $1"
		cat "$BATS_TEST_TMPDIR/failures.jsonl"
		return 1
	}
}

@test "a body that lacks the text is content/mismatch" {
	for mode in --fresh --keepalive; do
		load_json -n 60 -c 3 $mode --expect-body 'hello, world' "$at/hello,%20world" "$at/hello" "$at/hel/lo"
		[ "$status" = 1 ]
		said '[.ok, .failures, .mismatches, .status]' '[0,{"content/mismatch":60},{"text":60},{"200":60}]'
		load_json -n 60 -c 1 $mode --expect-body hello "$at/say/hel/lo/to/all" "$at/hell/no" "$at/eof/hello"
		said '[.ok, .failures, .mismatches]' '[40,{"content/mismatch":20},{"text":20}]'
		each_failure '.kind == "content/mismatch" and .mismatch == "text" and .status == 200 and .target == 1'
	done
}

@test "all of a long body is searched" {
	load_json -n 10 -c 2 --expect-body xxhello "$at/large/hello" "$at/large/hell"
	said '[.ok, .failed]' '[5,5]'
}

@test "only answers with an expected status are looked into" {
	load_json -n 10 -c 1 --expect 404 --expect-body nothing "$at/hello"
	said .failures '{"status/200":10}'
}

@test "a version that goes back is content/mismatch" {
	# One connection at a time: 1, 2, 1, 2, …; each 1 but the first is behind.
	for mode in --fresh --keepalive; do
		load_json -n 100 -c 1 $mode --version-header x-version "$at/a?1" "$at/b?2"
		[ "$status" = 1 ]
		said '[.ok, .failures, .mismatches]' '[51,{"content/mismatch":49},{"version-back":49}]'
		said '[.versions[] | [.version, .answers]]' '[["1",50],["2",50]]'
		said '[.versions[0].first_s < .versions[1].first_s, .versions[0].last_s > .versions[1].first_s]' '[true,true]'
		each_failure '.version == "1" and .newest == "2" and .target == 0 and .mismatch == "version-back"'
	done
}

@test "a version can be found in the body" {
	load_json -n 90 -c 1 --version-body 'v([0-9]+)' "$at/shop/v1" "$at/shop/v/2" "$at/shop/v3"
	# In each round but the first both 1 and 2 are behind 3.
	said '[.ok, .mismatches]' '[32,{"version-back":58}]'
	each_failure '.newest == "3"'
	load_json -n 10 -c 1 --version-body '^[a-z]+$' "$at/hello"
	said '[.ok, [.versions[].version]]' '[10,["hello"]]'
}

@test "a version that has moved on for good is no failure" {
	load_json -n 1 -c 1 --version-header X-Version "$at/a?1"
	load_json -n 50 -c 5 --version-header X-Version "$at/a?2"
	[ "$status" = 0 ]
	said '[.ok, .versions[0].answers]' '[50,50]'
}

@test "an answer without a version is a mismatch when one is asked for" {
	load_json -n 20 -c 1 --version-header X-Version "$at/a?1" "$at/b"
	said '[.ok, .mismatches]' '[10,{"no-version":10}]'
	each_failure '.target == 1 and .mismatch == "no-version" and has("newest") == false'
	load_json -n 20 -c 1 --version-body 'v([0-9]+)' "$at/v1" "$at/v"
	said '[.ok, .mismatches]' '[10,{"no-version":10}]'
}

@test "answers over HTTP/2 are held to the same" {
	local folder=$BATS_TEST_TMPDIR/nginx free
	mkdir "$folder"
	free=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >"$folder/conf" <<-EOF
		daemon off; master_process off; pid $folder/pid; error_log $folder/error;
		$([ "$EUID" != 0 ] || echo "user root root;")
		events { worker_connections 100; }
		http {
			access_log off;
			client_body_temp_path $folder; proxy_temp_path $folder; fastcgi_temp_path $folder;
			uwsgi_temp_path $folder; scgi_temp_path $folder;
			server {
				listen 127.0.0.1:$free http2;
				location /old { add_header X-Version 1; return 200 "hello, v1"; }
				location /new { add_header X-Version 2; return 200 "hello, v2"; }
				location /odd { return 200 "hell"; }
			}
		}
	EOF
	nginx -c "$folder/conf" 2>"$folder/out" 3>&- &
	nginx=$!
	wait_until bash -c "exec 9<>/dev/tcp/127.0.0.1/$free"
	local base=http://127.0.0.1:$free
	for version in "--version-header x-version" "--version-body v([0-9])"; do
		load_json -n 100 -c 1 --http2 $version "$base/old" "$base/new"
		said '[.ok, .mismatches, [.versions[].version]]' '[51,{"version-back":49},["1","2"]]'
		each_failure '.version == "1" and .newest == "2"'
	done
	# Ten at a time on one connection: their bodies come interleaved.
	load_json -n 300 -c 1 --streams 10 --http2 --expect-body hello "$base/old" "$base/new" "$base/odd"
	said '[.ok, .mismatches, .connections.opened]' '[200,{"text":100},1]'
	each_failure '.target == 2'
}

@test "the summary tells versions and what did not match" {
	run -1 "$ZERODROP" load -n 100 -c 1 --version-header X-Version --expect-body a "$at/a?blue" "$at/a?green"
	[[ $output =~ content/mismatch\ +49\ +first\ [0-9.]+\ s,\ last\ [0-9.]+\ s:\ 49\ version-back ]]
	[[ $output =~ versions\ +"blue: 50 answers, from " ]]
	[[ $output =~ " green: 50 answers, from " ]]
	[ "${lines[-1]}" = "49 of 100 requests lost: 49 content/mismatch." ]
}

@test "what cannot be asked is bad usage" {
	local words
	for words in "--expect-body=" "-X HEAD --expect-body a" "-X HEAD --version-body a" "--version-body a(b" \
		"--version-header X --version-body y" "--version-header a:b" "--version-header="; do
		run -2 "$ZERODROP" load -n 1 $words "$at/"
		[ "${#lines[@]}" = 1 ]
		[[ $output == "zerodrop load: "* ]]
	done
	load_json -n 1 -c 1 -X HEAD --version-header X-Version "$at/"
	[ "$status" = 1 ]
}
