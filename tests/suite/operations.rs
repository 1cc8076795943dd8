//! Our own tensor operations against Burn's, against sums in double precision, and against
//! themselves on other numbers of threads.

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Device, GradientCheckpointingStrategy, Tensor, module};
use declouder::compute::{Choice, open};
use declouder::networks::ops;
use declouder::random::Stream;
use proptest::prelude::*;

/// One convolution: images, channels in and out, size, kernel, padding, dilation.
#[derive(Debug, Clone, Copy)]
struct Case {
    images: usize,
    inputs: usize,
    outputs: usize,
    size: [usize; 2],
    kernel: [usize; 2],
    padding: usize,
    dilation: usize,
}

/// A plain 3 × 3 convolution that keeps the size.
const fn same(images: usize, inputs: usize, outputs: usize, size: [usize; 2]) -> Case {
    Case { images, inputs, outputs, size, kernel: [3, 3], padding: 1, dilation: 1 }
}

/// Sizes that meet every branch: several bands, several shares, blocks of every height, one pixel.
const CASES: [Case; 10] = [
    same(2, 27, 32, [64, 64]),
    same(8, 20, 7, [8, 8]),
    same(1, 1, 1, [1, 1]),
    same(3, 2, 13, [9, 17]),
    same(1, 64, 9, [128, 24]),
    Case { images: 2, inputs: 33, outputs: 11, size: [16, 16], kernel: [1, 1], padding: 0, dilation: 1 },
    Case { images: 1, inputs: 4, outputs: 5, size: [13, 21], kernel: [3, 3], padding: 2, dilation: 2 },
    Case { images: 2, inputs: 3, outputs: 4, size: [12, 10], kernel: [3, 3], padding: 0, dilation: 1 },
    Case { images: 2, inputs: 3, outputs: 4, size: [11, 10], kernel: [5, 3], padding: 1, dilation: 1 },
    // More padding than the kernel reaches: Burn's own operation.
    Case { images: 1, inputs: 3, outputs: 2, size: [6, 7], kernel: [3, 3], padding: 3, dilation: 1 },
];

impl Case {
    fn out_size(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.size[axis] + 2 * self.padding - self.dilation * (self.kernel[axis] - 1))
    }

    /// How many products of two normal numbers are summed into one value of the result, and of the
    /// gradients of x, weight and bias. Their sum is of the size of the root of that many, and the
    /// rounding of its terms too, however near zero the sum itself happens to be.
    fn terms(&self) -> [usize; 4] {
        let [height, width] = self.out_size();
        let taps = self.kernel[0] * self.kernel[1];
        let pixels = self.images * height * width;
        [self.inputs * taps, self.outputs * taps, pixels, pixels]
    }

    /// Values of x, weight, bias and of the gradient of the result.
    fn values(&self) -> [Vec<f32>; 4] {
        let [height, width] = self.out_size();
        let sizes = [
            self.images * self.inputs * self.size[0] * self.size[1],
            self.outputs * self.inputs * self.kernel[0] * self.kernel[1],
            self.outputs,
            self.images * self.outputs * height * width,
        ];
        let mut stream = Stream::new(7, 0, "operations");
        sizes.map(|size| (0..size).map(|_| stream.normal() as f32).collect())
    }
}

type Conv = fn(Tensor<4>, Tensor<4>, Option<Tensor<1>>, usize, usize) -> Tensor<4>;

fn burns(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    padding: usize,
    dilation: usize,
) -> Tensor<4> {
    let options = ConvOptions::new([1, 1], [padding; 2], [dilation; 2], 1);
    module::conv2d(x, weight, bias, options)
}

fn tensor4(values: &[f32], shape: [usize; 4], device: &Device) -> Tensor<4> {
    Tensor::<1>::from_floats(values, device).reshape(shape)
}

/// Result, and gradients of x, weight and bias, of a convolution.
fn run(case: &Case, conv: Conv, device: &Device) -> [Vec<f32>; 4] {
    let [x, weight, bias, grad] = case.values();
    let device = device.clone().autodiff();
    let [height, width] = case.out_size();
    let x = tensor4(&x, [case.images, case.inputs, case.size[0], case.size[1]], &device).require_grad();
    let weight = tensor4(&weight, [case.outputs, case.inputs, case.kernel[0], case.kernel[1]], &device);
    let weight = weight.require_grad();
    let bias = Tensor::<1>::from_floats(bias.as_slice(), &device).require_grad();
    let grad = tensor4(&grad, [case.images, case.outputs, height, width], &device);
    let y = conv(x.clone(), weight.clone(), Some(bias.clone()), case.padding, case.dilation);
    let grads = (y.clone() * grad).sum().backward();
    [
        floats(y.inner()),
        floats(x.grad(&grads).unwrap()),
        floats(weight.grad(&grads).unwrap()),
        floats(bias.grad(&grads).unwrap()),
    ]
}

