#!/usr/bin/env bats
# lameduck-static.bats - the program that goes into other people's images: small, and without needs.

bats_require_minimum_version 1.5.0

setup_file() {
	command -v musl-gcc >/dev/null || skip "no musl-gcc on this machine"
	# Not with the sanitizers' options of the build under test.
	make -s -C "$BATS_TEST_DIRNAME/../.." lameduck-static >&2
}

setup() {
	STATIC=$BATS_TEST_DIRNAME/../../build/static/src/helper/lameduck
}

@test "it is smaller than 100 KiB" {
	size=$(stat -Lc %s "$STATIC")
	echo "$size bytes" >&2
	[ "$size" -lt 102400 ]
}

@test "it needs no library and no loader" {
	run -0 readelf -lW "$STATIC"
	[[ $output == *LOAD* ]]
	[[ $output != *INTERP* ]]
	! readelf -dW "$STATIC" | grep -q NEEDED
}

@test "it runs where there is nothing but itself" {
	unshare --user --map-root-user true 2>/dev/null || skip "no user namespaces here"
	"$STATIC" copy "$BATS_TEST_TMPDIR/lameduck"
	run -0 unshare --user --map-root-user --root="$BATS_TEST_TMPDIR" /lameduck run -- /lameduck --version
	[[ $output == lameduck\ * ]]
}
