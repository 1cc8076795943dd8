"""The peer of `benches/networks.rs`: the same network, weights and shapes in PyTorch on the CPU.

    python benches/networks_torch.py MODEL.safetensors [SECONDS] [THREADS]

prints one JSON line: milliseconds of the median pass.
"""

import json
import os
import sys
import time

import torch

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../tests/parity"))
import networks as twin  # noqa: E402

BATCH, SIDE = 4, 128


class Trainable(twin.Weights):
    """The weights as leaves that Adam can move."""

    def __init__(self, path):
        super().__init__(path)
        self.tensors = {k: self.file.get_tensor(k) for k in self.file.keys() if k.startswith("g_land.")}

    def get(self, name):
        return self.tensors[name]


def median_ms(seconds, run):
    run()
    started, times = time.perf_counter(), []
    while len(times) < 5 or time.perf_counter() - started < seconds:
        one = time.perf_counter()
        run()
        times.append((time.perf_counter() - one) * 1e3)
    return sorted(times)[len(times) // 2]


def main():
    path = sys.argv[1]
    seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 10.0
    torch.set_num_threads(int(sys.argv[3]) if len(sys.argv) > 3 else 2)
    w = Trainable(path)
    x, ctx, truth = (torch.randn(BATCH, 13, SIDE, SIDE) for _ in range(3))
    m = torch.randn(BATCH, 1, SIDE, SIDE).clamp(0, 1)
    z = torch.randn(BATCH, w.config["z_land"], 1, 1)
    with torch.no_grad():
        inference = median_ms(seconds, lambda: twin.g_land(w, x, m, ctx, z))
    for tensor in w.tensors.values():
        tensor.requires_grad_(True)
    adam = torch.optim.Adam(w.tensors.values(), lr=1e-5)

    def step():
        adam.zero_grad()
        (twin.g_land(w, x, m, ctx, z) - truth).abs().mean().backward()
        torch.nn.utils.clip_grad_norm_(w.tensors.values(), 5.0)
        adam.step()

    print(json.dumps({"inference_ms": round(inference, 1), "training_ms": round(median_ms(seconds, step), 1)}))


if __name__ == "__main__":
    main()
