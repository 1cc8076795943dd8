//! The losses as functions of tensors. Each is a mean, so a weight means the same at any size.

use burn::tensor::{Tensor, activation};

/// Added to a weight's sum before dividing by it.
const EPSILON: f32 = 1e-4;

/// Weighted mean of absolute differences: `Σ w·|a − b| / Σ w`, with w `[N, 1 or C, H or 1, W or 1]` broadcast over
/// `a` and `b` `[N, C, H, W]`. 0 where nothing has weight.
#[must_use]
pub fn l1(a: Tensor<4>, b: Tensor<4>, weight: Tensor<4>) -> Tensor<1> {
    weighted_mean((a - b).abs(), weight)
}

/// `Σ w·x / Σ w` with w broadcast over x.
#[must_use]
pub fn weighted_mean(x: Tensor<4>, weight: Tensor<4>) -> Tensor<1> {
    let weight = weight.expand(x.dims());
    total(x * weight.clone()) / (total(weight) + EPSILON)
}

/// Numbers from which Burn's Flex adds up on all cores at once, in an order of chance.
const PARALLEL: usize = 1 << 22;

/// Numbers that are added up in order, where there are more than [`PARALLEL`].
const ROW: usize = 4096;

/// The sum of all numbers, the same in every run: many are summed row by row first, each row in order.
pub(super) fn total<const D: usize>(x: Tensor<D>) -> Tensor<1> {
    let count = x.shape().num_elements();
    if count < PARALLEL {
        return x.sum();
    }
    let (flat, rows) = (x.reshape([count]), count / ROW);
    let whole = flat.clone().narrow(0, 0, rows * ROW).reshape([rows, ROW]).sum_dim(1).sum();
    match count % ROW {
        0 => whole,
        rest => whole + flat.narrow(0, rows * ROW, rest).sum(),
    }
}

/// The generator's half of the hinge loss: `−D(fake)`.
#[must_use]
pub fn hinge_generator(logits: Tensor<4>, weight: Tensor<4>) -> Tensor<1> {
    weighted_mean(-logits, weight)
}

/// The discriminator's half: `max(0, 1 − D(real)) + max(0, 1 + D(fake))` (Lim and Ye 2017).
#[must_use]
pub fn hinge_discriminator(
    real: Tensor<4>,
    real_weight: Tensor<4>,
    fake: Tensor<4>,
    fake_weight: Tensor<4>,
) -> Tensor<1> {
    let real = weighted_mean(activation::relu(-real + 1.0), real_weight);
    real + weighted_mean(activation::relu(fake + 1.0), fake_weight)
}

/// The least squares pair (Mao et al. 2017): squared distance of the logits from a target.
#[must_use]
pub fn least_squares(logits: Tensor<4>, target: f32) -> Tensor<1> {
    (logits - target).square().mean()
}

/// Binary cross entropy of logits against targets 0..1, in the form that never overflows:
/// `max(x, 0) − x·t + ln(1 + e^−|x|)`.
#[must_use]
pub fn cross_entropy(logits: Tensor<4>, target: Tensor<4>, weight: Tensor<4>) -> Tensor<1> {
    let soft = ((-logits.clone().abs()).exp() + 1.0).log();
    weighted_mean(activation::relu(logits.clone()) - logits * target + soft, weight)
}

/// Mode-seeking loss (Mao et al. 2019), bounded: how much closer two images are than their codes,
/// `min(|z₁ − z₂| / |x₁ − x₂|, limit)`, a mean over images. `images` is the weighted mean absolute
/// difference of the two images a batch entry, `[N]`, `codes` that of their codes.
#[must_use]
pub fn mode_seeking(images: Tensor<1>, codes: Tensor<1>, limit: f32) -> Tensor<1> {
    (codes / (images + 1e-3)).clamp_max(limit).mean()
}

/// Mean absolute difference a batch entry, weighted over its pixels: `[N]`.
#[must_use]
pub fn distance_each(a: Tensor<4>, b: Tensor<4>, weight: Tensor<4>) -> Tensor<1> {
    let [n, c, h, w] = a.dims();
    let weight = weight.expand([n, c, h, w]).reshape([n, c * h * w]);
    let difference = (a - b).abs().reshape([n, c * h * w]);
    let total = weight.clone().sum_dim(1) + EPSILON;
    ((difference * weight).sum_dim(1) / total).reshape([n])
}

