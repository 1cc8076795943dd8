#!/usr/bin/env python3
"""Compares simulated clouds with real ones; prints the table of docs/simulate.md.

    python tests/parity/compare_clouds.py target/debug/declouder ../shared/data/sen12ms-cr WORK_FOLDER

Real: the partly cloudy scenes of `train` and `series` that measure_clouds.py uses. Simulated: clear
patches of `train/clear` under thick, thin and mixed cloud. Detection by s2cloudless 1.7.
"""
import glob
import os
import subprocess
import sys

import numpy as np
import rasterio
from s2cloudless import S2PixelCloudDetector
from scipy import ndimage

import measure_clouds as real

BANDS = real.BANDS
VISIBLE = real.VISIBLE


def read(path):
    with rasterio.open(path) as d:
        return d.read().astype("f8") / 1e4


def simulate(program, root, work):
    clear = [f for f in sorted(glob.glob(root + "/train/clear/*.tif"))
             if (real.Data(root).probability("train/clear/" + os.path.basename(f)) > 0.5).mean() < 0.03
             # Over snow the detector says nothing about cloud.
             and not (np.median(read(f)[2]) > 0.35 and np.median(read(f)[11]) < 0.15)]
    out = []
    for i, path in enumerate(clear[:24]):
        for kind in ("thick", "thin", "mixed"):
            name = f"{work}/{i:02d}_{kind}"
            subprocess.run([program, "simulate", path, "-o", name + ".tif", "--mask-out", name + "_mask.tif", "--cover",
                            str(0.25 + 0.05 * (i % 9)), "--kind", kind, "--seed", str(i), "--overwrite", "--quiet"],
                           check=True, stdout=subprocess.DEVNULL)
            out.append((kind, read(path), read(name + ".tif"), rasterio.open(name + "_mask.tif").read(1)))
    return out


def describe(name, pixels):
    vis = pixels[VISIBLE].mean(0)
    print(f"| {name} | " + " | ".join(f"{np.percentile(pixels[b], 10):.2f} {np.median(pixels[b]):.2f} {np.percentile(pixels[b], 90):.2f}"
                                      for b in (1, 3, 8, 10, 11, 12)) + f" | {vis.std():.3f} |")


def correlation(pixels):
    pairs = [(1, 3), (3, 8), (8, 11), (11, 12), (1, 10)]
    c = np.corrcoef(pixels)
    return " ".join(f"{BANDS[a]}-{BANDS[b]} {c[a, b]:.2f}" for a, b in pairs)


def profile(e, inside):
    d = ndimage.distance_transform_edt(inside)
    return [np.median(e[(d >= r) & (d < r + 1)]) if ((d >= r) & (d < r + 1)).sum() > 5 else np.nan for r in range(1, 26)]


def slope(e):
    win = np.hanning(256)[:, None] * np.hanning(256)[None]
    power = np.abs(np.fft.fftshift(np.fft.fft2((e - e.mean()) * win))) ** 2
    yy, xx = np.indices((256, 256)) - 128
    radial = ndimage.mean(power, np.hypot(xx, yy).astype(int), np.arange(1, 100))
    f = np.arange(1, 100)
    q = (f >= 4) & (f <= 50)
    return np.polyfit(np.log(f[q]), np.log(radial[q]), 1)[0]


def main(program, root, work):
    os.makedirs(work, exist_ok=True)
    data = real.Data(root)
    made = simulate(program, root, work)
    detector = S2PixelCloudDetector(threshold=0.5, average_over=4, dilation_size=2, all_bands=True)
    print("| cloud pixels | B02 | B04 | B8A | B10 | B11 | B12 | std of visible |\n|---|---|---|---|---|---|---|---|")
    pool = [data.read(p)[:, data.probability(p) > 0.5] for p in data.everything()]
    pool = [p[:, :: max(1, p.shape[1] // 3000)] for p in pool if p.shape[1] > 1500]
    everything_real = np.concatenate(pool, 1)
    describe("real, detected", everything_real)
    # The same detector chooses on both sides, so that like is compared with like.
    chosen = {}
    for kind, x, y, m in made:
        p = detector.get_cloud_probability_maps(y.transpose(1, 2, 0)[None])[0]
        chosen.setdefault(kind, []).append((x, y, m, p))
    for kind, items in chosen.items():
        describe("simulated " + kind + ", detected", np.concatenate([y[:, p > 0.5] for _, y, _, p in items], 1))
    print("\ncorrelation, real:     ", correlation(everything_real))
    for kind, items in chosen.items():
        print(f"correlation, {kind:9s}:", correlation(np.concatenate([y[:, p > 0.5] for _, y, _, p in items], 1)))
    print("\n| kind | truth cloud, excess > 0.3: detected | excess 0.1–0.3 | excess < 0.1 | clear called cloud |\n|---|---|---|---|---|")
    for kind, items in chosen.items():
        hits = {k: [] for k in ("deep", "mid", "faint", "none")}
        for x, y, m, p in items:
            e = (y - x)[VISIBLE].mean(0) / (0.72 - x[VISIBLE].mean(0))
            mask = p > 0.5
            for key, q in (("deep", (m == 1) & (e > 0.3)), ("mid", (m == 1) & (e > 0.1) & (e <= 0.3)),
                           ("faint", (m == 1) & (e <= 0.1)), ("none", (m == 0) & ~ndimage.binary_dilation(m == 1, iterations=6))):
                hits[key].append(mask[q])
        print(f"| {kind} | " + " | ".join(f"{100 * np.concatenate(hits[k]).mean():.1f} % of {np.concatenate(hits[k]).size}" if np.concatenate(hits[k]).size else "–"
                                        for k in ("deep", "mid", "faint", "none")) + " |")
    rows, slopes = [], []
    for x, y, m, p in chosen["thick"]:
        c = np.percentile(y[VISIBLE].mean(0), 99.5)
        g = np.median(x[VISIBLE].mean(0))
        e = (y[VISIBLE].mean(0) - ndimage.gaussian_filter(x[VISIBLE].mean(0), 8)) / (c - g)
        inside = ndimage.binary_opening(ndimage.uniform_filter(e, 3) > 0.08, iterations=2)
        inside &= ndimage.binary_dilation(p > 0.4, iterations=6)
        d = ndimage.distance_transform_edt(inside)
        if (d > 15).sum() > 300:
            rows.append(profile(e, inside))
        slopes.append(slope(e))
    sim = np.nanmedian(rows, 0)
    print("\nedge, px from the outline:", [1, 2, 3, 5, 8, 12, 20])
    import json
    ref = json.load(open(os.path.join(os.path.dirname(__file__), "../../assets/simulate/clouds.json")))
    print("real     ", [ref["edges"]["median_excess"][i - 1] for i in (1, 2, 3, 5, 8, 12, 20)])
    print("simulated", [round(float(sim[i - 1]), 3) for i in (1, 2, 3, 5, 8, 12, 20)], f"({len(rows)} scenes)")
    print("power slope real", ref["edges"]["power_slope_thick"], "simulated", round(float(np.median(slopes)), 2))


if __name__ == "__main__":
    main(*sys.argv[1:4])
