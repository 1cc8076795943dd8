#!/bin/bash
# Time and memory of a granule-sized scene against GDAL copying the same file with the same creation options.
#
#   benches/big_scene.sh DECLOUDER FOLDER [ROUNDS]
#
# FOLDER comes from benches/make_big_scene.py. Prints, in turns so that a busy machine slows both alike: seconds,
# peak resident memory, processor seconds, and the ratio. GDAL is measured three ways: gdal_translate alone, with
# the overviews that the export has too (gdaladdo), and both with all cores.
set -eu
declouder=$1
folder=$2
rounds=${3:-2}
out=$(mktemp -d "$folder/bench.XXXXXX")
trap 'rm -rf "$out"' EXIT
options=(-q -co TILED=YES -co BLOCKXSIZE=512 -co BLOCKYSIZE=512 -co COMPRESS=DEFLATE -co PREDICTOR=2
    -co INTERLEAVE=BAND -co BIGTIFF=IF_SAFER)
overviews=(-q -r average --config COMPRESS_OVERVIEW DEFLATE --config PREDICTOR_OVERVIEW 2
    --config INTERLEAVE_OVERVIEW BAND --config GDAL_TIFF_OVR_BLOCKSIZE 512)

# measure NAME COMMAND...: appends "seconds peak_KiB cpu_seconds" to $out/NAME.
measure() {
    local name=$1
    shift
    sync
    python3 - "$out/$name" "$@" <<'PY'
import os, resource, subprocess, sys, time
start = time.monotonic()
subprocess.run(sys.argv[2:], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
line = f"{time.monotonic() - start:.1f} {used.ru_maxrss} {used.ru_utime + used.ru_stime:.1f}"
print(f"{os.path.basename(sys.argv[1]):18} {line.split()[0]:>7} s  peak {used.ru_maxrss // 1024:5} MiB  cpu {line.split()[2]:>7} s", flush=True)
open(sys.argv[1], "a").write(line + "\n")
PY
}

for _ in $(seq "$rounds"); do
    rm -f "$out"/*.tif
    measure translate gdal_translate "${options[@]}" "$folder/scene.tif" "$out/copy.tif"
    measure addo gdaladdo "${overviews[@]}" "$out/copy.tif"
    rm -f "$out"/*.tif
    measure translate-threads gdal_translate "${options[@]}" -co NUM_THREADS=ALL_CPUS "$folder/scene.tif" "$out/copy.tif"
    rm -f "$out"/*.tif
    for cover in 05 40; do
        measure "declouder-$cover" "$declouder" decloud "$folder/scene.tif" --mask "$folder/mask$cover.tif" \
            -o "$out/result.tif" --quiet --overwrite
        rm -f "$out"/*.tif
    done
done
awk 'FNR == 1 { n = split(FILENAME, parts, "/"); name = parts[n] }
     { time[name] += $1; if ($2 > peak[name]) peak[name] = $2; cpu[name] += $3; count[name]++ }
     END {
         for (name in time) if (name ~ /declouder/)
             printf "%s: %.2f x translate, %.2f x translate+addo, %.2f x translate with all cores; peak %d MiB; %.2f cores busy\n",
                 name, time[name] / time["translate"], time[name] / (time["translate"] + time["addo"]),
                 time[name] / time["translate-threads"], peak[name] / 1024, cpu[name] / time[name]
     }' "$out"/translate "$out"/addo "$out"/translate-threads "$out"/declouder-*
