#!/usr/bin/env python3
"""Measures real clouds for `declouder simulate` and writes assets/simulate/clouds.json.

    python tests/parity/measure_clouds.py ../shared/data/sen12ms-cr assets/simulate/clouds.json

Needs numpy, scipy, scikit-learn and rasterio. Reads only `train` and `series` of SEN12MS-CR
(CC BY 4.0, contains modified Copernicus Sentinel data): never `test` or `sar`. docs/simulate.md
explains the model whose constants these are:

    x' = t·x + (1 − e − t)·x̄ + e·c      t = exp(−k_b τ),  e = β_b τ / (1 + β_b τ)
"""
import glob
import json
import math
import os
import sys

import numpy as np
import rasterio
from numpy.lib.stride_tricks import sliding_window_view
from scipy import ndimage
from sklearn.cluster import KMeans

BANDS = "B01 B02 B03 B04 B05 B06 B07 B08 B8A B09 B10 B11 B12".split()
VISIBLE = [1, 2, 3]
NIR = 8
# A partly or thinly cloudy date, the nearest clear date, and a second clear date: what contrast
# a change of date alone costs.
PAIRS = [("01-06", "02-10", "04-26"), ("01-21", "02-10", "04-26"), ("02-25", "02-10", "04-26"),
         ("03-07", "02-10", "04-26"), ("03-22", "02-10", "04-26"), ("07-05", "06-25", "07-20"),
         ("09-18", "09-28", "09-03"), ("12-07", "10-23", "11-12")]
ICE = {"01-06", "03-22", "12-07"}       # B10 says: high, thin
CUMULUS = ["03-07", "07-05", "09-18"]   # sharp, with shadows
FLOOR = 0.02                            # excess under which nobody sees a cloud
OUTLINE = 0.003                         # excess on a simulated cloud's outline


class Data:
    def __init__(self, root):
        self.root = root
        self.dates = {f.split("_2018-")[1][:5]: f
                      for f in os.listdir(root + "/series") if f.endswith(".tif")}

    def read(self, path):
        with rasterio.open(f"{self.root}/{path}") as d:
            return d.read().astype("f8") / 1e4

    def probability(self, path):
        with rasterio.open(f"{self.root}/s2cloudless/{path}") as d:
            return d.read(1).astype("f8") / 100

    def date(self, key):
        return self.read("series/" + self.dates[key]), self.probability("series/" + self.dates[key])

    def cloudy(self):
        return sorted("train/cloudy/" + os.path.basename(f) for f in glob.glob(self.root + "/train/cloudy/*.tif"))

    def everything(self):
        return self.cloudy() + ["series/" + f for f in self.dates.values()]


def round_list(values, digits=4):
    return np.round(np.asarray(values, dtype="f8"), digits).tolist()


def thick_spectra(data, rng):
    """Clusters of log-reflectance spectra of bright pixels that s2cloudless is sure of. Scenes count
    alike, whatever their number of pixels; within-cluster covariance is kept as three axes."""
    rows, weights, origin = [], [], []
    for path in data.everything():
        a, p = data.read(path), data.probability(path)
        sure = ndimage.binary_erosion((p > 0.95) & (a[VISIBLE].mean(0) > 0.35), iterations=3)
        pixels = a[:, sure].T
        if len(pixels) < 200:
            continue
        # The brighter part: where the cloud is as thick as it gets in this scene. The rest is the same
        # cloud, thinner, and is what the distribution of e describes.
        bright = pixels[:, VISIBLE].mean(1)
        pixels = pixels[bright >= np.percentile(bright, 60)]
        pick = pixels[rng.choice(len(pixels), min(len(pixels), 1500), replace=False)]
        rows.append(pick)
        # The dozen patches of scene 136 are one scene.
        weights.append(np.full(len(pick), (1 / 11 if "_136_" in path else 1.0) / len(pick)))
        origin.append(os.path.basename(path))
    x, w = np.concatenate(rows), np.concatenate(weights)
    logs = np.log(np.maximum(x, 1e-4))
    scaled = logs * np.where(np.array(BANDS) == "B10", 0.35, 1.0)  # B10 spans two decades
    labels = KMeans(5, n_init=10, random_state=0).fit_predict(scaled, sample_weight=w)
    clusters = []
    for k in range(5):
        inside = labels == k
        ww = w[inside] / w[inside].sum()
        mean = (ww[:, None] * logs[inside]).sum(0)
        centred = logs[inside] - mean
        cov = (centred * ww[:, None]).T @ centred
        values, vectors = np.linalg.eigh(cov)
        axes = (vectors[:, ::-1][:, :3] * np.sqrt(values[::-1][:3])).T
        axes *= np.sign(axes.sum(1, keepdims=True))
        clusters.append({
            "weight": round(float(w[inside].sum() / w.sum()), 3), "pixels": int(inside.sum()),
            "scenes": len({o for o, r in zip(origin, np.split(inside, np.cumsum([len(r) for r in rows])[:-1])) if r.any()}),
            "log_mean": round_list(mean), "log_axes": [round_list(a) for a in axes],
            "explained": round(float(values[::-1][:3].sum() / values.sum()), 3),
            "reflectance_p05_p50_p95": [round_list(np.percentile(x[inside], q, axis=0), 3) for q in (5, 50, 95)]})
    clusters.sort(key=lambda c: c["log_mean"][10])
    for c in clusters:
        r = np.exp(np.array(c["log_mean"]))
        kind = "high ice" if r[10] > 0.1 else "deep" if r[10] > 0.02 else "low water"
        c["name"] = ("bright " if r[VISIBLE].mean() > 0.6 else "grey ") + kind
    return clusters, len(x)


