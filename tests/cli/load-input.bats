#!/usr/bin/env bats
# What `zerodrop load` cannot do is said in one line that names the word, with exit status 2, before anything is sent.

bats_require_minimum_version 1.5.0

setup() {
	load load-helpers
	cd "$BATS_TEST_TMPDIR"
}

URL=http://127.0.0.1:1/

# refused TEXT ARGUMENT…: with TEXT in the one line.
refused() {
	local status=0 out
	out=$("$ZERODROP" load -n 1 "${@:2}" 2>err.txt) || status=$?
	[ "$status" = 2 ] && [ -z "$out" ] && [ "$(wc -l <err.txt)" = 1 ] && grep -q "^zerodrop load: " err.txt &&
		grep -qF -- "$1" err.txt && return
	echo "zerodrop load ${*@Q}"
	echo "exit status $status, expected one line with: $1"
	printf '%s\n' "$out" "$(cat err.txt)"
	return 1
}

@test "URLs" {
	refused "which URL?"
	refused "'' is not a URL" ""
	refused "'shop' is not a URL" shop
	refused "'shop:80/' is not a URL" shop:80/
	refused "no scheme 'ftp'" ftp://shop/
	refused "the host is missing" http://
	refused "the host is missing" http:///path
	refused "'99999' is not a port" http://127.0.0.1:99999/
	refused "'0' is not a port" http://127.0.0.1:0/
	refused "'' is not a port" http://127.0.0.1:/
	refused "'8x' is not a port" http://127.0.0.1:8x/
	refused "'::zz' is not an IPv6 address" "http://[::zz]/"
	refused "the ']'" "http://[::1/"
	refused "expected ':' or '/'" "http://[::1]80/"
	refused "a user in the URL" http://me:secret@127.0.0.1/
	refused "a host cannot contain '!'" "http://a!b/"
	refused "as %XX" "http://127.0.0.1:1/a b"
	refused "as %XX" "http://127.0.0.1:1/ü"
	refused "as %XX" $'http://127.0.0.1:1/\n'
	refused "longer than" "http://127.0.0.1:1/$(printf '%09000d' 0)"
	refused "more than 64 URLs" $(for i in {1..65}; do echo $URL; done)
	refused "'100' is not a URL; a number goes with -r" -q 100 $URL
	# What is wrong in the second is found before the first is loaded.
	refused "no scheme 'ftp'" $URL ftp://shop/
}

@test "options" {
	refused "no option --nope" --nope $URL
	refused "no option -Y" -Y $URL
	refused "--rate needs a value" $URL --rate
	refused "-c needs a value" $URL -c
	refused "--fresh takes no value" --fresh=yes $URL
	refused "no option --no-rate" --no-rate $URL
	refused "'yaml' is not a format" -o yaml $URL
	refused "'' is not a format" --format= $URL
}

@test "options that other tools have under another name" {
	refused "no option -z: the time is -d" -z 10s $URL
	refused "no option -z: the time is -d" -z10s $URL
	refused "no option -m: the method is -X" -m POST $URL
	refused "no option -disable-keepalive: use --fresh" -disable-keepalive $URL
	refused "no option -k: connections are kept alive" -k $URL
	refused "no option -k: connections are kept alive" -kc 5 $URL
	refused "no option --latency: percentiles are always shown" --latency $URL
	refused "no option --rps: use --rate" --rps=100 $URL
	refused "no option -R: the rate is -r" -R 100 $URL
	refused "no option -duration: two dashes" -duration 10s $URL
}

@test "numbers and times" {
	local word
	for word in "" x -1 +1 "1 " 1e3 0x10 1.5 1kk 99999999999999999999 nan; do
		refused "--connections: " "--connections=$word" $URL
		refused "--requests: " "--requests=$word" $URL
		refused "--max-lost: " "--max-lost=$word" $URL
	done
	for word in "" x -1 +1 1e3 0x10 1kk 5/ 5/d /m inf; do
		refused "--rate: '$word' is not a rate" "--rate=$word" $URL
	done
	for word in "" x -1s "1 s" 1d 1s2 1e3 inf 1.s; do
		refused "--duration: '$word' is not a duration" "--duration=$word" $URL
		refused "--timeout: '$word' is not a duration" "--timeout=$word" $URL
		refused "--connect-timeout: '$word' is not a duration" "--connect-timeout=$word" $URL
	done
}

