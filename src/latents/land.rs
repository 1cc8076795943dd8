//! The land code of ground that is known.

use burn::tensor::Device;

use super::{Held, LIMIT};
use crate::networks::infer::planes;
use crate::networks::{Model, Networks};
use crate::progress::Monitor;
use crate::random::Stream;
use crate::raster::Plane;

/// The codes that `E_land` finds for known ground: a normal distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct LandDistribution {
    /// Its means: the code to be used.
    pub mean: Vec<f32>,
    /// Its standard deviations; 0 for the preset `paper`, whose encoder is deterministic.
    pub deviation: Vec<f32>,
}

/// The land code of a clear date (a plane a band in the model's order, in reflectance) under the cloud
/// of a cloudy date of the same size, pooled over where `alpha` covers it. `None` for a preset
/// without a code.
#[must_use]
pub fn land_of(
    model: &Model,
    clear: &[Plane<f32>],
    cloudy: &[Plane<f32>],
    alpha: &Plane<u8>,
    device: &Device,
) -> Option<LandDistribution> {
    let encoded =
        |image: &[Plane<f32>]| planes(image, device, |band, value| model.encoding.encode(band, value));
    let numbers =
        |tensor: burn::tensor::Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap_or_default();
    match &model.networks {
        Networks::Declouder(networks) => {
            let mask = alpha.map(|m| f32::from(m) / 255.0);
            let mask = planes(std::slice::from_ref(&mask), device, |_, value| value);
            let found = networks.e_land.forward(encoded(clear), encoded(cloudy), mask);
            let deviation = numbers(found.log_variance).iter().map(|value| (0.5 * value).exp()).collect();
            Some(LandDistribution { mean: numbers(found.mean), deviation })
        }
        Networks::Paper(networks) => {
            let mean = numbers(networks.e_b.as_ref()?.forward(encoded(clear), encoded(cloudy)));
            Some(LandDistribution { deviation: vec![0.0; mean.len()], mean })
        }
    }
}

/// What a squared deviation of the prior counts against a mean squared error of reflectance: a fit that gains
/// less than 0.01 reflectance RMS by a code of length 3 is not followed that far.
const RIDGE: f64 = 1e-5;
/// Rounds of a fit.
const ROUNDS: usize = 3;
/// Codes of the prior that a fit looks at before it begins.
const BEGINNINGS: u64 = 16;

/// The code near `start` whose surface fits a clear date best under the mask: Gauss and Newton's steps on
/// `mean((1 − m)·x + m·ŷ(z) − clear)² + 1e-5·|z|²` with central differences, in reflectance. What an
/// encoder finds in one look is refined by looking at what it makes (Kim et al. 2018). It begins at the best of `start`,
/// the code 0 and sixteen fixed codes of the prior, and a step that does not improve is not taken, so the result is never
/// worse than any of them by this measure.
///
/// `clear` is a plane a band over what is shown. It costs about `rounds · (2 · numbers + 1) + 18` decoder passes; the
/// monitor is told of each number's pair, and where it cancels the code is what was reached so far.
#[must_use]
pub fn fitted(
    held: &Held<'_>,
    clear: &[Plane<f32>],
    mask: &Plane<u8>,
    start: &[f32],
    monitor: &dyn Monitor,
) -> Vec<f32> {
    let pixels: Vec<usize> = (0..mask.data.len())
        .filter(|&i| mask.data[i] > 0 && clear.iter().all(|plane| plane.data[i].is_finite()))
        .collect();
    if pixels.is_empty() {
        return start.to_vec();
    }
    let truth = gathered(clear, &pixels);
    let cost = |values: &[f32], code: &[f32]| {
        let square = values.iter().zip(&truth).map(|(&a, &b)| f64::from(a - b).powi(2)).sum::<f64>();
        square / truth.len() as f64 + RIDGE * code.iter().map(|&z| f64::from(z).powi(2)).sum::<f64>()
    };
    let image = |code: &[f32]| gathered(&held.images(&[code.to_vec()])[0], &pixels);
    monitor.stage("fitting the code", (ROUNDS * start.len()) as u64);
    let (mut code, mut made) = (start.to_vec(), image(start));
    for other in beginnings(start.len()) {
        if monitor.is_cancelled() {
            return code;
        }
        let values = image(&other);
        if cost(&values, &other) < cost(&made, &code) {
            (code, made) = (other, values);
        }
    }
    for _ in 0..ROUNDS {
        let Some(step) = newton_step(held, &pixels, (&truth, &made), &code, monitor) else { break };
        // Halved until it helps.
        let better = (0..4).find_map(|halvings| {
            let share = 0.5_f64.powi(halvings);
            let moved = |(&z, step): (&f32, &f64)| (f64::from(z) + share * step) as f32;
            let next: Vec<f32> =
                code.iter().zip(&step).map(moved).map(|z: f32| z.clamp(-LIMIT, LIMIT)).collect();
            let values = image(&next);
            (cost(&values, &next) < cost(&made, &code)).then_some((next, values))
        });
        let Some((next, values)) = better else { break };
        (code, made) = (next, values);
    }
    code
}

