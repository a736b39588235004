#!/usr/bin/env bats
# What `zerodrop load` says of https: a server that does one thing wrong under TLS, against the server's own ledger, and
# nginx.

bats_require_minimum_version 1.5.0

# make_certificate NAME ALTERNATIVES: NAME.pem and NAME.key, signed by itself.
make_certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=test \
		-addext "subjectAltName=$2" -keyout "$files/$1.key" -out "$files/$1.pem" 2>/dev/null
}

setup_file() {
	export files=$BATS_FILE_TMPDIR
	make_certificate good IP:127.0.0.1,DNS:localhost
	make_certificate other DNS:other.example
	openssl x509 -in "$files/good.pem" -signkey "$files/good.key" -days -1 -out "$files/expired.pem" 2>/dev/null
}

setup() {
	load load-helpers
	serve_with good
	load_options=(--cacert "$files/good.pem")
}

teardown() {
	stop_server
	stop_nginx
}

# serve_with NAME [cut]: what the server shows; "cut": it never says close_notify.
serve_with() {
	server_options=("$files/$1.pem" "$files/good.key" "${@:2}")
	[ ! -e "$files/$1.key" ] || server_options[1]=$files/$1.key
}

# fault FAULT NAME [ONLY…] [OPTION…]: a row of the table (tests/load/fault_row.py), under TLS.
fault() {
	local tls
	tls=$(IFS=,; echo "${server_options[*]}")
	python3 "$BATS_TEST_DIRNAME/../load/fault_row.py" "${@:1:2}" --tls "$tls" "${@:3}"
}

# handshake FAULT DETAIL [OPTION…]
handshake() {
	fault "$1" tls/failed --each "f.detail == '$2' and f.bytes_sent == 0 and f.bytes_received == 0" "${@:3}"
}

@test "a server without faults loses nothing" {
	start_server none 0
	load_json -n 200 -c 5 "https://127.0.0.1:$port/"
	[ "$status" = 0 ]
	said '[.requests, .ok, .failed, .not_sent, .failures, .status]' '[200,200,0,0,{},{"200":200}]'
	said .connections '{"opened":5,"reused":195,"closed_idle":0,"unsolicited":0}'
	load_json -n 100 -c 5 --fresh "https://127.0.0.1:$port/"
	said '[.ok, .failed, .connections.opened]' '[100,0,100]'
}

@test "a reset in the handshake is tls/failed" { handshake tls-reset "reset by peer"; }
@test "an end in the handshake is tls/failed" { handshake tls-close closed; }
@test "an end inside the server's part of it is tls/failed" { handshake tls-half-close closed; }
@test "an alert is tls/failed" { handshake tls-alert "alert from the peer: protocol version"; }
@test "a server without TLS is tls/failed" { handshake tls-plain "the peer does not speak TLS"; }
@test "silence in the handshake is tls/failed" { handshake tls-hang "timed out" -- --timeout 1000ms; }
@test "silence inside the server's part of it is tls/failed" {
	handshake tls-half-hang "timed out" -- --connect-timeout 1000ms
}
@test "an alert after the handshake is tls/failed" {
	fault tls-wants-certificate tls/failed --each '"certificate required" in f.detail'
}
# Where it meets the connection depends on who is faster.
@test "a reset at accept is the reset it is" { fault rst-accept 'connect/reset|tls/failed'; }
@test "a FIN at accept is tls/failed" { handshake fin-accept closed; }

@test "a reset without a byte of answer is wait/reset" { fault rst-silent wait/reset; }
@test "a reset inside the head is head/reset" { fault cut-head-rst head/reset; }
@test "another protocol is head/malformed" { fault not-http head/malformed; }
@test "a reset inside the body is body/reset" { fault cut-body-rst body/reset; }
@test "a bad chunk is body/malformed" { fault bad-chunk body/malformed; }
@test "silence is wait/timeout" { fault hang wait/timeout -- --timeout 1000ms; }
@test "silence inside the head is head/timeout" { fault hang-head head/timeout -- --timeout 1000ms; }
@test "silence inside the body is body/timeout" { fault hang-body body/timeout -- --timeout 1000ms; }
@test "a body that drips for ever is body/timeout" { fault drip-body body/timeout -- --timeout 1000ms; }
@test "an answer with 503 is status/503" { fault 503 status/503; }

