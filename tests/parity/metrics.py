#!/usr/bin/env python3
"""Makes tests/parity/metrics.json: small fixed images and what independent code says of them.

PSNR and SSIM come from scikit-image, the rest from numpy written from the papers' formulas. The
Rust tests read the file and must agree to 1e-6.

    pip install numpy scikit-image
    python tests/parity/metrics.py > tests/parity/metrics.json
"""

import json
import sys

import numpy as np
from skimage.metrics import mean_squared_error, peak_signal_noise_ratio, structural_similarity

BANDS = ["B02", "B04", "B08", "B10"]
RIM = 5  # scikit-image's mean leaves out this rim: (11 - 1) // 2


def spectral_angle(x, y):
    """Kruse et al. 1993, degrees; arrays [bands, pixels]. Zero spectra are left out."""
    lengths = np.linalg.norm(x, axis=0) * np.linalg.norm(y, axis=0)
    used = lengths > 0
    cosine = (x * y).sum(0)[used] / lengths[used]
    return np.degrees(np.arccos(np.clip(cosine, -1, 1)).mean())


def ergas(x, y):
    """Wald 2000 with h/l = 1; arrays [bands, pixels], y the reference."""
    rmse = np.sqrt(((x - y) ** 2).mean(1))
    return 100 * np.sqrt(((rmse / y.mean(1)) ** 2).mean())


def ndvi(x):
    red, nir = x[BANDS.index("B04")], x[BANDS.index("B08")]
    with np.errstate(invalid="ignore"):
        return (nir - red) / (nir + red)


def ssim_map(x, y):
    _, full = structural_similarity(
        x, y, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, full=True
    )
    return full[RIM:-RIM, RIM:-RIM]


def measures(x, y, inside):
    """Images [bands, rows, columns] in 0..1, NaN where invalid; `inside` picks the region."""
    inside = inside & np.isfinite(x).all(0) & np.isfinite(y).all(0)
    core = inside[RIM:-RIM, RIM:-RIM]
    similarity = [np.nanmean(np.where(core, ssim_map(a, b), np.nan)) for a, b in zip(x, y)]
    px, py = x[:, inside], y[:, inside]
    return {
        "psnr": peak_signal_noise_ratio(py, px, data_range=1.0),
        "ssim": np.mean(similarity),
        "sam": spectral_angle(px, py),
        "mae": np.abs(px - py).mean(),
        "rmse": np.sqrt(mean_squared_error(py, px)),
        "ergas": ergas(px, py),
        "ndvi_mae": np.nanmean(np.abs(ndvi(px) - ndvi(py))),
    }


def clean(dn):
    """DN to reflectance as the program does it (f32), clipped, invalid pixels NaN in every band."""
    rho = (np.array(dn, dtype=float) * 1e-4).astype(np.float32).astype(float)
    return np.clip(rho, 0, 1)


def case(name, rng, height, width, holes):
    rows, columns = np.mgrid[0:height, 0:width]
    level = np.array([900, 1100, 2800, 40])[:, None, None]
    texture = 1 + 0.4 * np.sin(rows / 3 + columns / 5) * np.cos(columns / 4)
    reference = level * texture + rng.normal(0, 60, (4, height, width))
    distance = np.hypot(rows - height * 0.4, columns - width * 0.6)
    opacity = np.clip(1.4 - distance / (0.45 * width), 0, 1)
    image = reference + opacity * (11500 - reference) + rng.normal(0, 90, reference.shape)
    reference, image = np.round(reference), np.round(image)
    mask = np.where(opacity > 0.25, 1, 0)
    mask[(opacity == 0) & (columns < 4)] = 2
    if holes:
        image[2, 3:6, 3:6] = np.nan
        reference[0, height - 2, :] = np.nan
        mask[12, 12] = 255
    x, y = clean(image), clean(reference)
    bad = ~(np.isfinite(x).all(0) & np.isfinite(y).all(0))
    x[:, bad], y[:, bad] = np.nan, np.nan
    if not holes:
        # What scikit-image answers without any help of ours.
        plain = structural_similarity(
            x, y, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False, channel_axis=0
        )
        assert abs(plain - measures(x, y, np.ones_like(bad))["ssim"]) < 1e-12
    numbers = lambda a: [None if np.isnan(v) else int(v) for v in a.ravel()]
    return {
        "name": name,
        "width": width,
        "height": height,
        "bands": BANDS,
        "image_dn": [numbers(band) for band in image],
        "reference_dn": [numbers(band) for band in reference],
        "mask": mask.ravel().tolist(),
        "expected": {
            **measures(x, y, np.ones_like(bad)),
            "cloud": measures(x, y, (mask == 1) | (mask == 2)),
            "clear": measures(x, y, mask == 0),
        },
    }


def main():
    rng = np.random.default_rng(20240229)
    cases = [case("whole", rng, 32, 41, False), case("holes", rng, 37, 29, True)]
    json.dump({"cases": cases}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
