# The front door: everything below is Meson's work. `make` builds build/zerodrop.

BUILD := build
ASAN  := build/asan
STATIC := build/static
SRC   := $(shell find src tests fuzz bench include examples -name '*.[ch]' 2>/dev/null)

.PHONY: all setup demo test asan fuzz bench install lameduck-static format clean

all: setup $(BUILD)/build.ninja
	@ninja -C $(BUILD) --quiet src/cmd/zerodrop
	@ln -sf src/cmd/zerodrop $(BUILD)/zerodrop

setup:
	@tools/setup build

$(BUILD)/build.ninja:
	@meson setup $(BUILD) >$(BUILD)/meson.log || { cat $(BUILD)/meson.log; exit 1; }

# The edge-case catalogue: each case as people deploy it, and with its fix.
demo: all
	$(BUILD)/zerodrop rehearse

asan: setup
	@mkdir -p $(ASAN)
	@[ -e $(ASAN)/build.ninja ] || meson setup $(ASAN) --buildtype=debugoptimized -Db_sanitize=address,undefined -Db_lundef=false $(WERROR) >$(ASAN)/meson.log || { cat $(ASAN)/meson.log; exit 1; }
	@ninja -C $(ASAN) --quiet
	@ln -sf src/cmd/zerodrop $(ASAN)/zerodrop

# Units and data files, then the real program; all with ASan and UBSan.
test:
	@tools/setup test
	@$(MAKE) --no-print-directory asan
	tools/test $(ASAN)

fuzz:
	@tools/setup test
	tools/fuzz

# All of them, whatever one says of its goals.
bench: all
	@tools/setup bench
	status=0; for b in bench/*/run; do $$b || status=1; done; exit $$status

# The helper for any image: one static file without libraries, from musl.
lameduck-static:
	@tools/setup static
	@[ -e $(STATIC)/build.ninja ] || CC=musl-gcc meson setup $(STATIC) --buildtype=minsize -Donly_helper=true \
		-Dc_args='-idirafter /usr/include -idirafter /usr/include/$(shell gcc -print-multiarch) -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables' \
		-Dc_link_args='-static -s -Wl,--gc-sections -Wl,-z,noseparate-code' >$(BUILD)/static.log || { cat $(BUILD)/static.log; exit 1; }
	@ninja -C $(STATIC) --quiet src/helper/lameduck
	@ln -sf static/src/helper/lameduck $(BUILD)/lameduck-static

install: all
	@ninja -C $(BUILD) --quiet # the man pages too
	@DESTDIR=$(DESTDIR) meson install -C $(BUILD) --no-rebuild --quiet

format:
	clang-format -i $(SRC)

clean:
	rm -rf $(BUILD)
