//! Land codes as numbers: drawing, mixing, following a direction.

use crate::random::Stream;

/// Purpose under which codes are drawn.
const PURPOSE: &str = "latent/prior";

/// Largest magnitude of a code's number: farther out a network was never trained. The same as where
/// `--latent` refuses a file.
pub const LIMIT: f32 = 6.0;

/// Sine of the angle below which two codes are mixed along a straight line: there the arc is one.
const STRAIGHT: f64 = 1e-4;

/// Sample `index` of the prior under a seed: `numbers` standard normal numbers.
#[must_use]
pub fn prior(seed: u64, index: u64, numbers: usize) -> Vec<f32> {
    let mut code = vec![0.0; numbers];
    Stream::new(seed, index, PURPOSE).fill_normal(&mut code);
    code
}

/// `share` of the way from `a` to `b`, 0 to 1, along the arc between their directions, while the length
/// passes evenly from one's to the other's (Shoemake 1985, for codes of unequal lengths).
///
/// Standard normal codes of many numbers lie near a sphere; the straight line between two leaves it
/// and shows surfaces paler than either. Where an arc is not defined (a code of 0, opposite or equal
/// directions) the straight line is taken.
#[must_use]
pub fn interpolated(a: &[f32], b: &[f32], share: f32) -> Vec<f32> {
    if share == 1.0 {
        // Exactly, whatever rounding makes of the sine.
        return b.to_vec();
    }
    let share = f64::from(share);
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(&a, &b)| f64::from(a) * f64::from(b)).sum::<f64>();
    let (of_a, of_b) = (dot(a, a).sqrt(), dot(b, b).sqrt());
    let angle = (dot(a, b) / (of_a * of_b)).clamp(-1.0, 1.0).acos();
    let straight = !angle.is_finite() || angle.sin() < STRAIGHT;
    let (weight_a, weight_b) = if straight {
        (1.0 - share, share)
    } else {
        let length = of_a + share * (of_b - of_a);
        let part = |share: f64, of: f64| (share * angle).sin() / angle.sin() * length / of;
        (part(1.0 - share, of_a), part(share, of_b))
    };
    let mixed = |(&a, &b): (&f32, &f32)| (weight_a * f64::from(a) + weight_b * f64::from(b)) as f32;
    a.iter().zip(b).map(mixed).collect()
}

/// A code moved `step` along a direction, each number held within [`LIMIT`].
#[must_use]
pub fn along(code: &[f32], direction: &[f32], step: f32) -> Vec<f32> {
    code.iter().zip(direction).map(|(&z, &d)| (z + step * d).clamp(-LIMIT, LIMIT)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn length(code: &[f32]) -> f32 {
        code.iter().map(|z| z * z).sum::<f32>().sqrt()
    }

    #[test]
    fn samples_are_named_by_seed_and_index_and_are_standard_normal() {
        assert_eq!(prior(3, 5, 16), prior(3, 5, 16));
        assert_ne!(prior(3, 5, 16), prior(3, 6, 16));
        assert_ne!(prior(3, 5, 16), prior(4, 5, 16));
        let all: Vec<f32> = (0..1000).flat_map(|index| prior(1, index, 16)).collect();
        let mean = all.iter().sum::<f32>() / all.len() as f32;
        let square = all.iter().map(|z| z * z).sum::<f32>() / all.len() as f32;
        assert!(mean.abs() < 0.03 && (square - 1.0).abs() < 0.05, "{mean} {square}");
    }

    #[test]
    fn an_arc_begins_and_ends_at_its_codes_and_keeps_their_length() {
        let (a, b) = ([2.0, 0.0, 0.0], [0.0, 2.0, 0.0]);
        assert_eq!(interpolated(&a, &b, 0.0), a);
        assert_eq!(interpolated(&a, &b, 1.0), b);
        for (found, expected) in interpolated(&a, &b, 0.999_999).iter().zip(b) {
            assert!((found - expected).abs() < 1e-5);
        }
        let middle = interpolated(&a, &b, 0.5);
        assert!((length(&middle) - 2.0).abs() < 1e-6);
        assert!((middle[0] - middle[1]).abs() < 1e-6);
        let longer = interpolated(&a, &[0.0, 4.0, 0.0], 0.5);
        assert!((length(&longer) - 3.0).abs() < 1e-6);
    }

    #[test]
    fn where_there_is_no_arc_the_line_is_taken() {
        assert_eq!(interpolated(&[0.0, 0.0], &[2.0, 4.0], 0.5), [1.0, 2.0]);
        assert_eq!(interpolated(&[1.0, 0.0], &[-1.0, 0.0], 0.5), [0.0, 0.0]);
        assert_eq!(interpolated(&[1.0, 0.0], &[3.0, 0.0], 0.25), [1.5, 0.0]);
    }

    #[test]
    fn a_step_stays_within_what_was_trained() {
        assert_eq!(along(&[0.0, 5.0], &[0.5, 1.0], 2.0), [1.0, LIMIT]);
    }
}
