"""Agreement of `declouder mask` with every reference mask in the shared data, as a Markdown table.

    python tests/parity/masks.py target/release/declouder [ukis-6-band-model.onnx] [set ...]

Counts are pooled over the scenes of a set; nothing is averaged over images. `band subsets` are
copies of the same scenes with fewer bands (written with rasterio), so that every method meets the
same clouds.
"""

import glob
import json
import os
import subprocess
import sys
import tempfile

import rasterio

DATA = os.path.join(os.path.dirname(__file__), "..", "..", "..", "shared", "data")
NAMES = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()
SUBSETS = {
    13: NAMES,
    12: [name for name in NAMES if name != "B10"],
    10: [name for name in NAMES if name not in ("B01", "B09", "B10")],
    6: "B02 B03 B04 B08 B11 B12".split(),
}


def run(binary, scene, reference, method, extra):
    command = [binary, "mask", scene, "--method", method, "--against", reference, "--json", *extra]
    done = subprocess.run(command, capture_output=True, text=True)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    if done.returncode:
        raise SystemExit(f"{' '.join(command)}\n{done.stderr}")
    return lines[-1]["agreement"]


def subset(scene, bands, folder):
    with rasterio.open(scene) as source:
        profile = source.profile | {"count": len(bands)}
        path = os.path.join(folder, os.path.basename(scene))
        with rasterio.open(path, "w", **profile) as out:
            for index, name in enumerate(bands, 1):
                out.write(source.read(NAMES.index(name) + 1), index)
                out.set_band_description(index, name)
    return path


def row(title, method, results):
    cells = []
    for name in ("cloud", "shadow"):
        reference = sum(r[name]["reference"] for r in results)
        found = sum(r[name]["found"] for r in results)
        both = sum(r[name]["both"] for r in results)
        if reference == 0:
            cells += ["–"] * 3
            continue
        ratio = lambda of: f"{both / of:.3f}" if of else "–"
        cells += [ratio(reference + found - both), ratio(found), ratio(reference)]
    pixels = sum(r["pixels"] for r in results)
    print(f"| {title} | {len(results)} | {pixels / 1e6:.2f} | {method} | {' | '.join(cells)} |", flush=True)


def sen12ms():
    root = os.path.join(DATA, "sen12ms-cr")
    for name in ("train/cloudy", "train/clear", "series", "test/cloudy", "test/clear", "sar/*"):
        scenes = sorted(glob.glob(os.path.join(root, name, "*.tif")))
        scenes = [scene for scene in scenes if not scene.endswith("/s1.tif")]
        yield f"sen12ms-cr {name}", scenes, [s.replace(root, os.path.join(root, "s2cloudless")) for s in scenes]
    root = os.path.join(DATA, "betsiboka")
    yield "betsiboka", [os.path.join(root, "scene.tif")], [os.path.join(root, "s2cloudless_mask.tif")]


def main():
    binary, *rest = sys.argv[1:]
    model = next((r for r in rest if r.endswith(".onnx")), None)
    wanted = [r for r in rest if not r.endswith(".onnx")]
    chosen = lambda name: not wanted or any(name.startswith(w) for w in wanted)
    print("| set | scenes | Mpx | method | cloud IoU | precision | recall | shadow IoU | precision | recall |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for title, scenes, references in sen12ms():
        if not chosen(title):
            continue
        extra = ["--level", "L1C"] + ([] if title == "betsiboka" else ["--against-band", "2"])
        pairs = list(zip(scenes, references))
        named = ["--bands", ",".join(NAMES)] if "sar" in title else []  # no descriptions in the files
        package = ["--threshold", "0.4", "--average", "1", "--grow", "1"]
        if title == "betsiboka":  # its reference was made with the package's defaults
            extra += package
        row(title, "s2cloudless", [run(binary, s, r, "s2cloudless", extra + named + ["--no-shadow"]) for s, r in pairs])
        for count, bands in SUBSETS.items():
            with tempfile.TemporaryDirectory() as folder:
                results = [
                    run(binary, subset(s, bands, folder), r, "threshold", extra + ["--no-shadow"])
                    for s, r in pairs
                ]
            row(title, f"threshold, {count} bands", results)
    if chosen("ukis"):
        root = os.path.join(DATA, "cloud-labels", "ukis-csmask")
        extra = ["--level", "L1C", "--against-classes", "4=cloud,0=shadow"]
        for method in ["threshold"] + ([f"onnx:{model}"] if model else []):
            result = run(binary, f"{root}/scene.tif", f"{root}/labels.tif", method, extra)
            row("ukis-csmask (drawn by hand)", method.split(":")[0], [result])
    if chosen("worldcereal"):
        for place in ("424A", "C91C"):
            root = os.path.join(DATA, "worldcereal-s2ts", place)
            dates = sorted(glob.glob(f"{root}/S2_L2A_*.tif"))
            extra = ["--level", "L2A", "--against-classes", "scl"]
            scl = lambda s: s.replace("S2_L2A_", "SCL_")
            row(f"worldcereal {place} (SCL)", "threshold", [run(binary, s, scl(s), "threshold", extra) for s in dates])


main()
