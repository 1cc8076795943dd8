#!/usr/bin/env python3
"""Makes tests/parity/distribution.json: small fixed sets of points and what independent code says of them.

FD comes from scipy (`sqrtm`) and torchmetrics, KID from torchmetrics, precision, recall, density and coverage
from prdc (the authors' package), the projection from scikit-learn. The Rust tests read the file.

    pip install numpy scipy scikit-learn torch torchmetrics prdc
    python tests/parity/distribution.py > tests/parity/distribution.json
"""

import contextlib
import io
import json
import sys

import numpy as np
import scipy.linalg
import torch
from prdc import compute_prdc
from sklearn.decomposition import PCA
from torchmetrics.image.fid import _compute_fid
from torchmetrics.image.kid import poly_mmd

K = 5


def fd_scipy(x, y):
    product = np.cov(x.T) @ np.cov(y.T)
    trace = np.trace(scipy.linalg.sqrtm(product)).real
    return ((x.mean(0) - y.mean(0)) ** 2).sum() + np.trace(np.cov(x.T)) + np.trace(np.cov(y.T)) - 2 * trace


def fd_torchmetrics(x, y):
    numbers = [torch.tensor(a) for a in (x.mean(0), np.cov(x.T), y.mean(0), np.cov(y.T))]
    return float(_compute_fid(*numbers))


def kid(x, y):
    """torchmetrics where the sets have one size, which it takes for granted; else numpy, from the paper."""
    d = x.shape[1]
    k = lambda a, b: (a @ b.T / d + 1) ** 3
    off = lambda a: (k(a, a).sum() - np.trace(k(a, a))) / (len(a) * (len(a) - 1))
    value = off(x) + off(y) - 2 * k(x, y).mean()
    if len(x) == len(y):
        theirs = float(poly_mmd(torch.tensor(x), torch.tensor(y), degree=3, gamma=None, coef=1.0))
        assert abs(theirs - value) < 1e-9 * max(1, abs(value)), (theirs, value)
        return theirs
    return value


def prdc(x, y):
    with contextlib.redirect_stdout(io.StringIO()):
        return {name: float(value) for name, value in compute_prdc(x, y, K).items()}


def points(rng, n, d, shift, scale):
    mix = rng.normal(size=(d, d)) / np.sqrt(d)
    return np.round((rng.normal(size=(n, d)) @ mix) * scale + shift, 4)


def case(name, x, y):
    return {
        "name": name,
        "dimension": x.shape[1],
        "real": x.ravel().tolist(),
        "made": y.ravel().tolist(),
        "fd_scipy": fd_scipy(x, y),
        "fd_torchmetrics": fd_torchmetrics(x, y),
        "kid": kid(x, y),
        **prdc(x, y),
    }


def projection(rng):
    """Standardised by n - 1, then scikit-learn's principal components; made points only pass through."""
    scale = np.array([1, 10, 0.1, 3, 2, 0.5, 1])
    real = points(rng, 40, 7, 2.0, scale)
    made = points(rng, 12, 7, 2.5, scale)
    mean, deviation = real.mean(0), real.std(0, ddof=1)
    standard = lambda x: (x - mean) / deviation
    pca = PCA(n_components=4, svd_solver="full").fit(standard(real))
    return {
        "features": 7,
        "real": real.ravel().tolist(),
        "made": made.ravel().tolist(),
        "deviations": np.sqrt(pca.explained_variance_).tolist(),
        "explained": pca.explained_variance_ratio_.sum(),
        "coordinates": np.abs(pca.transform(standard(made))).ravel().tolist(),
    }


def main():
    rng = np.random.default_rng(20241124)
    cases = [
        case("near", points(rng, 60, 5, 0.0, 1.0), points(rng, 60, 5, 0.3, 1.2)),
        case("far", points(rng, 48, 8, 0.0, 1.0), points(rng, 31, 8, 1.5, 0.4)),
    ]
    few = points(rng, 4, 6, 0.0, 1.0)
    real = points(rng, 50, 6, 0.0, 1.0)
    cases.append(case("collapsed", real, np.round(np.repeat(few, 12, 0) + rng.normal(0, 0.01, (48, 6)), 4)))
    json.dump({"cases": cases, "projection": projection(rng)}, sys.stdout, separators=(",", ":"))
    print()


if __name__ == "__main__":
    main()
