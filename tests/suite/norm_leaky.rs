//! The fused channel norm, modulation and leaky ReLU against the same out of Burn's operations, against
//! its definition in double precision, and against itself on other numbers of threads.

use burn::tensor::{Device, Tensor, activation};
use declouder::compute::{Choice, open};
use declouder::networks::ops;
use declouder::random::Stream;
use proptest::prelude::*;

const EPSILON: f32 = 1e-3;
const SLOPE: f32 = 0.2;

/// Sizes of x, `[N, C, H, W]`, and of its modulation, if any.
#[derive(Debug, Clone, Copy)]
struct Case {
    x: [usize; 4],
    map: Option<[usize; 2]>,
}

/// Sizes that meet every branch: no modulation, one for an image, for blocks of pixels, for each pixel;
/// several blocks and pieces, rows that are no whole vectors, a single pixel, a single channel.
const CASES: [Case; 9] = [
    Case { x: [2, 32, 64, 64], map: Some([1, 1]) },
    Case { x: [3, 40, 32, 48], map: Some([4, 6]) },
    Case { x: [2, 7, 9, 17], map: Some([9, 17]) },
    Case { x: [1, 48, 32, 32], map: None },
    Case { x: [8, 16, 8, 8], map: Some([2, 8]) },
    Case { x: [1, 5, 10, 21], map: Some([5, 7]) },
    Case { x: [2, 1, 3, 5], map: Some([1, 1]) },
    Case { x: [1, 3, 1, 1], map: Some([1, 1]) },
    Case { x: [2, 130, 2, 100], map: Some([1, 100]) },
];

impl Case {
    fn map_shape(&self) -> [usize; 4] {
        let [rows, columns] = self.map.unwrap_or([1, 1]);
        [self.x[0], 2 * self.x[1], rows, columns]
    }

    /// Values of x, modulation and of the gradient of the result.
    fn values(&self) -> [Vec<f32>; 3] {
        let mut stream = Stream::new(5, 0, "norm_leaky");
        [self.x, self.map_shape(), self.x].map(|shape| {
            let mut values = vec![0.0; shape.iter().product()];
            stream.fill_normal(&mut values);
            values
        })
    }
}

fn tensor(values: &[f32], shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::<1>::from_floats(values, device).reshape(shape)
}

fn floats(tensor: Tensor<4>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

type Norm = fn(Tensor<4>, Option<Tensor<4>>) -> Tensor<4>;

fn ours(x: Tensor<4>, modulation: Option<Tensor<4>>) -> Tensor<4> {
    ops::norm_leaky(x, modulation, EPSILON, SLOPE)
}

/// The same out of Burn's operations.
fn composed(x: Tensor<4>, modulation: Option<Tensor<4>>) -> Tensor<4> {
    let [n, c, height, width] = x.dims();
    let mut normal = x.clone() / (x.square().mean_dim(1) + EPSILON).sqrt();
    if let Some(map) = modulation {
        let [_, _, h, w] = map.dims();
        let map = map.reshape([n, 2 * c, h, 1, w, 1]).expand([n, 2 * c, h, height / h, w, width / w]);
        let map = map.reshape([n, 2 * c, height, width]);
        normal = normal * (map.clone().narrow(1, 0, c) + 1.0) + map.narrow(1, c, c);
    }
    activation::leaky_relu(normal, f64::from(SLOPE))
}

/// Result, and gradients of x and modulation.
fn run(case: &Case, norm: Norm, device: &Device) -> Vec<Vec<f32>> {
    let device = device.clone().autodiff();
    let [x, map, grad] = case.values();
    let x = tensor(&x, case.x, &device).require_grad();
    let map = case.map.map(|_| tensor(&map, case.map_shape(), &device).require_grad());
    let y = norm(x.clone(), map.clone());
    let grads = (y.clone() * tensor(&grad, case.x, &device)).sum().backward();
    let mut results = vec![floats(y.inner()), floats(x.grad(&grads).unwrap())];
    results.extend(map.map(|map| floats(map.grad(&grads).unwrap())));
    results
}

/// Greatest difference, relative to the greatest value.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    let greatest = a.iter().fold(1e-20_f32, |most, value| most.max(value.abs()));
    a.iter().zip(b).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / greatest
}

fn assert_like_composed(case: &Case, device: &Device, tolerance: f32) {
    for (ours, theirs) in run(case, ours, device).iter().zip(run(case, composed, &Device::flex())) {
        let difference = difference(ours, &theirs);
        assert!(difference <= tolerance, "{case:?}: {difference:e}");
    }
}

