"""The convolutions of `benches/conv.rs` in PyTorch on the CPU, for a comparison in turns.

    python benches/conv_torch.py [--threads 2] [--seconds 1.0]

Prints the same columns as the Rust bench: the best time of a forward pass without a graph and of a
forward and backward pass with gradients of input, weight and bias, both in milliseconds, and the
rate they amount to.
"""

import argparse
import time

import torch

# (images, channels in, channels out, kernel, height = width), as in `benches/conv.rs`.
SHAPES = [
    (8, 27, 32, 3, 64),
    (8, 64, 32, 3, 64),
    (8, 48, 48, 3, 32),
    (8, 64, 64, 3, 16),
    (8, 96, 96, 3, 8),
    (8, 128, 48, 1, 32),
    (4, 32, 32, 3, 128),
    (8, 13, 32, 3, 64),
    (8, 32, 13, 3, 64),
]


def best(step, seconds):
    """The fastest of as many calls as fit in a time, in milliseconds."""
    step()
    fastest, start = float("inf"), time.perf_counter()
    while time.perf_counter() - start < seconds:
        begin = time.perf_counter()
        step()
        fastest = min(fastest, time.perf_counter() - begin)
    return fastest * 1e3


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seconds", type=float, default=1.0)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"PyTorch {torch.__version__}, {options.threads} threads")
    for n, c, o, k, size in SHAPES:
        x = torch.randn(n, c, size, size, requires_grad=True)
        conv = torch.nn.Conv2d(c, o, k, padding=k // 2)
        grad = torch.randn(n, o, size, size)

        def forward():
            with torch.no_grad():
                conv(x)

        def train():
            x.grad = conv.weight.grad = conv.bias.grad = None
            conv(x).backward(grad)

        flops = 2 * n * o * c * k * k * size * size
        fwd, both = best(forward, options.seconds), best(train, options.seconds)
        name = f"{n} x {c:3} -> {o:3}  {k}x{k}  {size}²"
        print(f"{name:28} forward {fwd:8.3f} ms {flops / fwd / 1e6:6.1f} GFLOP/s   "
              f"forward + backward {both:8.3f} ms {3 * flops / both / 1e6:6.1f} GFLOP/s")


if __name__ == "__main__":
    main()