def windows(a, size=32, step=16):
    return sliding_window_view(a, (size, size), axis=(1, 2))[:, ::step, ::step].reshape(a.shape[0], -1, size * size)


def slope_and_r(x, y):
    x, y = x - x.mean(2, keepdims=True), y - y.mean(2, keepdims=True)
    cov, vx, vy = (x * y).sum(2), (x * x).sum(2), (y * y).sum(2)
    return cov / vx, cov / np.sqrt(vx * vy)


def transmittance(data, c_low, c_ice):
    """Per 32 × 32 window of a cloudy/clear pair: image-forming transmittance t_b (slope of cloudy on
    clear, over the slope between two clear dates) and excess e_b = (ȳ − x̄)/(c − x̄)."""
    t_all, e_all, ice, low = [], [], [], []
    for cloudy, clear, second in PAIRS:
        (y, p), (x, _), (x2, _) = data.date(cloudy), data.date(clear), data.date(second)
        c = c_ice if cloudy in ICE else c_low
        if cloudy in CUMULUS:  # its own cores are the limit
            bright = y[VISIBLE].mean(0)
            c = np.median(y[:, bright >= np.percentile(bright, 98.5)], axis=1)
        wy, wx, w2 = windows(y), windows(x), windows(x2)
        wp = windows(p[None])[0]
        s, _ = slope_and_r(wx, wy)
        s0, r0 = slope_and_r(wx, w2)
        e = (wy.mean(2) - wx.mean(2)) / (c[:, None] - wx.mean(2))
        even = wp.std(1) < 0.3
        good = even & (r0[[1, 2, 3, 8, 11]].min(0) > 0.5) & (s0[[1, 2, 3, 8, 11]].min(0) > 0.3)
        t_all.append((s / np.clip(s0, 0.3, None))[:, good])
        e_all.append(e[:, good])
        ice.append(np.full(good.sum(), cloudy in ICE))
        low.append(np.full(good.sum(), cloudy in CUMULUS))
    return np.concatenate(t_all, 1), np.concatenate(e_all, 1), np.concatenate(ice), np.concatenate(low)


def fit_transmittance(t, e, ice, low, rng):
    ev, tv = e[VISIBLE].mean(0), t[VISIBLE].mean(0)
    # Above e = 0.14 the slope follows the cloud's own texture, not the ground.
    usable = (ev > 0.02) & (ev < 0.14) & (tv > 0.05)
    odds = ev / (1 - ev)

    def fits(idx):
        # Least absolute deviations through the origin: τ = −ln t_visible, e/(1−e) = βτ.
        tau = -np.log(np.clip(tv[idx], 0.05, 1.0))
        beta = weighted_median(odds[idx] / np.maximum(tau, 0.05), tau)
        depth = odds[idx] / beta                      # τ as the excess says it, free of the slope's noise
        k = [weighted_median(-np.log(np.clip(t[b][idx], 0.02, 1.5)) / depth, depth) for b in range(13)]
        return beta, np.array(k)

    idx = np.flatnonzero(usable)
    beta, k = fits(idx)
    # The slopes at deep windows ask for less contrast loss than those at thin ones (a window partly
    # covered lets its gaps through): β is set so that visible k is 1 over both.
    beta_thin, beta = beta, beta / k[VISIBLE].mean()
    boot = [fits(rng.choice(idx, len(idx))) for _ in range(200)]
    depth = odds[idx] / beta
    residual = np.log(np.clip(tv[idx], 0.05, 1.5)) + depth
    # Excess by band against the visible one, apart for low water and high ice cloud.
    ratio = {}
    for name, q in (("low", low & (ev > 0.1) & (ev < 0.5)), ("ice", usable & ice)):
        o, ob = odds[q], np.clip(e[:, q], -0.5, 0.95)
        ratio[name] = np.array([weighted_median(r, o) for r in ob / (1 - ob) / o])
    table = [{"excess": [lo, hi], "windows": int(((ev >= lo) & (ev < hi)).sum()),
              "visible_t_measured": round(float(np.median(tv[(ev >= lo) & (ev < hi)])), 3),
              "visible_t_model": round(float(np.exp(-np.median(odds[(ev >= lo) & (ev < hi)]) / beta)), 3)}
             for lo, hi in [(0.02, 0.04), (0.04, 0.08), (0.08, 0.14), (0.14, 0.25), (0.25, 0.5)]]
    return (beta, beta_thin), k, boot, ratio, table, len(idx), float(np.median(np.abs(residual)))