@test "ends are ends, with close_notify and without" {
	for cut in "" cut; do
		serve_with good $cut
		fault fin-silent wait/closed
		fault cut-head head/closed
		fault cut-body body/closed
		fault cut-chunk body/closed
	done
}

@test "a body that ends with its connection is whole with close_notify" { fault eof-body ok; }

@test "a body that ends with its connection is cut without close_notify" {
	serve_with good cut
	fault eof-body body/closed
}

@test "an idle connection that the server closes costs a request only if one was on its way" {
	for cut in "" cut; do
		serve_with good $cut
		fault idle-close 'closed_idle|wait/closed|wait/reset|send/reset' kept
		fault idle-close-rst 'closed_idle|wait/closed|wait/reset|send/reset' kept
	done
}

@test "a connection closed under the next request is named, and not retried" {
	fault race-fin wait/closed kept --each 'f.served > 0 and f.idle_ns > 0 and f.pod == "pod-a"'
	fault race-rst wait/reset kept --each 'f.served > 0 and f.idle_ns > 0 and f.pod == "pod-a"'
}

@test "bytes behind an answer leave it whole and end the connection" { fault garbage unsolicited; }
@test "an answer before the end of the request counts, though a reset comes with it" {
	fault early-413 status/413 one POST --body 8000000 --each 'f.bytes_sent < 8000000' -- --expect 200
}
@test "a reset while the body is being sent is send/reset" {
	fault rst-in-send send/reset one POST --body 8000000
}

# is_refused WORDS URL [OPTION…]: one line with these words, status 3, and nothing was sent.
is_refused() {
	run -3 "$ZERODROP" load -q -n 10 "${@:3}" "$2"
	[ "${#lines[@]}" = 1 ]
	[[ $output == "zerodrop load: https://"*": $1 (--cacert FILE"*"--insecure"* ]] || {
		echo "$output"
		return 1
	}
}

@test "a certificate that cannot be verified stops the load before it begins" {
	start_server none 0
	is_refused "self-signed certificate" "https://127.0.0.1:$port/"
	is_refused "self-signed certificate" "https://127.0.0.1:$port/" --cacert "$files/other.pem"
	is_refused "self-signed certificate" "https://localhost:$port/"
	stop_server
	[ "$(ledger .requests)" = 0 ]
	serve_with other
	start_server none 0
	is_refused "the certificate is not for this address" "https://127.0.0.1:$port/" --cacert "$files/other.pem"
	is_refused "the certificate is not for 'localhost'" "https://localhost:$port/" --cacert "$files/other.pem"
	stop_server
	serve_with expired
	start_server none 0
	is_refused "certificate has expired" "https://127.0.0.1:$port/" --cacert "$files/expired.pem"
}

@test "without --cacert the system's authorities count" {
	start_server none 0
	SSL_CERT_FILE=$files/good.pem run -0 "$ZERODROP" load -q -n 10 "https://127.0.0.1:$port/"
	mkdir "$BATS_TEST_TMPDIR/folder"
	cp "$files/good.pem" "$BATS_TEST_TMPDIR/folder/$(openssl x509 -noout -hash -in "$files/good.pem").0"
	SSL_CERT_DIR=$BATS_TEST_TMPDIR/folder run -0 "$ZERODROP" load -q -n 10 "https://127.0.0.1:$port/"
	SSL_CERT_FILE=$files/other.pem run -3 "$ZERODROP" load -q -n 10 "https://127.0.0.1:$port/"
}

@test "--insecure takes any certificate" {
	for name in good other expired; do
		serve_with $name
		start_server none 0
		run -0 "$ZERODROP" load -q -n 10 --insecure "https://127.0.0.1:$port/"
		stop_server
	done
}

