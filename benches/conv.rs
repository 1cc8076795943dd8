//! Our convolution against Burn's own on the CPU, forward and backward; `benches/conv_torch.py` does the
//! same in `PyTorch`.
//!
//! ```text
//! cargo bench --bench conv -- [SECONDS]
//! ```

use std::time::{Duration, Instant};

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, Tensor, module};
use declouder::networks::ops;
use declouder::random::Stream;

/// Images, channels in, channels out, side of the kernel, side of the image; as in `conv_torch.py`.
const SHAPES: [[usize; 5]; 9] = [
    [8, 27, 32, 3, 64],
    [8, 64, 32, 3, 64],
    [8, 48, 48, 3, 32],
    [8, 64, 64, 3, 16],
    [8, 96, 96, 3, 8],
    [8, 128, 48, 1, 32],
    [4, 32, 32, 3, 128],
    [8, 13, 32, 3, 64],
    [8, 32, 13, 3, 64],
];

type Conv = fn(Tensor<4>, Tensor<4>, Tensor<1>, usize) -> Tensor<4>;

fn ours(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, padding: usize) -> Tensor<4> {
    ops::conv2d(x, weight, Some(bias), padding, 1)
}

fn burns(x: Tensor<4>, weight: Tensor<4>, bias: Tensor<1>, padding: usize) -> Tensor<4> {
    module::conv2d(x, weight, Some(bias), ConvOptions::new([1, 1], [padding; 2], [1, 1], 1))
}

fn random(shape: [usize; 4], device: &Device) -> Tensor<4> {
    let mut values = vec![0.0; shape.iter().product()];
    Stream::new(1, 0, "bench").fill_normal(&mut values);
    Tensor::<1>::from_floats(values.as_slice(), device).reshape(shape)
}

/// The fastest of as many calls as fit in a time, in milliseconds.
fn fastest(limit: Duration, mut step: impl FnMut()) -> f64 {
    step();
    let (mut fastest, start) = (Duration::MAX, Instant::now());
    while start.elapsed() < limit {
        let begin = Instant::now();
        step();
        fastest = fastest.min(begin.elapsed());
    }
    fastest.as_secs_f64() * 1e3
}

/// Milliseconds of a forward pass, and of a forward and backward pass.
fn measure(conv: Conv, [n, c, o, k, side]: [usize; 5], limit: Duration) -> [f64; 2] {
    let measured = |device: &Device, leaf: fn(Tensor<4>) -> Tensor<4>| {
        let x = leaf(random([n, c, side, side], device));
        let weight = leaf(random([o, c, k, k], device));
        (x, weight, Tensor::<1>::zeros([o], device))
    };
    let (x, weight, bias) = measured(&Device::flex(), |tensor| tensor);
    let forward = fastest(limit, || drop(conv(x.clone(), weight.clone(), bias.clone(), k / 2)));

    let (x, weight, bias) = measured(&Device::flex().autodiff(), Tensor::require_grad);
    let bias = bias.require_grad();
    let grad = random([n, o, side, side], &Device::flex().autodiff());
    let both = fastest(limit, || {
        let y = conv(x.clone(), weight.clone(), bias.clone(), k / 2);
        drop((y * grad.clone()).sum().backward());
    });
    // Burn starts from a scalar; what bringing the gradient in costs is not the convolution's.
    let start = fastest(limit / 4, || drop((grad.clone().require_grad() * grad.clone()).sum().backward()));
    [forward, both - start]
}

fn main() {
    let seconds = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(1.0);
    for shape in SHAPES {
        let [n, c, o, k, side] = shape;
        let flops = 2.0 * (n * c * o * k * k * side * side) as f64;
        for (name, conv) in [("Burn", burns as Conv), ("ours", ours)] {
            let [forward, both] = measure(conv, shape, Duration::from_secs_f64(seconds));
            println!(
                "{n} x {c:3} -> {o:3}  {k}x{k}  {side:3}²  {name}  forward {forward:8.3} ms {:6.1} GFLOP/s   \
                 forward + backward {both:8.3} ms {:6.1} GFLOP/s",
                flops / forward / 1e6,
                3.0 * flops / both / 1e6
            );
        }
    }
}
