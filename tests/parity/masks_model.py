"""Converts s2cloudless's published LightGBM text model into assets/masks/s2cloudless.bin.

    pip install s2cloudless==1.7.2 && python tests/parity/masks_model.py

The format (little endian), read by src/mask/trees.rs:
  "DCTREES1", u16 features, u16 trees
  features x { u16 count, count x f64 thresholds, ascending }
  trees    x { u16 inner nodes, nodes x { u8 feature, u8 threshold's index, i16 left, i16 right },
               (nodes + 1) x f32 leaf values }
A child < 0 is the leaf ~child. A value goes left if it is <= the threshold. LightGBM bins every
feature before training, so there are at most 253 thresholds a feature and an index fits a byte.
Leaf values are rounded from f64 to f32: the probability changes by less than 1e-6.
"""

import os
import struct
import sys

import s2cloudless

SOURCE = os.path.join(
    os.path.dirname(s2cloudless.__file__), "models", "pixel_s2_cloud_detector_lightGBM_v0.1.txt"
)
TARGET = os.path.join(os.path.dirname(__file__), "..", "..", "assets", "masks", "s2cloudless.bin")


def read_trees(path):
    trees, current = [], None
    with open(path) as lines:
        for line in lines:
            line = line.strip()
            if line.startswith("Tree="):
                current = {}
                trees.append(current)
            elif line.startswith("feature importances"):
                break
            elif "=" in line and current is not None:
                key, value = line.split("=", 1)
                current[key] = value.split()
    return trees


def main():
    trees = read_trees(sys.argv[1] if len(sys.argv) > 1 else SOURCE)
    thresholds = [set() for _ in range(10)]
    for tree in trees:
        assert tree["num_cat"] == ["0"] and set(tree["decision_type"]) == {"2"}
        for feature, value in zip(tree["split_feature"], tree["threshold"]):
            thresholds[int(feature)].add(float(value))
    thresholds = [sorted(values) for values in thresholds]
    assert max(map(len, thresholds)) < 255
    index = [{value: i for i, value in enumerate(values)} for values in thresholds]
    out = bytearray(b"DCTREES1" + struct.pack("<HH", len(thresholds), len(trees)))
    for values in thresholds:
        out += struct.pack(f"<H{len(values)}d", len(values), *values)
    for tree in trees:
        out += struct.pack("<H", len(tree["split_feature"]))
        rows = zip(tree["split_feature"], tree["threshold"], tree["left_child"], tree["right_child"])
        for feature, value, left, right in rows:
            feature = int(feature)
            out += struct.pack("<BBhh", feature, index[feature][float(value)], int(left), int(right))
        leaves = [float(value) for value in tree["leaf_value"]]
        out += struct.pack(f"<{len(leaves)}f", *leaves)
    with open(TARGET, "wb") as file:
        file.write(out)
    print(f"{len(trees)} trees, {len(out)} bytes")


main()
