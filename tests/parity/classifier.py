"""The classifiers' networks in PyTorch, from a Declouder classifier file.

    python tests/parity/classifier.py MODEL.safetensors... > tests/parity/classifier.json

rebuilds each network from the weights' plain names, runs it on fixed numbers and writes the logits under the
network's name. `tests/suite/classifier.rs` runs the same files' weights on the same numbers in Burn and compares.
Needs torch and safetensors; never part of the product.
"""

import json
import sys

import torch
import torch.nn.functional as F
from networks import Weights, conv, dense, down, fixed, leaky
from safetensors import safe_open


class Classifier(Weights):
    def __init__(self, path):
        self.file = safe_open(path, framework="pt")
        self.config = json.loads(self.file.metadata()["declouder.classifier.config"])


def residual(w, name, x):
    h = x / torch.sqrt(x.square().mean(1, keepdim=True) + 1e-4)
    return x + conv(w, name, leaky(h))


def regularized_resnet(w, x):
    for size in range(3):
        x = down(w, f"down.{size}", x)
        for index in range(w.config["blocks"]):
            x = residual(w, f"blocks.{size * w.config['blocks'] + index}", x)
    return dense(w, "head", leaky(x).mean((2, 3)))


def s_cnn_all(w, x):
    for layer in range(3):
        x = F.relu(conv(w, f"convs.{layer}", x))
        if layer < 2:
            x = F.max_pool2d(x, 2)
    return dense(w, "head", F.relu(dense(w, "hidden", x.flatten(1))))


def main():
    out = {}
    for path in sys.argv[1:]:
        w = Classifier(path)
        name, side = w.config["network"], w.config["patch_px"]
        x = fixed([2, len(w.config["bands"]), side, side], 1)
        logits = {"regularized-resnet": regularized_resnet, "s-cnn-all": s_cnn_all}[name](w, x)
        out[name] = logits.flatten().tolist()
    print(json.dumps(out))


if __name__ == "__main__":
    with torch.no_grad():
        main()
