#!/usr/bin/env bash
# What CI checks: formatting, lints, tests, licences and sources of the dependencies, spelling.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=${DECLOUDER_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/declouder/tools}
typos_version=1.52.0
deny_version=0.20.2

# Property tests draw the same cases in every check, so that a check that failed fails again; `cargo test` by itself draws others.
export PROPTEST_RNG_SEED="${PROPTEST_RNG_SEED:-20261130}"
# Tests open graphics adapters, whose drivers complain of a missing folder for every one.
if [ -z "${XDG_RUNTIME_DIR:-}" ]; then
    XDG_RUNTIME_DIR=$(mktemp -d)
    export XDG_RUNTIME_DIR
    trap 'rm -rf "$XDG_RUNTIME_DIR"' EXIT
fi

step() { printf '\n== %s\n' "$1"; }

# The wheel holds the same program as the crate and spares its compilation.
install_typos() {
    python3 -m venv "$tools" >/dev/null 2>&1 && "$tools/bin/pip" install -q "typos==$typos_version" ||
        cargo install --locked --root "$tools" "typos-cli@$typos_version"
}

# Unoptimised: it runs for seconds and would compile for many minutes.
install_deny() {
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 \
        cargo install --locked --force --root "$tools" "cargo-deny@$deny_version"
}

step "formatting"
cargo fmt --check

step "lints"
cargo clippy --locked --all-targets -- -D warnings

step "lints without GDAL and without the window"
cargo clippy --locked --no-default-features --lib --bins -- -D warnings

step "tests"
cargo test --locked

step "licences, bans and sources of the dependencies"
"$tools/bin/cargo-deny" --version 2>/dev/null | grep -qF "$deny_version" || install_deny
"$tools/bin/cargo-deny" --all-features check --hide-inclusion-graph bans licenses sources

step "spelling"
"$tools/bin/typos" --version 2>/dev/null | grep -qF "$typos_version" || install_typos
"$tools/bin/typos"
