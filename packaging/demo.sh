#!/usr/bin/env bash
# The demo: the window on the shipped scenes; without a display the same work on the command line,
# measured against the truth. Outputs go to demo-output/ (or $DECLOUDER_DEMO).
set -euo pipefail
cd "$(dirname "$0")/.."

program=${CARGO_TARGET_DIR:-target}/debug/declouder
scenes=assets/demo
out=${DECLOUDER_DEMO:-demo-output}

if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$program" "$scenes/betsiboka.tif" "$scenes/virginia"
fi

say() { printf '\n\033[1m%s\033[0m\n' "$1"; }
do_it() { printf '$ declouder %s\n' "$*"; "$program" --overwrite "$@"; }

mkdir -p "$out"
say "1. Virginia, clear, gets synthetic cloud, so that the truth is known"
do_it simulate "$scenes/virginia" -o "$out/virginia-cloudy/" --mask-out "$out/virginia-mask.tif" --cover 0.25 --kind mixed --seed 7

say "2. The clouds are taken out"
mkdir -p "$out/virginia"
do_it decloud "$out/virginia-cloudy" -o "$out/virginia/clean.tif" --mask "$out/virginia-mask.tif" --engine fill

say "3. Every pixel marked 0 is the source's"
do_it verify "$out/virginia-cloudy" "$out/virginia/clean.tif"

say "4. How good it is: the cloudy image, then the result, against the truth"
do_it compare "$out/virginia-cloudy" "$scenes/virginia" --mask "$out/virginia-mask.tif"
do_it compare "$out/virginia" "$scenes/virginia" --mask "$out/virginia-mask.tif"

say "5. Betsiboka, real cloud (no truth exists)"
do_it decloud "$scenes/betsiboka.tif" -o "$out/betsiboka.tif" --engine fill --level L1C
do_it verify "$scenes/betsiboka.tif" "$out/betsiboka.tif"

say "The files, for QGIS or any other GIS:"
ls -1 "$out"/*.tif "$out"/*.json "$out"/virginia/*
