"""The networks of every preset in PyTorch, from a Declouder model file.

    python tests/parity/networks.py MODEL.safetensors [OUT.json]

rebuilds every network from the weights' plain names, runs them on fixed numbers and writes what comes
out. `tests/suite/networks.rs` and `tests/suite/paper.rs` run the same models on the same numbers in Burn and
compare. Needs
torch and safetensors; never part of the product.
"""

import json
import sys

import torch
import torch.nn.functional as F
from safetensors import safe_open

SLOPE = 0.1


def fixed(shape, seed):
    """Numbers between -1 and 1 that any language makes alike."""
    count = 1
    for size in shape:
        count *= size
    values = [((i * 7919 + seed * 104729) % 2003) / 1001.0 - 1.0 for i in range(count)]
    return torch.tensor(values, dtype=torch.float32).reshape(shape)


class Weights:
    def __init__(self, path):
        self.file = safe_open(path, framework="pt")
        self.config = json.loads(self.file.metadata()["declouder.network"])

    def get(self, name):
        return self.file.get_tensor(name)

    def has(self, name):
        return name in self.file.keys()


def conv(w, name, x, dilation=1):
    weight = w.get(name + ".weight")
    return F.conv2d(x, weight, w.get(name + ".bias"), padding=dilation * (weight.shape[2] // 2), dilation=dilation)


def dense(w, name, x):
    return x @ w.get(name + ".weight") + w.get(name + ".bias")


def leaky(x):
    return F.leaky_relu(x, SLOPE)


def channel_norm(x):
    return x / torch.sqrt(x.square().mean(1, keepdim=True) + 1e-4)


def block(w, name, x, z=None, dilation=1):
    h = channel_norm(x)
    if w.has(name + ".modulation.weight"):
        both = conv(w, name + ".modulation", z)
        if both.shape[2:] != (1, 1):
            both = F.interpolate(both, size=x.shape[2:], mode="nearest")
        scale, shift = both.chunk(2, 1)
        h = h * (1 + scale) + shift
    return x + conv(w, name + ".conv", leaky(h), dilation)


def down(w, name, x):
    return conv(w, name + ".conv", F.pixel_unshuffle(x, 2))


def up(w, name, x):
    x = conv(w, name + ".conv", x)
    if w.config.get("upsampling", "nearest") == "linear":
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)
    return F.interpolate(x, scale_factor=2, mode="nearest")


def g_land(w, x, m, ctx, z):
    n = "g_land."
    full = leaky(conv(w, n + "stem", torch.cat([x, m, ctx], 1)))
    half = block(w, n + "block1", down(w, n + "down1", full))
    quarter = block(w, n + "block2.0", down(w, n + "down2", half))
    eighth = block(w, n + "block3.0", down(w, n + "down3", quarter))
    eighth = block(w, n + "block3.1", eighth, dilation=2)
    y = block(w, n + "middle.0", eighth, z, dilation=2)
    y = block(w, n + "middle.1", y, z)
    y = up(w, n + "up3", y) + quarter
    y = block(w, n + "decode3.1", block(w, n + "decode3.0", y, z), z)
    y = block(w, n + "decode2", up(w, n + "up2", y) + half, z)
    y = leaky(block(w, n + "decode1", up(w, n + "up1", y) + full, z))
    gate = torch.sigmoid(conv(w, n + "gate", y))
    return ctx + conv(w, n + "residual", y) + gate * (x + conv(w, n + "correction", y) - ctx)


def g_cloud(w, x, maps, spectrum):
    n = "g_cloud."
    fine = F.interpolate(maps, scale_factor=8, mode="bilinear", align_corners=False)
    opacity, shadow = fine[:, :1], fine[:, 1:]
    z = spectrum[:, :, None, None]
    full = leaky(conv(w, n + "stem", torch.cat([x, fine], 1)))
    y = down(w, n + "down", full)
    y = block(w, n + "blocks.1", block(w, n + "blocks.0", y, z), z, dilation=2)
    y = leaky(block(w, n + "decode", up(w, n + "up", y) + full, z))
    change = conv(w, n + "head", y)
    white = (dense(w, n + "colour", spectrum) + w.get(n + "white"))[:, :, None, None]
    dark = (dense(w, n + "shade", spectrum) + w.get(n + "dark"))[:, :, None, None]
    support = (8 * torch.maximum(opacity, shadow)).clamp(max=1)
    return x + opacity * (white - x) - shadow * dark + support * change


def trunk(w, name, x):
    for i in range(3):
        x = block(w, f"{name}.blocks.{i}", down(w, f"{name}.down.{i}", x))
    return leaky(x)


def pooled(x, weight):
    return (x * weight).sum((2, 3)) / (weight.sum((2, 3)) + 1e-4)


def e_land(w, clear, cloudy, m):
    features = trunk(w, "e_land.trunk", torch.cat([clear, cloudy, m], 1))
    both = dense(w, "e_land.head", pooled(features, F.avg_pool2d(m, 8)))
    mean, log_variance = both.chunk(2, 1)
    return mean, log_variance.clamp(-8, 8)


def e_cloud(w, cloudy, clear):
    features = trunk(w, "e_cloud.trunk", torch.cat([cloudy, clear], 1))
    logits = conv(w, "e_cloud.maps", features)
    maps = (torch.sigmoid(logits) * 1.2 - 0.1).clamp(0, 1)
    spectrum = torch.tanh(dense(w, "e_cloud.spectrum", pooled(features, maps.sum(1, keepdim=True))))
    return maps, spectrum


def normed(w, name, x, z):
    """Reflected border, convolution without bias, instance norm, scale and shift by a code where there is one."""
    weight = w.get(name + ".weight")
    border = weight.shape[2] // 2
    x = F.instance_norm(F.conv2d(F.pad(x, [border] * 4, mode="reflect"), weight))
    if not w.has(name + ".modulation.weight"):
        return x
    scale, shift = conv(w, name + ".modulation", z).chunk(2, 1)
    return x * (1 + scale) + shift


def generator(w, name, x, z):
    x = F.relu(normed(w, name + ".stem", x, z))
    for i in range(2):
        x = F.relu(normed(w, f"{name}.down.{i}", F.pixel_unshuffle(x, 2), z))
    for i in range(6):
        y = F.relu(normed(w, f"{name}.blocks.{i}.first", x, z))
        x = x + normed(w, f"{name}.blocks.{i}.second", y, z)
    for i in range(2):
        x = F.relu(normed(w, f"{name}.up.{i}", F.interpolate(x, scale_factor=2, mode="nearest"), z))
    x = F.pad(x, [3] * 4, mode="reflect")
    return F.conv2d(x, w.get(name + ".head.weight"), w.get(name + ".head.bias"))


def encoder(w, name, own, other):
    features = trunk(w, name + ".trunk", torch.cat([own, other], 1))
    return dense(w, name + ".head", features.mean((2, 3)))


def paper(w, x, y):
    """`x` is a cloudy image, `y` a clear one."""
    land, cloud = fixed([2, w.config["z_land"], 1, 1], 3), fixed([2, w.config["z_cloud"], 1, 1], 4)
    out = {"g_ab": generator(w, "g_ab", x, land), "g_ba": generator(w, "g_ba", y, cloud)}
    if w.config["preset"] == "paper":
        out |= {"e_a": encoder(w, "e_a", x, y), "e_b": encoder(w, "e_b", y, x)}
    return out


def declouder(w, x, ctx):
    z_land, z_cloud = w.config["z_land"], w.config["z_cloud"]
    h, wide = x.shape[2:]
    m = fixed([2, 1, h, wide], 3).abs()
    z, zmap = fixed([2, z_land, 1, 1], 4), fixed([2, z_land, h // 8, wide // 8], 5)
    maps, spectrum = fixed([2, 2, h // 8, wide // 8], 6).abs(), fixed([2, z_cloud], 7)
    return {
        "g_land": g_land(w, x, m, ctx, z),
        "g_land_map": g_land(w, x, m, ctx, zmap),
        "g_cloud": g_cloud(w, ctx, maps, spectrum),
        "e_land_mean": e_land(w, ctx, x, m)[0],
        "e_land_log_variance": e_land(w, ctx, x, m)[1],
        "e_cloud_maps": e_cloud(w, x, ctx)[0],
        "e_cloud_spectrum": e_cloud(w, x, ctx)[1],
    }


def main():
    w = Weights(sys.argv[1])
    c = len(w.config["bands"])
    x, y = fixed([2, c, 24, 32], 1), fixed([2, c, 24, 32], 2)
    out = declouder(w, x, y) if w.config["preset"] == "declouder" else paper(w, x, y)
    # Every 37th number is enough to tell, and keeps the file small.
    sums = {name: {"values": y.flatten()[::37].tolist(), "mean": y.double().mean().item()} for name, y in out.items()}
    text = json.dumps(sums)
    if len(sys.argv) > 2:
        open(sys.argv[2], "w").write(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    with torch.no_grad():
        main()
