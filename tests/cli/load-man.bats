#!/usr/bin/env bats
# The examples of the man page and of --help are what they say: each is run, word by word, in a network of its own where
# shop and shop.example lead to a server of ours; only the time is cut short.

bats_require_minimum_version 1.5.0

setup() {
	load helpers
	cd "$BATS_TEST_TMPDIR"
	unshare --user --map-root-user --net true 2>/dev/null || skip "no user namespaces here"
}

# Of standard input. On 127.0.0.1 and 10.0.0.7 nginx listens on 80, 8080, 8081 (HTTP/2) and 443, there with company.pem.
run_examples() {
	cat >examples
	[ -s examples ]
	echo '{"order": 1}' >order.json
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test \
		-addext "subjectAltName=DNS:shop.internal,DNS:shop.example,DNS:shop" -keyout key.pem -out company.pem 2>/dev/null
	cat >nginx.conf <<-EOF
		user root root; daemon off; master_process off; pid $PWD/nginx.pid; error_log $PWD/nginx.error;
		events { worker_connections 1000; }
		http {
			access_log off; keepalive_requests 1000000;
			client_body_temp_path $PWD; proxy_temp_path $PWD; fastcgi_temp_path $PWD; uwsgi_temp_path $PWD;
			scgi_temp_path $PWD;
			server {
				listen 80; listen 8080; listen 8081 http2; listen 443 ssl;
				ssl_certificate $PWD/company.pem; ssl_certificate_key $PWD/key.pem;
				add_header X-Version 1; add_header X-Pod shop-1;
				location / { return 200 "version=1\n"; }
			}
		}
	EOF
	# As typed, but shop, shop.example, … lead to our server (unless the example says where), and a second is enough.
	cat >zerodrop <<-'EOF'
		#!/bin/bash
		names=()
		for word; do
			[[ $word != --resolve ]] || exec "$ZERODROP" "$@" -d 1s
			if [[ $word =~ ^(https?)://(shop[a-z.]*)/ ]]; then
				[ "${BASH_REMATCH[1]}" = http ] && port=80 || port=443
				names=(--resolve "${BASH_REMATCH[2]}:$port:127.0.0.1")
			fi
		done
		exec "$ZERODROP" "$@" "${names[@]}" -d 1s
	EOF
	chmod +x zerodrop
	cat >inside <<-'EOF'
		trap 'kill -KILL $(jobs -p)' EXIT
		ip link set lo up
		ip address add 10.0.0.7/32 dev lo
		nginx -c "$PWD/nginx.conf" 2>nginx.out &
		for ((tries = 0; tries < 1000; tries++)); do
			(exec 9<>/dev/tcp/127.0.0.1/443) 2>/dev/null && break
			sleep 0.02
		done
		PATH=$PWD:$PATH
		set -o pipefail
		while read -r line; do
			eval "$line" >out 2>err </dev/null && [ ! -s err ] && continue
			echo "$line: exit status $?"
			cat out err nginx.out
			exit 1
		done <examples
	EOF
	export ZERODROP
	unshare --user --map-root-user --net bash inside
}

@test "the examples of zerodrop-load(1) run" {
	awk '/^# EXAMPLES/ { on = 1 } /^```/ { code = !code; next } on && code' \
		"$BATS_TEST_DIRNAME/../../man/zerodrop-load.1.scd" | run_examples
	[ "$(grep -c '^zerodrop load' examples)" -ge 5 ]
}

@test "the examples of zerodrop load --help run" {
	"$ZERODROP" load --help | sed -n '/^Examples:/,$ s/^  \(zerodrop.*\)/\1/p' | sed 's/  .*//' | run_examples
	[ "$(wc -l <examples)" -ge 4 ]
}

@test "every option of --help is in the man page, and the other way round" {
	"$ZERODROP" load --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+' | sort -u >help
	sed -n '/^# OPTIONS/,/^# [^O]/p' "$BATS_TEST_DIRNAME/../../man/zerodrop-load.1.scd" |
		grep -E '^\*-' | grep -oE -- '\*--[a-z0-9-]+' | tr -d '*' | sort -u >man
	diff help man
}

@test "every kind of failure and every field is in the man page" {
	local page=$BATS_TEST_DIRNAME/../../man/zerodrop-load.1.scd word
	"$ZERODROP" load -q -n 1 --version-header X -o json --failures lost.jsonl http://127.0.0.1:1/ >out.json || [ $? = 1 ]
	for word in $(jq -r 'paths | map(strings) | .[]' out.json lost.jsonl | sort -u); do
		grep -qE "[*_\"]$word[*_\"]" "$page" || { echo "not in the man page: $word"; return 1; }
	done
	for word in $(grep -oE '"[a-z]+/[a-z]+"' "$BATS_TEST_DIRNAME/../../src/load/outcome.c" | tr -d '"'); do
		grep -qF "*$word*" "$page" || { echo "not in the man page: $word"; return 1; }
	done
}
