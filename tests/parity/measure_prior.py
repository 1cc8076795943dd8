#!/usr/bin/env python3
"""Measures the priors of the fill, assets/prior/l1c.json and l2a.json, from clear training pixels.

    python tests/parity/measure_prior.py ../shared/data assets/prior

Needs numpy and rasterio. Scenes count the same whatever their number of patches, dates and pixels.
L1C: sen12ms-cr/train/clear (pixels that s2cloudless calls clear), s2-l1c-virginia-clear, dsen2-l1c,
eurosat-ms. L2A: bigearthnet-v1 patches that are on neither the cloud nor the snow list. `mean` is the
mean reflectance over scenes, `std` the standard deviation of a pixel: the square root of the mean over
scenes of E[x^2] minus the squared mean.
"""
import bz2
import json
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import rasterio

warnings.filterwarnings("ignore", category=rasterio.errors.NotGeoreferencedWarning)
L1C = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()
L2A = [b for b in L1C if b != "B10"]


def read(path):
    with rasterio.open(path) as source:
        return source.read().astype(np.float64) / 10_000


def moments(pixels):
    """Mean and mean square of the pixels that are not nodata."""
    pixels = pixels[pixels > 0]
    return np.array([pixels.mean(), (pixels**2).mean()])


def sen12ms(data):
    scenes = {}
    for path in sorted((data / "sen12ms-cr/train/clear").glob("*.tif")):
        scene = re.sub(r"_(p\d+|ImgNo_.*)$", "", path.stem)
        mask = read(data / "sen12ms-cr/s2cloudless/train/clear" / path.name)[1] == 0
        scenes.setdefault(scene, []).append([moments(band[mask]) for band in read(path)])
    return {scene: dict(zip(L1C, np.mean(patches, axis=0))) for scene, patches in scenes.items()}


def others(data):
    virginia = {b: moments(read(data / f"s2-l1c-virginia-clear/{b}.tif")) for b in L1C}
    scenes = {"virginia": virginia}
    orders = {10: "B04 B03 B02 B08", 20: "B05 B06 B07 B8A B11 B12", 60: "B01 B09"}
    for folder in sorted((data / "dsen2-l1c").glob("S2*")):
        scenes[folder.name] = {
            name: moments(band)
            for size, names in orders.items()
            for name, band in zip(names.split(), read(folder / f"{size}m.tif"))
        }
    order = L1C[:8] + ["B09", "B10", "B11", "B12", "B8A"]
    for path in sorted((data / "eurosat-ms").rglob("*.tif")):
        scenes[path.stem] = {name: moments(band) for name, band in zip(order, read(path))}
    return scenes


def bigearthnet(data):
    root = data / "bigearthnet-v1"
    listed = set()
    for name in ("patches_with_cloud_and_shadow", "patches_with_seasonal_snow"):
        listed |= set(bz2.open(root / f"lists/{name}.csv.bz2", "rt").read().split())
    scenes = {}
    folders = [*(root / "BigEarthNet-S2").iterdir(), *(root / "without-crs").iterdir()]
    for folder in sorted(f for f in folders if f.is_dir() and f.name not in listed):
        paths = {b: folder / f"{folder.name}_{b}.tif" for b in L2A}
        if all(path.exists() for path in paths.values()):
            scene = re.sub(r"_\d+_\d+$", "", folder.name)
            scenes.setdefault(scene, []).append([moments(read(paths[b])) for b in L2A])
    return {scene: dict(zip(L2A, np.mean(patches, axis=0))) for scene, patches in scenes.items()}


def write(path, level, bands, scenes, sources):
    means, stds = {}, {}
    for band in bands:
        mean, square = np.mean([scene[band] for scene in scenes.values() if band in scene], axis=0)
        means[band], stds[band] = round(mean, 5), round(float(np.sqrt(square - mean**2)), 5)
    prior = {"level": level, "scenes": len(scenes), "sources": sources, "mean": means, "std": stds}
    path.write_text(json.dumps(prior, indent=2) + "\n")
    print(path, len(scenes), "scenes")


def main():
    data, out = Path(sys.argv[1]), Path(sys.argv[2])
    l1c = sen12ms(data) | others(data)
    licences = ["sen12ms-cr (CC BY 4.0)", "s2-l1c-virginia-clear (CC0)", "dsen2-l1c (CC BY 4.0)", "eurosat-ms (MIT)"]
    write(out / "l1c.json", "L1C", L1C, l1c, licences)
    write(out / "l2a.json", "L2A", L2A, bigearthnet(data), ["bigearthnet-v1 (CDLA-Permissive-1.0)"])


if __name__ == "__main__":
    main()
