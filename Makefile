# make run    the demo: the window, or without a display the command line
# make test   everything CI checks
# Both install what a fresh Debian machine lacks (as root, or through sudo) and build.

.DEFAULT_GOAL := help
.PHONY: help run test build setup install clean

help:
	@echo "make run    open the demo scene (without a display: decloud it on the command line)"
	@echo "make test   lint and test"
	@echo "make install   build with full optimisation into ~/.cargo/bin"

setup:
	@packaging/setup.sh

build: setup
	cargo build --locked

run: build
	@packaging/demo.sh

test: setup
	@packaging/check.sh

install: setup
	cargo install --locked --path .

clean:
	cargo clean
