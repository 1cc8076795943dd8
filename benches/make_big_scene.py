#!/usr/bin/env python3
"""Makes a granule-sized scene of real pixels, and masks over it, for benches/big_scene.sh.

    python benches/make_big_scene.py ../shared/data/s2-l1c-virginia-clear FOLDER [SIDE]

FOLDER/scene.tif: SIDE x SIDE (10 980) pixels at 10 m, 13 bands, uint16, tiled 512, DEFLATE, predictor 2:
the Virginia scene (clear L1C, 1080 x 1080; its 20 m and 60 m bands resampled bilinearly) laid out as tiles,
every other one mirrored so that no seam compresses worse than real ground, with 0 to 7 DN of noise that
differs between tiles, so that repetition does not compress better than real ground either.
FOLDER/mask05.tif, mask40.tif: 5 % and 40 % cloud in discs of many sizes. Needs numpy and rasterio.
"""
import sys
from pathlib import Path

import numpy as np
import rasterio
from rasterio.enums import Resampling
from rasterio.windows import Window

BANDS = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()
LAYOUT = dict(driver="GTiff", tiled=True, blockxsize=512, blockysize=512, compress="deflate", bigtiff="if_safer")


def virginia(folder):
    bands = []
    for name in BANDS:
        with rasterio.open(folder / f"{name}.tif") as source:
            bands.append(source.read(1, out_shape=(1080, 1080), resampling=Resampling.bilinear))
            if name == "B04":
                place = dict(crs=source.crs, transform=source.transform)
    return np.stack(bands), place


def scene(folder, out, side):
    image, place = virginia(folder)
    size = image.shape[1]
    profile = dict(width=side, height=side, count=len(BANDS), dtype="uint16", interleave="band", predictor=2)
    with rasterio.open(out / "scene.tif", "w", **LAYOUT, **profile, **place, num_threads="all_cpus") as target:
        for index, name in enumerate(BANDS):
            target.set_band_description(index + 1, name)
        target.update_tags(PROCESSING_LEVEL="L1C")
        columns = [image[:, :, :: 1 if i % 2 == 0 else -1] for i in range(-(-side // size))]
        row = np.concatenate(columns, axis=2)[:, :, :side]
        for y in range(0, side, 512):
            rows = np.arange(y, min(y + 512, side))
            at = np.where(rows // size % 2 == 0, rows % size, size - 1 - rows % size)
            noise = np.random.default_rng(y).integers(0, 8, (len(BANDS), len(rows), side), dtype=np.uint16)
            target.write(row[:, at] + noise, window=Window(0, y, side, len(rows)))


def mask(path, side, cover):
    rng = np.random.default_rng(round(cover * 1000))
    codes = np.zeros((side, side), np.uint8)
    while np.count_nonzero(codes[::8, ::8]) < cover * codes[::8, ::8].size:
        radius = int(side * 10 ** rng.uniform(-2.7, -1.2))
        cx, cy = rng.integers(0, side, 2)
        x0, x1, y0, y1 = max(cx - radius, 0), min(cx + radius, side), max(cy - radius, 0), min(cy + radius, side)
        yy, xx = np.ogrid[y0:y1, x0:x1]
        codes[y0:y1, x0:x1][(xx - cx) ** 2 + (yy - cy) ** 2 < radius**2] = 1
    with rasterio.open(path, "w", **LAYOUT, width=side, height=side, count=1, dtype="uint8") as target:
        target.write(codes, 1)


def main():
    source, out = Path(sys.argv[1]), Path(sys.argv[2])
    side = int(sys.argv[3]) if len(sys.argv) > 3 else 10_980
    out.mkdir(parents=True, exist_ok=True)
    scene(source, out, side)
    mask(out / "mask05.tif", side, 0.05)
    mask(out / "mask40.tif", side, 0.40)


if __name__ == "__main__":
    main()