fn floats<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Greatest difference, relative to the greatest value.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    difference_beside(a, b, 1e-20)
}

/// Greatest difference, relative to the greatest value or to `floor`, whichever is more.
fn difference_beside(a: &[f32], b: &[f32], floor: f32) -> f32 {
    assert_eq!(a.len(), b.len());
    let greatest = a.iter().fold(floor, |most, value| most.max(value.abs()));
    a.iter().zip(b).fold(0.0_f32, |most, (a, b)| most.max((a - b).abs())) / greatest
}

fn assert_like_burns(case: &Case, device: &Device, tolerance: f32) {
    let ours = run(case, ops::conv2d, device);
    let theirs = run(case, burns, device);
    let names = ["result", "x's gradient", "weight's gradient", "bias's gradient"];
    for (((what, terms), ours), theirs) in names.iter().zip(case.terms()).zip(&ours).zip(&theirs) {
        let difference = difference_beside(ours, theirs, (terms as f32).sqrt());
        assert!(difference <= tolerance, "{case:?}: {what} differs by {difference:e}");
    }
}

#[test]
fn a_convolution_and_its_gradients_are_burns_own() {
    for case in &CASES {
        assert_like_burns(case, &Device::flex(), 1e-5);
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_convolution_of_any_size_is_burns_own(
        (images, inputs, outputs) in (1_usize..4, 1_usize..18, 1_usize..18),
        size in [1_usize..22, 1_usize..22],
        (kernel, dilation) in (prop::sample::select(vec![1_usize, 3, 5]), 1_usize..3),
        padding in 0_usize..5,
    ) {
        let padding = padding.min(dilation * (kernel - 1));
        let case = Case { images, inputs, outputs, size, kernel: [kernel; 2], padding, dilation };
        prop_assume!(size.iter().all(|&side| dilation * (kernel - 1) < side + 2 * padding));
        assert_like_burns(&case, &Device::flex(), 1e-5);
    }
}

/// The definition, in double precision.
fn defined(case: &Case) -> Vec<f32> {
    let [x, weight, bias, _] = case.values();
    let ([height, width], [rows, columns]) = (case.size, case.kernel);
    let [out_height, out_width] = case.out_size();
    let mut y = Vec::new();
    for n in 0..case.images {
        for o in 0..case.outputs {
            for i in 0..out_height {
                for j in 0..out_width {
                    let mut sum = f64::from(bias[o]);
                    for c in 0..case.inputs {
                        for u in 0..rows {
                            for v in 0..columns {
                                let row = (i + u * case.dilation).wrapping_sub(case.padding);
                                let column = (j + v * case.dilation).wrapping_sub(case.padding);
                                if row < height && column < width {
                                    let x = x[((n * case.inputs + c) * height + row) * width + column];
                                    let w = weight[((o * case.inputs + c) * rows + u) * columns + v];
                                    sum += f64::from(x) * f64::from(w);
                                }
                            }
                        }
                    }
                    y.push(sum as f32);
                }
            }
        }
    }
    y
}

#[test]
fn a_convolution_is_the_sum_of_its_definition() {
    for case in &CASES[1..] {
        let [y, ..] = run(case, ops::conv2d, &Device::flex());
        assert!(difference(&y, &defined(case)) < 2e-6, "{case:?}");
    }
}

/// The convolution is linear in each argument, so a central difference over a large step is exact but
/// for rounding.
#[test]
fn gradients_are_finite_differences() {
    let case =
        Case { images: 2, inputs: 3, outputs: 5, size: [5, 11], kernel: [3, 3], padding: 1, dilation: 1 };
    let [x, weight, bias, grad] = case.values();
    let device = Device::flex();
    let loss = |x: &[f32], weight: &[f32], bias: &[f32]| -> f64 {
        let y = ops::conv2d(
            tensor4(x, [2, 3, 5, 11], &device),
            tensor4(weight, [5, 3, 3, 3], &device),
            Some(Tensor::from_floats(bias, &device)),
            case.padding,
            case.dilation,
        );
        floats(y).iter().zip(&grad).map(|(y, g)| f64::from(*y) * f64::from(*g)).sum()
    };
    let slope = |values: &[f32], at: usize, loss: &dyn Fn(&[f32]) -> f64| -> f64 {
        let moved = |by: f32| {
            let mut values = values.to_vec();
            values[at] += by;
            loss(&values)
        };
        (moved(1.0) - moved(-1.0)) / 2.0
    };
    let [_, x_grad, weight_grad, bias_grad] = run(&case, ops::conv2d, &device);
    for at in (0..x.len()).step_by(13) {
        let expected = slope(&x, at, &|x| loss(x, &weight, &bias));
        assert!((f64::from(x_grad[at]) - expected).abs() < 1e-4, "x at {at}");
    }
    for at in (0..weight.len()).step_by(7) {
        let expected = slope(&weight, at, &|weight| loss(&x, weight, &bias));
        assert!((f64::from(weight_grad[at]) - expected).abs() < 1e-4, "weight at {at}");
    }
    for (at, &found) in bias_grad.iter().enumerate() {
        let expected = slope(&bias, at, &|bias| loss(&x, &weight, bias));
        assert!((f64::from(found) - expected).abs() < 1e-4, "bias at {at}");
    }
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    let bits = |threads: usize, case: &Case| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(case, ops::conv2d, &Device::flex()))
            .map(|values| values.into_iter().map(f32::to_bits).collect::<Vec<_>>())
    };
    for case in &CASES {
        let one = bits(1, case);
        assert!(one == bits(2, case) && one == bits(3, case), "{case:?}");
    }
}

