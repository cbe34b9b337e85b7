# SPDX-License-Identifier: Apache-2.0
# The front door. Everything real is in CMakeLists.txt, CMakePresets.json and tools/.
PREFIX ?= /usr/local
REPORTS = build/run

.PHONY: help run check test parity attack-parity autoattack-parity gate-parity bench fuzz lint format install clean
help:
	@echo "make run      build and evaluate the two models that ship with the project"
	@echo "make check    build with sanitizers and run every test"
	@echo "make bench    measure speed against other tools, side by side"
	@echo "make attack-parity  compare every attack with its reference implementation"
	@echo "make autoattack-parity  AutoAttack on 10,000 images and three seeds against the published figure (an hour)"
	@echo "make gate-parity  the gate beside other scanners, over the same hostile and harmless files"
	@echo "make fuzz     fuzz every reader for a minute each"
	@echo "make install  install to PREFIX ($(PREFIX))"

release:
	@tools/install-packages build
	cmake --preset release && cmake --build --preset release

run: release
	@tools/run-default build/release/cli/bulwark $(REPORTS)

check:
	@tools/install-packages build test
	@tools/check

bench: release
	@tools/install-packages bench
	@bench/run

attack-parity: release
	@tools/install-packages bench
	@tests/parity/attacks/run

autoattack-parity: release
	@tools/install-packages bench
	@tests/parity/attacks/run-autoattack

gate-parity: release
	@tests/parity/gate/run

fuzz:
	@tools/install-packages build test
	cmake --preset fuzz && cmake --build --preset fuzz
	@tests/fuzz/run build/fuzz 60

format:
	clang-format -i $$(git ls-files '*.c' '*.h')

install: release
	cmake --install build/release --prefix $(PREFIX)

clean:
	rm -rf build