@test "ranges" {
	refused "--connections: 0 is not within 1 to 1000000" -c 0 $URL
	refused "--connections: 2M is not within" -c 2M $URL
	refused "--requests: 0 is not within" -n 0 $URL
	refused "--max-lost: 0 is not within" --max-lost 0 $URL
	refused "--duration: 0 is not within 1ns to 8760h" -d 0 $URL
	refused "--duration: 9000h is not within" -d 9000h $URL
	refused "--timeout: 0 is not within 1ns to 24h" --timeout 0 $URL
	refused "--connect-timeout: 25h is not within" --connect-timeout 25h $URL
	refused "--rate: 0 is not within" -r 0 $URL
	refused "--rate: 11M is not within" -r 11M $URL
	refused "--rate: 0.0000001 is not within" -r 0.0000001 $URL
	refused "--arrivals: 'burst' is not a way to arrive" --arrivals burst -r 10 $URL
	refused "arrivals by chance need a rate" --arrivals poisson $URL
	refused "--seed: 'x' is not" --seed x $URL
	refused "without --rate the connections go as fast as they can" -r 0 $URL
}

@test "methods and headers" {
	refused "'' is not a method" -X "" $URL
	refused "'GE T' is not a method" -X "GE T" $URL
	refused "'CONNECT' is not a method that can be sent" -X CONNECT $URL
	refused "expected 'Name: value'" -H nocolon $URL
	refused "expected 'Name: value'" -H ": value" $URL
	refused "expected 'Name: value'" -H "A B: value" $URL
	refused "a value is one line" -H $'A: b\r\nC: d' $URL
	refused "Content-Length" -H "Content-Length: 5" $URL
	refused "Transfer-Encoding" -H "Transfer-Encoding: chunked" $URL
	refused "--pod-header: 'a b' is not the name of a header" --pod-header "a b" $URL
	refused "--pod-header: '' is not the name of a header" --pod-header "" $URL
	refused "--version-header: 'X-Version:' is not the name" --version-header X-Version: $URL
}

@test "what is expected" {
	local word
	for word in "" 20 600 99 2x 200- -200 300-200 200,, ,200 "200 204" ok; do
		refused "--expect: '" "--expect=$word" $URL
	done
	refused "'a(b' is not a regular expression" --version-body "a(b" $URL
	refused "'[' is not a regular expression" --version-body "[" $URL
	refused "a header or in the body, not in both" --version-body a --version-header b $URL
	refused "empty text" --expect-body "" $URL
	refused "HEAD has no body" -X HEAD --expect-body a $URL
}

@test "names that lead elsewhere" {
	local word
	for word in "" shop shop:1 :1:127.0.0.1 shop:x:127.0.0.1 shop:0:127.0.0.1 shop:1:there "shop:1:[::1" shop:1:; do
		refused "--resolve: '$word'" --resolve "$word" http://shop:1/
	done
	refused "--resolve: 'shop:80:127.0.0.1' is for none of the URLs" --resolve shop:80:127.0.0.1 $URL
	refused "is for none of the URLs" --resolve shop:1:127.0.0.1 --resolve shop:2:127.0.0.1 http://shop:1/
}

@test "bodies that cannot be read" {
	refused "--body: cannot read there: No such file" -b @there $URL
	refused "--body: cannot read .: Is a directory" -b @. $URL
	refused "--body: cannot read : No such file" -b @ $URL
	truncate -s 65M large
	refused "--body: cannot read large: File too large" -b @large $URL
	if [ "$(id -u)" != 0 ]; then
		echo secret >unreadable
		chmod 0 unreadable
		refused "--body: cannot read unreadable: Permission denied" -b @unreadable $URL
	fi
	refused "--body: cannot read -: Is a directory" -b @- $URL <.
}

@test "bad input leaves the failures file of another load alone" {
	echo kept >lost.jsonl
	refused "expected 'Name: value'" -H nocolon --failures lost.jsonl $URL
	refused "'a(b' is not a regular" --version-body "a(b" --failures lost.jsonl $URL
	[ "$(cat lost.jsonl)" = kept ]
}

@test "what is odd but right is taken" {
	taken() {
		local status=0
		"$ZERODROP" load -q -n 1 --timeout 5s "$@" >out.txt 2>err.txt || status=$?
		[ "$status" = 1 ] && [ ! -s err.txt ] && grep -q "connect/refused" out.txt || {
			echo "zerodrop load ${*@Q}: exit status $status"
			cat out.txt err.txt
			return 1
		}
	}
	taken HTTP://127.0.0.1:1
	taken "$URL#fragment"
	taken "http://127.0.0.1:1?query=1"
	taken -r 0.5k -n 2 $URL
	taken -r 7200/m -n 2 $URL
	taken -n1 -c1 -XPOST -H"A:" -b "" $URL
	taken --expect=2xx,301,400-499 $URL
	taken --resolve shop.example:1:127.0.0.1 --resolve "SIX:1:[127.0.0.1]" http://shop.example:1/ http://six:1/
	taken -d 1m30s $URL -- $URL
	taken -X purge $URL
}