#[test]
fn views_of_a_tensor_convolve_like_copies() {
    let device = Device::flex();
    let case = same(3, 10, 6, [12, 14]);
    let [x, weight, _, _] = case.values();
    let x = tensor4(&x, [3, 10, 12, 14], &device);
    let weight = tensor4(&weight, [6, 10, 3, 3], &device);
    let copy = |x: Tensor<4>| {
        let shape = x.dims();
        tensor4(&floats(x), shape, &device)
    };
    let views = [
        x.clone().swap_dims(2, 3),
        x.clone().slice([0..3, 0..10, 2..9, 3..13]),
        x.clone().slice([1..2, 0..10, 0..12, 0..14]),
        x.flip([3]),
    ];
    for view in views {
        for weight in [weight.clone(), weight.clone().swap_dims(2, 3)] {
            let ours = ops::conv2d(view.clone(), weight.clone(), None, 1, 1);
            let copied = ops::conv2d(copy(view.clone()), copy(weight), None, 1, 1);
            assert_eq!(floats(ours), floats(copied));
        }
    }
}

/// Two convolutions with an activation between, so that there is something to compute anew.
#[test]
fn checkpointing_changes_no_gradient() {
    let case = same(2, 6, 6, [10, 12]);
    let [x, weight, bias, grad] = case.values();
    let gradients = |strategy| {
        let device = Device::flex().autodiff();
        let leaf = |values: &[f32], shape| {
            tensor4(values, shape, &device).with_gradient_checkpointing_strategy(strategy)
        };
        let x = leaf(&x, [2, 6, 10, 12]).require_grad();
        let weight = leaf(&weight, [6, 6, 3, 3]).require_grad();
        let bias = Tensor::<1>::from_floats(bias.as_slice(), &device)
            .with_gradient_checkpointing_strategy(strategy)
            .require_grad();
        let grad = leaf(&grad, [2, 6, 10, 12]);
        let y = ops::conv2d(x.clone(), weight.clone(), Some(bias.clone()), 1, 1).tanh().mul_scalar(2.0);
        let y = ops::conv2d(y, weight.clone(), Some(bias.clone()), 1, 1);
        let grads = (y * grad).sum().backward();
        [
            floats(x.grad(&grads).unwrap()),
            floats(weight.grad(&grads).unwrap()),
            floats(bias.grad(&grads).unwrap()),
        ]
    };
    assert_eq!(
        gradients(GradientCheckpointingStrategy::Disabled),
        gradients(GradientCheckpointingStrategy::Balanced)
    );
}

#[test]
fn only_asked_gradients_exist() {
    let device = Device::flex().autodiff();
    let x = Tensor::<4>::ones([1, 2, 4, 4], &device);
    let weight = Tensor::<4>::ones([3, 2, 3, 3], &device).require_grad();
    let y = ops::conv2d(x.clone(), weight.clone(), None, 1, 1);
    let grads = y.sum().backward();
    assert!(x.grad(&grads).is_none());
    assert_eq!(weight.grad(&grads).unwrap().dims(), [3, 2, 3, 3]);
}

#[test]
#[should_panic(expected = "x has 3 channels, its kernel is for 2")]
fn channels_must_fit() {
    let device = Device::flex();
    let _ = ops::conv2d(Tensor::ones([1, 3, 4, 4], &device), Tensor::ones([1, 2, 3, 3], &device), None, 1, 1);
}

#[test]
fn a_graphics_card_gives_the_same() {
    let Ok(gpu) = open(Choice::Gpu) else { return };
    for case in [same(2, 3, 5, [8, 8]), same(1, 4, 2, [5, 9])] {
        let [gpu, cpu] = [&gpu.device, &Device::flex()].map(|device| run(&case, ops::conv2d, device));
        for (gpu, cpu) in gpu.iter().zip(&cpu) {
            assert!(difference(gpu, cpu) < 1e-4, "{case:?}");
        }
    }
}