def weighted_median(values, weights):
    order = np.argsort(values)
    total = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(total, total[-1] / 2)])


WAVELENGTH = np.array([442.7, 492.4, 559.8, 664.6, 704.1, 740.5, 782.8, 832.8, 864.7, 945.1, 1373.5, 1613.7, 2202.4])
# Bands at 10 and 20 m outside the vapour bands: what slopes and excesses can be trusted for.
FITTED = [1, 2, 3, 4, 5, 6, 7, 8, 11, 12]


def power_law(values):
    """Exponent a of (λ / 560 nm)^−a through the fitted bands: median of the pairs' slopes (Theil and Sen)."""
    x, y = np.log(WAVELENGTH[FITTED] / 560), np.log(np.maximum(values[FITTED], 1e-3))
    slopes = [(y[j] - y[i]) / (x[j] - x[i]) for i in range(len(x)) for j in range(i) if abs(x[j] - x[i]) > 0.15]
    return max(0.0, -float(np.median(slopes)))


def excess_fields(data):
    """Visible excess of partly cloudy scenes. Ground: the clear date, or the median of clear pixels."""
    fields = {"thick": [], "thin": []}
    for cloudy, clear, _ in PAIRS:
        (y, p), (x, _) = data.date(cloudy), data.date(clear)
        y, x = y[VISIBLE].mean(0), x[VISIBLE].mean(0)
        kind = "thick" if cloudy in CUMULUS else "thin"
        c = np.percentile(y, 99.5) if kind == "thick" else 0.72
        g = ndimage.gaussian_filter(x, 8)
        drift = np.median((y - x)[p < 0.1]) if (p < 0.1).sum() > 500 else 0.0
        fields[kind].append((cloudy, (y - np.where(p > 0.5, g, x) - min(drift, 0.03)) / (c - g), p))
    for path in data.cloudy():
        a, p = data.read(path), data.probability(path)
        y = a[VISIBLE].mean(0)
        ground = p < 0.1
        if (p > 0.5).mean() < 0.05 or ground.mean() < 0.03:
            continue
        g = np.median(y[ground])
        fields["thick"].append((os.path.basename(path)[-12:-4], (y - g) / (np.percentile(y, 99.5) - g), p))
    return fields


def distribution(fields):
    """Excess inside cloud (over the floor, joined to pixels the detector calls cloud): quantiles, scenes alike."""
    out = {}
    for kind, items in fields.items():
        grid = np.linspace(0, 1, 33)
        rows = []
        for _, e, p in items:
            smooth = ndimage.uniform_filter(e, 3)
            reach = ndimage.binary_dilation(p > 0.4, iterations=12)
            inside = (smooth > FLOOR + (0.03 if kind == "thick" else 0.0)) & reach
            if inside.sum() > 1500:
                rows.append(np.quantile(np.clip(smooth[inside], FLOOR, 1.0), grid))
        # The outline itself: nobody sees it, and the field has to begin somewhere.
        rows = [np.concatenate([[OUTLINE], r[1:]]) for r in rows]
        # Scenes differ more than pixels do: the shallow, the middle and the deep one.
        out[kind] = {"quantiles": [round_list(np.percentile(rows, q, axis=0), 4) for q in (15, 50, 85)], "scenes": len(rows)}
    return out