/// Continuous ranked probability score of samples against a truth, in its form that is fair to few samples (Ferro
/// 2014): `mean |xᵢ − y| − ½ · mean over i ≠ j of |xᵢ − xⱼ|`, a weighted mean as [`l1`]. In expectation it is least where
/// the truth could be one more sample. For one sample it is the absolute error.
///
/// # Panics
/// Without a sample.
#[must_use]
pub fn crps(samples: &[Tensor<4>], truth: &Tensor<4>, weight: &Tensor<4>) -> Tensor<1> {
    let mean = |terms: Vec<Tensor<1>>| {
        let count = terms.len() as f64;
        terms.into_iter().reduce(|sum, term| sum + term).map(|sum| sum / count)
    };
    let wrong = samples.iter().map(|sample| l1(sample.clone(), truth.clone(), weight.clone())).collect();
    let pairs =
        samples.iter().enumerate().flat_map(|(index, a)| samples[..index].iter().map(move |b| (a, b)));
    let apart = pairs.map(|(a, b)| l1(a.clone(), b.clone(), weight.clone())).collect();
    let Some(wrong) = mean(wrong) else { unreachable!("at least one sample is scored") };
    match mean(apart) {
        Some(apart) => wrong - apart * 0.5,
        None => wrong,
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::{Device, TensorData};

    use super::*;

    fn tensor(values: &[f32], shape: [usize; 4]) -> Tensor<4> {
        Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
    }

    fn value(x: Tensor<1>) -> f32 {
        x.into_scalar()
    }

    #[test]
    fn weights_decide_what_counts() {
        let a = tensor(&[1.0, 2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0], [1, 2, 2, 2]);
        let b = tensor(&[0.0; 8], [1, 2, 2, 2]);
        let weight = tensor(&[1.0, 0.0, 0.0, 0.0], [1, 1, 2, 2]);
        assert!((value(l1(a.clone(), b.clone(), weight)) - 0.5).abs() < 1e-3);
        let nothing = tensor(&[0.0; 4], [1, 1, 2, 2]);
        assert_eq!(value(l1(a, b, nothing)), 0.0);
    }

    #[test]
    fn hinge_is_zero_beyond_the_margin() {
        let one = tensor(&[1.0], [1, 1, 1, 1]);
        let loss = |real: f32, fake: f32| {
            let (real, fake) = (tensor(&[real], [1, 1, 1, 1]), tensor(&[fake], [1, 1, 1, 1]));
            value(hinge_discriminator(real, one.clone(), fake, one.clone()))
        };
        assert_eq!(loss(1.5, -2.0), 0.0);
        assert!((loss(0.0, 0.0) - 2.0).abs() < 1e-3);
        assert!((value(hinge_generator(tensor(&[3.0], [1, 1, 1, 1]), one.clone())) + 3.0).abs() < 1e-3);
    }

    #[test]
    fn cross_entropy_is_that_of_the_sigmoid_and_survives_extremes() {
        let weight = tensor(&[1.0; 4], [1, 1, 2, 2]);
        let logits = [0.3_f32, -1.2, 2.0, -0.5];
        let target = [1.0_f32, 0.0, 0.25, 0.7];
        let expected: f64 = logits
            .iter()
            .zip(target)
            .map(|(&x, t)| {
                let (p, t) = (1.0 / (1.0 + f64::from(-x).exp()), f64::from(t));
                -(t * p.ln() + (1.0 - t) * (1.0 - p).ln()) / 4.0
            })
            .sum();
        let shape = [1, 1, 2, 2];
        let found = value(cross_entropy(tensor(&logits, shape), tensor(&target, shape), weight.clone()));
        assert!((f64::from(found) - expected).abs() < 1e-4, "{found} {expected}");
        let extreme = tensor(&[200.0, -200.0, 200.0, -200.0], shape);
        assert!(value(cross_entropy(extreme, tensor(&target, shape), weight)).is_finite());
    }

    #[test]
    fn the_probability_score_is_least_for_samples_spread_as_the_truth_is() {
        let weight = tensor(&[1.0], [1, 1, 1, 1]);
        let one = |value: f32| tensor(&[value], [1, 1, 1, 1]);
        let alone = crps(&[one(0.3)], &one(1.0), &weight);
        assert!((value(alone) - 0.7).abs() < 1e-3, "the absolute error");
        let by_hand = crps(&[one(0.0), one(1.0), one(4.0)], &one(2.0), &weight);
        assert!((value(by_hand) - (5.0 / 3.0 - 0.5 * (1.0 + 4.0 + 3.0) / 3.0)).abs() < 1e-3);

        // Truths and samples are normal; the samples' deviation is what is tried.
        let mut stream = crate::random::Stream::new(1, 0, "crps");
        let mut field = |deviation: f64| {
            let values: Vec<f32> = (0..4096).map(|_| (stream.normal() * deviation) as f32).collect();
            tensor(&values, [1, 1, 64, 64])
        };
        let truth = field(1.0);
        let everywhere = truth.ones_like();
        let mut score = |deviation: f64| {
            let samples: Vec<_> = (0..4).map(|_| field(deviation)).collect();
            value(crps(&samples, &truth, &everywhere))
        };
        let (narrow, right, wide) = (score(0.4), score(1.0), score(2.0));
        assert!(right < narrow && right < wide, "{narrow} {right} {wide}");
    }

    #[test]
    fn equal_images_from_different_codes_cost_the_limit() {
        let device = Device::flex();
        let codes = Tensor::<1>::from_floats([1.0, 1.0], &device);
        let images = Tensor::<1>::from_floats([0.0, 1.0], &device);
        let loss = value(mode_seeking(images, codes, 10.0));
        assert!((loss - f32::midpoint(10.0, 1.0)).abs() < 0.01, "{loss}");
    }

    #[test]
    fn the_sum_of_very_many_numbers_is_the_same_every_time() {
        let device = Device::flex();
        let count = PARALLEL + ROW / 2;
        let mut stream = crate::random::Stream::new(1, 0, "total");
        let values: Vec<f32> = (0..count).map(|_| stream.uniform_f32()).collect();
        let exact: f64 = values.iter().map(|&value| f64::from(value)).sum();
        let x = Tensor::<1>::from_floats(values.as_slice(), &device);
        let sums: Vec<u32> = (0..6).map(|_| value(total(x.clone())).to_bits()).collect();
        assert!(sums.iter().all(|sum| *sum == sums[0]), "{sums:?}");
        assert!((f64::from(f32::from_bits(sums[0])) / exact - 1.0).abs() < 1e-5);
    }
}