/// The code 0, and [`BEGINNINGS`] codes of the prior, the same for every fit.
fn beginnings(numbers: usize) -> impl Iterator<Item = Vec<f32>> {
    let drawn = move |index| {
        let mut code = vec![0.0; numbers];
        Stream::new(0, index, "latents/fit").fill_normal(&mut code);
        code.iter().map(|z: &f32| z.clamp(-LIMIT, LIMIT)).collect()
    };
    std::iter::once(vec![0.0; numbers]).chain((0..BEGINNINGS).map(drawn))
}

/// The values of some pixels, band by band.
fn gathered(image: &[Plane<f32>], pixels: &[usize]) -> Vec<f32> {
    image.iter().flat_map(|plane| pixels.iter().map(|&i| plane.data[i])).collect()
}

/// `(JᵀJ/n + ridge)⁻¹ · (Jᵀ(truth − made)/n − ridge · z)`; none where it was cancelled.
fn newton_step(
    held: &Held<'_>,
    pixels: &[usize],
    (truth, made): (&[f32], &[f32]),
    code: &[f32],
    monitor: &dyn Monitor,
) -> Option<Vec<f64>> {
    const STEP: f32 = 0.25;
    let numbers = code.len();
    let moved = |number: usize, by: f32| {
        let mut code = code.to_vec();
        code[number] += by;
        code
    };
    let changes: Option<Vec<Vec<f32>>> = (0..numbers)
        .map(|number| {
            if monitor.is_cancelled() {
                return None;
            }
            monitor.advance(1);
            let pair = held.images(&[moved(number, STEP), moved(number, -STEP)]);
            let (up, down) = (gathered(&pair[0], pixels), gathered(&pair[1], pixels));
            Some(up.iter().zip(down).map(|(up, down)| (up - down) / (2.0 * STEP)).collect())
        })
        .collect();
    let changes = changes?;
    let count = truth.len() as f64;
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    let left: Vec<f32> = truth.iter().zip(made).map(|(truth, made)| truth - made).collect();
    let matrix: Vec<f64> =
        (0..numbers * numbers).map(|i| dot(&changes[i / numbers], &changes[i % numbers]) / count).collect();
    let right: Vec<f64> =
        (0..numbers).map(|i| dot(&changes[i], &left) / count - RIDGE * f64::from(code[i])).collect();
    // Solved in the matrix's own directions, where the ridge is a number each.
    let mut step = vec![0.0; numbers];
    for (value, vector) in super::eigen::symmetric(&matrix, numbers) {
        let along: f64 = vector.iter().zip(&right).map(|(a, b)| a * b).sum();
        step.iter_mut().zip(&vector).for_each(|(s, v)| *s += v * along / (value.max(0.0) + RIDGE));
    }
    Some(step)
}