def edges_and_spectrum(fields):
    """How far from the cloud's outline the excess has risen to half its core, and the slope of its power spectrum."""
    profile, slopes = [], {"thick": [], "thin": []}
    for kind, items in fields.items():
        for _, e, p in items:
            if kind == "thick":
                inside = ndimage.binary_opening(ndimage.uniform_filter(e, 3) > 0.08, iterations=2)
                inside &= ndimage.binary_dilation(p > 0.4, iterations=6)
                d = ndimage.distance_transform_edt(inside)
                if (d > 15).sum() > 300:
                    profile.append([np.median(e[(d >= r) & (d < r + 1)]) if ((d >= r) & (d < r + 1)).any() else np.nan
                                    for r in range(1, 26)])
            if (p > 0.5).mean() < 0.15:
                continue
            s = e - e.mean()
            win = np.hanning(256)[:, None] * np.hanning(256)[None]
            power = np.abs(np.fft.fftshift(np.fft.fft2(s * win))) ** 2
            yy, xx = np.indices((256, 256)) - 128
            r = np.hypot(xx, yy).astype(int)
            radial = ndimage.mean(power, r, np.arange(1, 100))
            f = np.arange(1, 100)
            q = (f >= 4) & (f <= 50)  # 640 m to 51 m
            slopes[kind].append(np.polyfit(np.log(f[q]), np.log(radial[q]), 1)[0])
    scenes, profile = len(profile), np.nanmedian(profile, 0)
    return {"distance_px": list(range(1, 26)), "median_excess": round_list(profile, 3), "scenes": scenes,
            "power_slope_thick": {"median": round(float(np.median(slopes["thick"])), 2), "iqr": round_list(np.percentile(slopes["thick"], [25, 75]), 2)},
            "power_slope_thin": {"median": round(float(np.median(slopes["thin"])), 2), "iqr": round_list(np.percentile(slopes["thin"], [25, 75]), 2)}}


def path_radiance(data):
    """Darkest 0.1 % of all clear training pixels by band: what the air alone gives (L1C)."""
    rows = [data.read("train/clear/" + os.path.basename(f)).reshape(13, -1) for f in glob.glob(data.root + "/train/clear/*.tif")]
    return np.percentile(np.concatenate(rows, 1), 0.1, axis=1), len(rows)


def sun_zenith(month, day, lat=41.9, lon=12.6, hour=10.0):
    """Spencer's declination and equation of time; 10:00 UTC is Sentinel-2's pass over Rome."""
    n = (np.datetime64(f"2018-{month:02d}-{day:02d}") - np.datetime64("2018-01-01")).astype(int)
    g = 2 * math.pi * n / 365
    dec = (0.006918 - 0.399912 * math.cos(g) + 0.070257 * math.sin(g) - 0.006758 * math.cos(2 * g) + 0.000907 * math.sin(2 * g))
    eot = 229.18 * (0.000075 + 0.001868 * math.cos(g) - 0.032077 * math.sin(g) - 0.014615 * math.cos(2 * g) - 0.040849 * math.sin(2 * g))
    ha = math.radians((hour * 60 + eot + 4 * lon) / 4 - 180)
    la = math.radians(lat)
    zen = math.acos(math.sin(la) * math.sin(dec) + math.cos(la) * math.cos(dec) * math.cos(ha))
    az = math.degrees(math.atan2(-math.sin(ha), math.tan(dec) * math.cos(la) - math.sin(la) * math.cos(ha))) % 360
    return math.degrees(zen), az