@test "other trouble with the first handshake does not stop the load" {
	start_server tls-alert 8
	run -1 "$ZERODROP" load -q -r 100 -n 20 --fresh --cacert "$files/good.pem" "https://127.0.0.1:$port/"
	[[ ${lines[-1]} == *"tls/failed"* ]]
	stop_server
	load_json -r 100 -n 10 "https://127.0.0.1:1/"
	said .failures '{"connect/refused":10}'
}

@test "--cacert that cannot be used is bad input" {
	: >"$BATS_TEST_TMPDIR/empty"
	for file in /does/not/exist "$BATS_TEST_TMPDIR/empty" /; do
		run -2 "$ZERODROP" load --cacert "$file" https://127.0.0.1:1/
		[ "${#lines[@]}" = 1 ]
		[[ $output == "zerodrop load: --cacert: $file: "* ]]
	done
}

# start_nginx TLS_VERSION: sets `port`.
start_nginx() {
	nginx_folder=$BATS_TEST_TMPDIR/nginx
	mkdir -p "$nginx_folder"
	head -c 4000000 /dev/urandom >"$nginx_folder/large"
	port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	cat >"$nginx_folder/conf" <<-END
		$([ "$(id -u)" != 0 ] || echo 'user root;')
		daemon off; worker_processes 1; pid $nginx_folder/pid; error_log $nginx_folder/error;
		events { worker_connections 1024; }
		http {
			log_format tls '\$ssl_protocol \$ssl_session_reused \$ssl_server_name';
			access_log $nginx_folder/log tls; keepalive_requests 100000; root $nginx_folder;
			client_body_temp_path $nginx_folder/t1; proxy_temp_path $nginx_folder/t2; fastcgi_temp_path $nginx_folder/t3;
			uwsgi_temp_path $nginx_folder/t4; scgi_temp_path $nginx_folder/t5;
			server {
				listen 127.0.0.1:$port ssl; ssl_protocols $1;
				ssl_certificate $files/good.pem; ssl_certificate_key $files/good.key;
				location = /empty { return 204; }
				location = /away { return 444; }
				location /large { }
			}
		}
	END
	nginx -p "$nginx_folder" -c "$nginx_folder/conf" 2>"$nginx_folder/errors" 3>&- &
	nginx=$!
	wait_until curl -ks -o /dev/null "https://127.0.0.1:$port/empty"
}

stop_nginx() {
	[ -n "${nginx:-}" ] || return 0
	kill -QUIT "$nginx"
	wait "$nginx" || true
	nginx=
}

@test "nginx is loaded over https" {
	for version in TLSv1.2 TLSv1.3; do
		start_nginx $version
		for mode in --fresh --keepalive; do
			load_json -n 40 -c 4 $mode "https://127.0.0.1:$port/large" "https://localhost:$port/empty"
			said '[.ok, .failed, .status]' '[40,0,{"200":20,"204":20}]'
		done
		load_json -n 30 -c 3 "https://127.0.0.1:$port/away"
		said '.failures' '{"wait/closed":30}'
		stop_nginx
	done
	load_json -n 10 -c 2 "https://127.0.0.1:$port/"
	said '.failures' '{"connect/refused":10}'
}

logged() {
	[ "$(sort "$nginx_folder/log" | uniq -c | tr -s ' ')" = "$1" ]
}

@test "every fresh connection is a full handshake, and no two names share one" {
	for version in TLSv1.2 TLSv1.3; do
		start_nginx $version
		wait_until grep -q . "$nginx_folder/log" # of the request that waited for nginx
		for mode in --fresh:20 --keepalive:2; do
			: >"$nginx_folder/log"
			load_json -n 20 -c 1 ${mode%:*} "https://localhost:$port/empty" "https://127.0.0.1:$port/empty"
			said '[.ok, .connections.opened]' "[20,${mode#*:}]"
			wait_until logged " 10 $version . -
 10 $version . localhost"
		done
		stop_nginx
	done
}
