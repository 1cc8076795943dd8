//! Dilation and outward feathering: from classes to the mask m of the model.
//!
//! The squared Euclidean distance to the nearest cloud or shadow pixel is exact up to
//! `dilate + feather` pixels and found in two separable integer passes: along rows (one byte a
//! pixel), then along columns over at most `2·radius + 1` rows.

use rayon::prelude::*;

use super::{Alpha, CLOUD, INVALID, Mask, SHADOW};
use crate::raster::Plane;

/// Greatest `dilate + feather`: row distances are kept in one byte.
pub const MAX_RADIUS_PX: u32 = 254;
/// A row distance that stands for "farther than the radius".
const FAR: u8 = u8::MAX;

/// The mask m in 255ths: 255 within `dilate_px` of cloud or shadow, falling linearly to 0 at
/// `feather_px` beyond, exactly 0 farther away and wherever nothing was measured.
///
/// The sum of both is limited to [`MAX_RADIUS_PX`]: the feather is shortened first. Besides the
/// result it needs one byte a pixel.
#[must_use]
pub fn alpha(mask: &Mask, dilate_px: u32, feather_px: u32) -> Alpha {
    let codes = &mask.codes;
    if codes.width == 0 || codes.height == 0 {
        return Alpha(Plane::filled(codes.width, codes.height, 0));
    }
    let dilate = dilate_px.min(MAX_RADIUS_PX);
    let feather = feather_px.min(MAX_RADIUS_PX - dilate);
    let radius = (dilate + feather) as usize;
    let weights = weights(dilate, feather);
    let along_rows = row_distances(codes, radius);
    // Rows without any cloud near enough are skipped when columns are searched.
    let empty: Vec<bool> =
        along_rows.par_chunks(codes.width).map(|row| row.iter().all(|&d| d == FAR)).collect();
    let mut out = Plane::filled(codes.width, codes.height, 0_u8);
    out.data.par_chunks_mut(codes.width).enumerate().for_each_init(
        || vec![0_u16; codes.width],
        |squares, (y, out)| {
            let first = y.saturating_sub(radius);
            let last = (y + radius).min(codes.height - 1);
            if (first..=last).all(|row| empty[row]) {
                return;
            }
            squares.fill(u16::MAX);
            for row in (first..=last).filter(|&row| !empty[row]) {
                let offset = row.abs_diff(y) as u16;
                lower(squares, &along_rows[row * codes.width..][..codes.width], offset * offset);
            }
            for ((m, &square), &code) in out.iter_mut().zip(squares.iter()).zip(codes.row(y)) {
                *m = if code == INVALID { 0 } else { weights[usize::from(square)] };
            }
        },
    );
    Alpha(out)
}

/// Takes one row's candidates into the least squared distances.
#[inline]
fn lower(squares: &mut [u16], distances: &[u8], offset_squared: u16) {
    for (square, &distance) in squares.iter_mut().zip(distances) {
        let distance = u16::from(distance);
        *square = (*square).min((distance * distance).saturating_add(offset_squared));
    }
}

/// For each pixel, the distance along its row to the nearest cloud or shadow; [`FAR`] beyond
/// `radius`.
fn row_distances(codes: &Plane<u8>, radius: usize) -> Vec<u8> {
    let mut distances = vec![FAR; codes.data.len()];
    distances.par_chunks_mut(codes.width).enumerate().for_each(|(y, out)| {
        let row = codes.row(y);
        let covered = |x: usize| row[x] == CLOUD || row[x] == SHADOW;
        let mut since = usize::from(FAR);
        for (x, distance) in out.iter_mut().enumerate() {
            since = if covered(x) { 0 } else { since + 1 };
            if since <= radius {
                *distance = since as u8;
            }
        }
        since = usize::from(FAR);
        for (x, distance) in out.iter_mut().enumerate().rev() {
            since = if covered(x) { 0 } else { since + 1 };
            if since <= radius {
                *distance = (*distance).min(since as u8);
            }
        }
    });
    distances
}

/// m for every squared distance that fits the type.
fn weights(dilate: u32, feather: u32) -> Vec<u8> {
    let (inner, outer) = (dilate * dilate, (dilate + feather) * (dilate + feather));
    (0..=u32::from(u16::MAX))
        .map(|square| {
            if square <= inner {
                255
            } else if square >= outer {
                0
            } else {
                let beyond = f64::from(square).sqrt() - f64::from(dilate);
                (255.0 * (1.0 - beyond / f64::from(feather))).round() as u8
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The definition, pixel against pixel.
    fn by_definition(codes: &Plane<u8>, dilate: u32, feather: u32) -> Vec<u8> {
        let covered: Vec<(i64, i64)> = (0..codes.data.len())
            .filter(|&i| matches!(codes.data[i], CLOUD | SHADOW))
            .map(|i| ((i % codes.width) as i64, (i / codes.width) as i64))
            .collect();
        (0..codes.data.len())
            .map(|i| {
                let (x, y) = ((i % codes.width) as i64, (i / codes.width) as i64);
                let nearest = covered.iter().map(|(u, v)| (u - x).pow(2) + (v - y).pow(2)).min();
                let Some(square) = nearest else { return 0 };
                let distance = (square as f64).sqrt();
                if codes.data[i] == INVALID {
                    0
                } else if distance <= f64::from(dilate) {
                    255
                } else {
                    let left = 1.0 - (distance - f64::from(dilate)) / f64::from(feather);
                    if feather == 0 { 0 } else { (255.0 * left.max(0.0)).round() as u8 }
                }
            })
            .collect()
    }

    proptest! {
        #[test]
        fn distances_are_euclidean_and_exact(
            width in 1_usize..40, height in 1_usize..40, seed in any::<u64>(),
            share in 1_u64..80, dilate in 0_u32..12, feather in 0_u32..20,
        ) {
            let mut state = seed | 1;
            let codes: Vec<u8> = (0..width * height).map(|_| {
                state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                match (state >> 33) % 400 { n if n < share => 1, n if n < 2 * share => 2, n if n > 390 => 255, _ => 0 }
            }).collect();
            let mask = Mask { codes: Plane::from_vec(width, height, codes), source: String::new() };
            let found = alpha(&mask, dilate, feather);
            prop_assert_eq!(found.0.data, by_definition(&mask.codes, dilate, feather));
        }
    }

    #[test]
    fn the_greatest_radius_does_not_overflow() {
        let mut codes = Plane::filled(600, 3, 0_u8);
        codes.set(0, 1, CLOUD);
        let mask = Mask { codes, source: String::new() };
        let found = alpha(&mask, 1000, 1000).0;
        assert_eq!(found.get(254, 1), 255);
        assert_eq!((found.get(255, 1), found.get(599, 2)), (0, 0));
    }

    #[test]
    fn a_mask_without_cloud_changes_nothing() {
        let mask = Mask { codes: Plane::filled(9, 7, 0), source: String::new() };
        assert!(alpha(&mask, 5, 8).0.data.iter().all(|&m| m == 0));
    }
}
