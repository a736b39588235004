#!/usr/bin/env bats
# lameduck-install.bats - liblameduck as others get it: installed, found by pkg-config, compiled against in C and C++,
# shared and static.

load helpers

setup_file() {
	: "${ZERODROP:=$BATS_TEST_DIRNAME/../../build/asan/src/cmd/zerodrop}"
	BUILD=$(dirname "$ZERODROP")/../.. ROOT=$BATS_FILE_TMPDIR/root
	meson install -C "$BUILD" --destdir "$ROOT" --no-rebuild --quiet >"$BATS_FILE_TMPDIR/install.log" 2>&1
	LIBRARIES=$(dirname "$(find "$ROOT" -name liblameduck.a)")
	export BUILD ROOT LIBRARIES PKG_CONFIG_SYSROOT_DIR=$ROOT PKG_CONFIG_PATH=$LIBRARIES/pkgconfig
	# A library that was built for the sanitizers asks for them again.
	SANITIZE=
	! nm "$LIBRARIES/liblameduck.a" 2>/dev/null | grep -q __asan_init || SANITIZE=-fsanitize=address,undefined
	export SANITIZE EXAMPLES=$BATS_TEST_DIRNAME/../../examples
}

teardown() {
	end_started
}

# compile COMPILER… : the flags of pkg-config go behind what is given.
compile() {
	"$@" $(pkg-config --cflags --libs lameduck) $SANITIZE
}

# serves_and_ends PROGRAM
serves_and_ends() {
	LOG=$BATS_TEST_TMPDIR/log
	LAMEDUCK_MAX=100ms LD_LIBRARY_PATH=$LIBRARIES "$1" 0 >"$LOG" 2>&1 3>&- &
	SERVE=$!
	STARTED+=("$SERVE")
	poll_until grep -q '^state=ready ' "$LOG"
	PORT=$(sed -n 's/^listening on port //p' "$LOG")
	conn_open c
	conn_get c / "Connection: close"
	conn_answer c
	[ "$STATUS" = 200 ]
	conn_close c
	kill -TERM "$SERVE"
	wait_end 0
	log_says '^state=stopped why=done '
}

@test "header, libraries, pkg-config file and manual are installed, and no other header" {
	[ "$(cd "$ROOT" && find . -name '*.h' | sed 's|.*/||')" = lameduck.h ]
	[ -f "$LIBRARIES/liblameduck.a" ]
	[ -f "$LIBRARIES/liblameduck.so.0" ]
	[ -L "$LIBRARIES/liblameduck.so" ]
	pkg-config --exists lameduck
	[ -n "$(find "$ROOT" -name lameduck.3)" ]
}

@test "the shared library shows what the header declares, and nothing else" {
	local header=$ROOT/usr/local/include/lameduck.h declared shown
	declared=$(sed 's|/\*.*||' "$header" | grep -v typedef | grep -oE '\blameduck_[a-z_]+\(' | tr -d '(' | sort -u)
	shown=$(nm -D --defined-only "$LIBRARIES/liblameduck.so" | awk '$2 == "T" { sub(/@.*/, "", $3); print $3 }' | sort)
	[ "$(wc -w <<<"$declared")" -ge 30 ]
	diff <(echo "$declared") <(echo "$shown")
}

@test "the static library has no other names than its own" {
	run bash -c "nm -g --defined-only '$LIBRARIES/liblameduck.a' | awk 'NF == 3 && \$2 != \"C\" { print \$3 }' |
		grep -vE '^(lameduck_|_*asan|_*odr_asan|__ubsan|_sub_[ID]_)'"
	[ "$output" = "" ]
}

@test "only lameduck_create allocates, and nothing but libc is needed" {
	[ "$(nm -A -u "$LIBRARIES/liblameduck.a" 2>/dev/null | grep -E ' U (\w*alloc|strdup|v?asprintf)$' |
		sed 's/.*liblameduck.a:\([^:]*\):.* /\1 /')" = \
		"lameduck.c.o aligned_alloc" ]
	[ -n "$SANITIZE" ] || [[ $(readelf -d "$LIBRARIES/liblameduck.so" | grep NEEDED) == *"libc.so.6]" ]]
}

@test "an example compiles against it, shared" {
	compile cc -std=c17 -Wall -Wextra -Wno-unused-parameter -Werror "$EXAMPLES/poll.c" -o "$BATS_TEST_TMPDIR/shared"
	readelf -d "$BATS_TEST_TMPDIR/shared" | grep -q 'NEEDED.*liblameduck\.so\.0'
	serves_and_ends "$BATS_TEST_TMPDIR/shared"
}

@test "an example compiles against it, static" {
	cc "$EXAMPLES/poll.c" $(pkg-config --cflags lameduck) "$LIBRARIES/liblameduck.a" -pthread $SANITIZE \
		-o "$BATS_TEST_TMPDIR/static"
	! readelf -d "$BATS_TEST_TMPDIR/static" | grep -q liblameduck
	serves_and_ends "$BATS_TEST_TMPDIR/static"
	# What pkg-config says of a program without any shared library.
	[[ $(pkg-config --static --libs lameduck) == *-pthread* ]]
	[ -n "$SANITIZE" ] || cc -static "$EXAMPLES/poll.c" $(pkg-config --static --cflags --libs lameduck) -o "$BATS_TEST_TMPDIR/all"
	[ -n "$SANITIZE" ] || serves_and_ends "$BATS_TEST_TMPDIR/all"
}

@test "the header is plain C and plain C++" {
	cat >"$BATS_TEST_TMPDIR/life.cc" <<-'END'
		#include <lameduck.h>
		#include <cstdio>
		static void on_change(lameduck *duck, const lameduck_change *change, void *data)
		{
			(void)duck, (void)data;
			std::printf("%s\n", lameduck_state_name(change->to));
		}
		int main()
		{
			lameduck_config config;
			lameduck_config_init(&config);
			config.lame_duck_ms = 0;
			config.on_change = on_change;
			lameduck *duck = lameduck_create(&config);
			lameduck_ready(duck);
			lameduck_dispatch(duck);
			lameduck_term(duck);
			lameduck_state state = lameduck_dispatch(duck);
			lameduck_destroy(duck);
			return state != LAMEDUCK_STOPPED;
		}
	END
	compile c++ -std=c++11 -Wall -Wextra -pedantic -Werror "$BATS_TEST_TMPDIR/life.cc" -o "$BATS_TEST_TMPDIR/life"
	LD_LIBRARY_PATH=$LIBRARIES run "$BATS_TEST_TMPDIR/life"
	[ "$status" = 0 ]
	[ "$output" = $'ready\ndraining\nstopped' ]
	echo '#include <lameduck.h>' >"$BATS_TEST_TMPDIR/only.c"
	compile cc -std=c99 -Wall -Wextra -pedantic -Werror -c "$BATS_TEST_TMPDIR/only.c" -o "$BATS_TEST_TMPDIR/only.o"
}
