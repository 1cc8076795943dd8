#!/usr/bin/env bash
# Installs the system packages that building and running need, where they are missing (Debian, Ubuntu).
set -euo pipefail

packages=(build-essential pkg-config libgdal-dev libvulkan1 mesa-vulkan-drivers libxkbcommon-x11-0 libwayland-client0 ca-certificates)
missing=()
for package in "${packages[@]}"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
done

if [ ${#missing[@]} -gt 0 ]; then
    if ! command -v apt-get >/dev/null; then
        echo "setup: please install these packages with your system's package manager: ${missing[*]}" >&2
        exit 1
    fi
    as_root=()
    [ "$(id -u)" = 0 ] || as_root=(sudo)
    echo "setup: installing ${missing[*]}"
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

if ! command -v cargo >/dev/null; then
    echo "setup: Rust is missing; install it from https://rustup.rs (version 1.95 or newer), then run make again" >&2
    exit 1
fi
