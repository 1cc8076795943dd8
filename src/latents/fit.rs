//! The land code whose surface is nearest to ground that is known.

use super::{Held, LIMIT};
use crate::progress::Monitor;
use crate::random::Stream;
use crate::raster::Plane;

/// What a squared deviation of the prior counts against a mean absolute error of reflectance: a code of length 3 is
/// followed for 0.0001 reflectance, so that numbers which change nothing stay near 0.
const RIDGE: f64 = 1e-5;
/// Below this, reflectance, an error counts by its square, so that it has a slope at 0.
const SMALL: f64 = 0.002;
/// Rounds of a fit.
const ROUNDS: usize = 6;
/// Codes of the prior that a fit looks at before it begins.
const BEGINNINGS: u64 = 16;
/// Pixels of cloud from which a code is fitted to them alone.
#[cfg(feature = "gdal")]
const CORE_PX: usize = 64;

/// The code near `start` whose surface is nearest to a clear date (a plane a band, reflectance) where `mask` is not 0:
/// the least mean absolute error and `1e-5·|z|²`, by Gauss and Newton's steps on squares weighted by the error itself
/// (iteratively reweighted least squares, Holland and Welsch 1977) with central differences. What an encoder finds in
/// one look is refined by looking at what it makes (Kim et al. 2018). It begins at the best of `start`, the code 0 and
/// sixteen fixed codes of the prior, and a step that does not improve is not taken, so the result is never worse than
/// any of them by this measure.
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
    let image = |code: &[f32]| gathered(&held.images(&[code.to_vec()])[0], &pixels);
    monitor.stage("fitting the code", (ROUNDS * start.len()) as u64);
    let (mut code, mut made) = (start.to_vec(), image(start));
    for other in beginnings(start.len()) {
        if monitor.is_cancelled() {
            return code;
        }
        let values = image(&other);
        if cost(&values, &truth, &other) < cost(&made, &truth, &code) {
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
            (cost(&values, &truth, &next) < cost(&made, &truth, &code)).then_some((next, values))
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

/// What is made least: the mean of the errors' sizes, and the ridge.
fn cost(values: &[f32], truth: &[f32], code: &[f32]) -> f64 {
    let sum: f64 = values.iter().zip(truth).map(|(&a, &b)| size(f64::from(b - a))).sum();
    sum / truth.len() as f64 + RIDGE * code.iter().map(|&z| f64::from(z).powi(2)).sum::<f64>()
}

/// An error's size, smooth at 0.
fn size(error: f64) -> f64 {
    error.hypot(SMALL)
}

/// `(JᵀWJ/n + 2·ridge)⁻¹ · (JᵀW(truth − made)/n − 2·ridge · z)` with `W = 1/size`; none where it was cancelled.
fn newton_step(
    held: &Held<'_>,
    pixels: &[usize],
    (truth, made): (&[f32], &[f32]),
    code: &[f32],
    monitor: &dyn Monitor,
) -> Option<Vec<f64>> {
    let numbers = code.len();
    let changes = slopes(held, pixels, code, monitor)?;
    let count = truth.len() as f64;
    let left: Vec<f64> = truth.iter().zip(made).map(|(&a, &b)| f64::from(a) - f64::from(b)).collect();
    let weights: Vec<f64> = left.iter().map(|&error| 1.0 / (count * size(error))).collect();
    let dot = |a: &[f32], b: &[f32]| -> f64 {
        a.iter().zip(b).zip(&weights).map(|((&a, &b), w)| w * f64::from(a) * f64::from(b)).sum()
    };
    let matrix: Vec<f64> =
        (0..numbers * numbers).map(|i| dot(&changes[i / numbers], &changes[i % numbers])).collect();
    let right = changes.iter().zip(code).map(|(change, &z)| {
        let along: f64 =
            change.iter().zip(&left).zip(&weights).map(|((&c, e), w)| w * f64::from(c) * e).sum();
        along - 2.0 * RIDGE * f64::from(z)
    });
    let right: Vec<f64> = right.collect();
    // Solved in the matrix's own directions, where the ridge is a number each.
    let mut step = vec![0.0; numbers];
    for (value, vector) in super::eigen::symmetric(&matrix, numbers) {
        let along: f64 = vector.iter().zip(&right).map(|(a, b)| a * b).sum();
        step.iter_mut().zip(&vector).for_each(|(s, v)| *s += v * along / (value.max(0.0) + 2.0 * RIDGE));
    }
    Some(step)
}

/// How the values of some pixels change with each number of a code; none where it was cancelled.
fn slopes(held: &Held<'_>, pixels: &[usize], code: &[f32], monitor: &dyn Monitor) -> Option<Vec<Vec<f32>>> {
    const STEP: f32 = 0.25;
    let moved = |number: usize, by: f32| {
        let mut code = code.to_vec();
        code[number] += by;
        code
    };
    let slope = |number| {
        if monitor.is_cancelled() {
            return None;
        }
        monitor.advance(1);
        let pair = held.images(&[moved(number, STEP), moved(number, -STEP)]);
        let (up, down) = (gathered(&pair[0], pixels), gathered(&pair[1], pixels));
        Some(up.iter().zip(down).map(|(up, down)| (up - down) / (2.0 * STEP)).collect())
    };
    (0..code.len()).map(slope).collect()
}

/// m where the mask says cloud; all of it where that is next to nothing. In a shadow and at a margin the image shows the
/// ground, so how a surface fits there says little of the code.
#[cfg(feature = "gdal")]
pub(super) fn core(alpha: &Plane<u8>, cloud: &Plane<u8>) -> Plane<u8> {
    let both = alpha.data.iter().zip(&cloud.data).map(|(&m, &cloud)| m.min(cloud)).collect();
    let core = Plane::from_vec(alpha.width, alpha.height, both);
    let left = core.data.iter().filter(|m| **m > 0).count();
    if left < CORE_PX { alpha.clone() } else { core }
}

/// Mean absolute difference over bands and pixels under a mask where both are known.
#[cfg(feature = "gdal")]
pub(super) fn deviation_of(image: &[Plane<f32>], clear: &[Plane<f32>], mask: &Plane<u8>) -> f64 {
    let (mut sum, mut count) = (0.0, 0_u64);
    for (image, clear) in image.iter().zip(clear) {
        let pairs = image.data.iter().zip(&clear.data).zip(&mask.data);
        for ((a, b), _) in pairs.filter(|((a, b), m)| **m > 0 && a.is_finite() && b.is_finite()) {
            sum += f64::from(a - b).abs();
            count += 1;
        }
    }
    sum / count.max(1) as f64
}

#[cfg(all(test, feature = "gdal"))]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_fitted_to_what_lies_under_the_cloud_itself() {
        let alpha = Plane::filled(20, 10, 200);
        let cloud = |pixels: usize| {
            let mut cloud = Plane::filled(20, 10, 0);
            cloud.data[..pixels].fill(255);
            core(&alpha, &cloud).data.iter().filter(|m| **m > 0).count()
        };
        assert_eq!((cloud(100), cloud(10)), (100, 200), "of ten pixels nothing can be told");
    }
}