#[test]
fn a_norm_and_its_gradients_are_those_of_its_parts() {
    for case in &CASES {
        assert_like_composed(case, &Device::flex(), 1e-5);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_norm_of_any_size_is_that_of_its_parts(
        (images, channels) in (1_usize..5, 1_usize..20),
        map in [1_usize..8, 1_usize..8],
        factor in [1_usize..5, 1_usize..5],
    ) {
        let x = [images, channels, map[0] * factor[0], map[1] * factor[1]];
        // Of a single channel the norm leaves only its sign: its gradient is what cancellation leaves, in both ways.
        let tolerance = if channels == 1 { 2e-3 } else { 1e-5 };
        assert_like_composed(&Case { x, map: Some(map) }, &Device::flex(), tolerance);
    }
}

/// Σ grad · y by definition, in double precision.
fn loss(case: &Case, x: &[f64], map: &[f64], grad: &[f32]) -> f64 {
    let [n, c, height, width] = case.x;
    let [_, _, h, w] = case.map_shape();
    let at =
        |image: usize, channel: usize, i: usize, j: usize| ((image * c + channel) * height + i) * width + j;
    let mut sum = 0.0;
    for (image, i, j) in
        (0..n).flat_map(|n| (0..height).flat_map(move |i| (0..width).map(move |j| (n, i, j))))
    {
        let square: f64 = (0..c).map(|channel| x[at(image, channel, i, j)].powi(2)).sum();
        let root = (square / c as f64 + f64::from(EPSILON)).sqrt();
        for channel in 0..c {
            let of_map = |channel: usize| {
                map[((image * 2 * c + channel) * h + i / (height / h)) * w + j / (width / w)]
            };
            let u = x[at(image, channel, i, j)] / root * (1.0 + of_map(channel)) + of_map(c + channel);
            let y = if u < 0.0 { f64::from(SLOPE) * u } else { u };
            sum += y * f64::from(grad[at(image, channel, i, j)]);
        }
    }
    sum
}

#[test]
fn gradients_are_finite_differences() {
    const STEP: f64 = 1e-5;
    let case = Case { x: [2, 5, 4, 6], map: Some([2, 3]) };
    let [x, map, grad] = case.values();
    let results = run(&case, ours, &Device::flex());
    let [x, map] = [x, map].map(|values| values.into_iter().map(f64::from).collect::<Vec<_>>());
    let moved = |values: &[f64], at: usize, by: f64| {
        let mut values = values.to_vec();
        values[at] += by;
        values
    };
    for at in (0..x.len()).step_by(7) {
        let [up, down] = [STEP, -STEP].map(|by| loss(&case, &moved(&x, at, by), &map, &grad));
        let slope = (up - down) / (2.0 * STEP);
        assert!((f64::from(results[1][at]) - slope).abs() < 1e-4, "x at {at}: {} {slope}", results[1][at]);
    }
    for at in (0..map.len()).step_by(5) {
        let [up, down] = [STEP, -STEP].map(|by| loss(&case, &x, &moved(&map, at, by), &grad));
        let slope = (up - down) / (2.0 * STEP);
        assert!((f64::from(results[2][at]) - slope).abs() < 1e-4, "map at {at}: {} {slope}", results[2][at]);
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let bits = |threads: usize, case: &Case| -> Vec<Vec<u32>> {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let results = pool.install(|| run(case, ours, &Device::flex()));
        results.into_iter().map(|values| values.into_iter().map(f32::to_bits).collect()).collect()
    };
    for case in &CASES {
        let one = bits(1, case);
        assert!(one == bits(2, case) && one == bits(3, case), "{case:?}");
    }
}

#[test]
fn views_of_a_tensor_are_normed_like_copies() {
    let device = Device::flex();
    let case = Case { x: [3, 10, 12, 12], map: Some([12, 12]) };
    let [x, map, _] = case.values();
    let (x, map) = (tensor(&x, case.x, &device), tensor(&map, case.map_shape(), &device));
    let copy = |x: Tensor<4>| {
        let shape = x.dims();
        tensor(&floats(x), shape, &device)
    };
    let turned = (x.clone().swap_dims(2, 3), map.clone().swap_dims(2, 3));
    let part = (x.slice([1..2, 2..8, 0..12, 0..12]), map.slice([1..2, 0..12, 0..12, 0..12]));
    for (x, map) in [turned, part] {
        assert_eq!(floats(ours(x.clone(), Some(map.clone()))), floats(ours(copy(x), Some(copy(map)))));
    }
}

#[test]
#[should_panic(expected = "its modulation has to be [1, 6, h, w]")]
fn a_modulation_must_fit() {
    let device = Device::flex();
    let _ = ours(Tensor::ones([1, 3, 4, 4], &device), Some(Tensor::ones([1, 3, 4, 4], &device)));
}

#[test]
fn a_graphics_card_gives_the_same() {
    let Ok(gpu) = open(Choice::Gpu) else { return };
    for case in [Case { x: [2, 3, 8, 8], map: Some([2, 4]) }, Case { x: [1, 4, 5, 9], map: None }] {
        assert_like_composed(&case, &gpu.device, 1e-4);
    }
}
