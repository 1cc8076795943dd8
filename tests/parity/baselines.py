#!/usr/bin/env python3
"""Measures the baselines that need no engine of ours with independent code, and holds a report of
`declouder evaluate` against it.

The metrics are those of metrics.py (scikit-image and numpy), the feather scipy's Euclidean
distance, FillNodata rasterio's binding of GDAL, the constant is read from the shipped prior.

    pip install numpy scipy scikit-image rasterio
    declouder evaluate PAIRS --masks MASKS --mask-band 2 -o report.json
    python tests/parity/baselines.py PAIRS MASKS report.json
"""

import json
import pathlib
import sys

import numpy as np
import rasterio
from rasterio.fill import fillnodata
from scipy.ndimage import distance_transform_edt

import metrics

FEATHER = 8
BANDS = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()
PRIOR = pathlib.Path(__file__).parents[2] / "assets/prior/l1c.json"


def reflectance(path):
    with rasterio.open(path) as file:
        return (file.read().astype(float) * 1e-4).astype(np.float32)


def alpha(mask):
    """1 on the mask, falling linearly over FEATHER pixels around it, in 255ths."""
    if not mask.any():
        return np.zeros(mask.shape, np.float32)
    m = np.clip(1 - distance_transform_edt(~mask) / FEATHER, 0, 1)
    return (np.floor(m * 255 + 0.5) / 255).astype(np.float32)


def surfaces(cloudy, m):
    mean = json.loads(PRIOR.read_text())["mean"]
    constant = np.array([mean[band] for band in BANDS], np.float32)[:, None, None]
    keep = (m == 0).astype(np.uint8)
    reach = sum(m.shape)
    filled = [fillnodata(band.copy(), mask=keep, max_search_distance=reach) for band in cloudy]
    return {"input": cloudy, "constant": constant, "fillnodata": np.stack(filled)}


def main(pairs, masks, report):
    metrics.BANDS = BANDS
    images = {image["name"]: image for image in json.load(open(report))["images"]}
    worst = {}
    for path in sorted(pathlib.Path(pairs, "cloudy").glob("*.tif")):
        cloudy = reflectance(path)
        clear = np.clip(reflectance(pathlib.Path(pairs, "clear", path.name)), 0, 1).astype(float)
        with rasterio.open(pathlib.Path(masks, path.name)) as file:
            mask = file.read(2) > 0
        m = alpha(mask)
        for method, surface in surfaces(cloudy, m).items():
            made = np.where(m == 0, cloudy, (1 - m) * cloudy + m * surface)
            made = np.clip(made.astype(np.float32), 0, 1).astype(float)
            theirs = images[path.stem]["results"][method]
            regions = {None: np.ones_like(mask), "cloud": mask, "clear": ~mask}
            for region, inside in regions.items():
                found = theirs if region is None else theirs[region]
                if not inside.any():
                    assert found is None
                    continue
                ours = metrics.measures(made, clear, inside)
                if method == "input" and path.stem.endswith("39_p100"):
                    print(path.stem, region or "all", {k: float(ours[k]) for k in ("psnr", "ssim", "mae")})
                for key, value in ours.items():
                    if value is None or np.isnan(value):
                        assert found[key] is None, (path.stem, method, region, key)
                        continue
                    gap = abs(value - found[key])
                    worst[method, key] = max(worst.get((method, key), 0), gap)
    for (method, key), gap in worst.items():
        print(f"{method:<12}{key:<10}largest difference {gap:.1e}")
    if max(worst.values()) > 1e-4:
        sys.exit("the report disagrees")


if __name__ == "__main__":
    main(*sys.argv[1:4])