def shadows(data, air):
    """Shadow over lit ground, air taken off, at the darkest fifth of the shadow; and how far it lies from its cloud."""
    rows, moves = [], []
    for cloudy, clear, _ in [p for p in PAIRS if p[0] in CUMULUS]:
        (y, p), (x, _) = data.date(cloudy), data.date(clear)
        sm = lambda a: ndimage.uniform_filter(a, (0, 5, 5))
        ys, xs = sm(y) - air[:, None, None], sm(x) - air[:, None, None]
        clear_here = ~ndimage.binary_dilation(p > 0.3, iterations=4)
        lit = clear_here & (xs[NIR] > 0.1)
        drift = np.array([np.median(ys[b][lit] / np.maximum(xs[b][lit], 0.01)) for b in range(13)])
        ratio = ys / np.maximum(xs, 0.005)
        nir = ratio[NIR]
        dark = lit & (nir < 0.75) & (xs[[1, 2, 3]].min(0) > 0.012)
        if dark.sum() > 300:
            deep = dark & (nir < np.quantile(nir[dark], 0.2))
            rows.append(np.array([np.median(ratio[b][deep]) for b in range(13)]))
            # How far the dark shape is the cloud's own: correlate over displacements.
            cloud = ndimage.gaussian_filter((p > 0.5).astype(float), 2)
            shade = ndimage.gaussian_filter(dark.astype(float), 2)
            corr = np.fft.fftshift(np.fft.ifft2(np.fft.fft2(shade - shade.mean()) * np.conj(np.fft.fft2(cloud - cloud.mean()))).real)
            month, day = map(int, cloudy.split("-"))
            zen, az = sun_zenith(month, day)
            ux, uy = -math.sin(math.radians(az)), math.cos(math.radians(az))
            along = [(corr[int(round(128 + uy * l)), int(round(128 + ux * l))], l) for l in range(5, 110)]
            best = max(along)[1]
            moves.append({"date": "2018-" + cloudy, "sun_zenith_deg": round(zen, 1), "sun_azimuth_deg": round(az, 1),
                          "shadow_px": best, "cloud_height_m": round(best * 10 / math.tan(math.radians(zen))),
                          "nir_drift": round(float(drift[NIR]), 2), "shadow_pixels": int(dark.sum())})
    return np.array(rows), moves


def main(root, out):
    rng = np.random.default_rng(0)
    data = Data(root)
    clusters, n_thick = thick_spectra(data, rng)
    pick = lambda ok: np.mean([np.exp(c["log_mean"]) for c in clusters if ok(np.exp(c["log_mean"])) and np.exp(c["log_mean"])[VISIBLE].mean() > 0.6], 0)
    c_low, c_ice = pick(lambda r: r[10] < 0.1), pick(lambda r: r[10] > 0.1)
    t, e, ice, low = transmittance(data, c_low, c_ice)
    (beta, beta_thin), k, boot, ratio, table, n_windows, mad = fit_transmittance(t, e, ice, low, rng)
    fields = excess_fields(data)
    air, n_clear = path_radiance(data)
    shade, moves = shadows(data, air)
    exponent_k, exponent_e = power_law(k), power_law(ratio["low"])
    law = lambda a: (WAVELENGTH / 560) ** -a
    beta_ice = law(exponent_e)
    beta_ice[10] = ratio["ice"][10]
    # A shadow is never brighter than lit ground and never gets brighter with wavelength: blue and
    # coastal ratios near 1 are cloud light scattered in, more than that is change between the dates.
    measured = np.median(shade, 0)
    order = [b for b in range(13) if b not in (9, 10)]
    shadow = np.minimum.accumulate(np.minimum(measured[order], 0.95))
    shadow = np.interp(WAVELENGTH, WAVELENGTH[order], shadow)
    interval = lambda values: [round_list(np.percentile(values, q, axis=0), 3) for q in (5, 95)]
    result = {
        "bands": BANDS,
        "model": {"beta": round(beta, 4), "k": round_list(law(exponent_k), 3), "beta_low": round_list(law(exponent_e), 3),
                  "beta_ice": round_list(beta_ice, 3), "shadow": round_list(shadow, 3)},
        "exponent_k": round(exponent_k, 3), "exponent_e": round(exponent_e, 3),
        "exponent_k_interval": round_list(np.percentile([power_law(q) for _, q in boot], [5, 95]), 3),
        "clusters": clusters, "thick_pixels": n_thick,
        "beta": round(beta, 4), "beta_thin_windows": round(beta_thin, 4),
        "beta_interval": round_list(np.percentile([b / q[VISIBLE].mean() for b, q in boot], [5, 95]), 4),
        "k_raw": round_list(k, 3), "k_interval": interval([q for _, q in boot]),
        "beta_ratio_low_raw": round_list(ratio["low"], 3), "beta_ratio_ice_raw": round_list(ratio["ice"], 3),
        "windows": n_windows, "fit_table": table, "median_abs_log_residual": round(mad, 3),
        "c_low": round_list(c_low, 3), "c_ice": round_list(c_ice, 3),
        "excess": distribution(fields), "edges": edges_and_spectrum(fields),
        "air": round_list(air, 4), "air_patches": n_clear,
        "shadow_ratio_by_date": [round_list(r, 3) for r in shade], "shadow_ratio_raw": round_list(measured, 3),
        "shadow_displacement": moves,
    }
    with open(out, "w") as f:
        json.dump(result, f, indent=1)
    print(json.dumps(result, indent=None))


if __name__ == "__main__":
    main(*sys.argv[1:3])
