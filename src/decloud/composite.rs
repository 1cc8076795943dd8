//! `comp(x, ŷ) = (1 − m)·x + m·ŷ`, at each band's native size, on stored values.

use crate::each_samples;
use crate::raster::{Plane, Samples, SceneBand, Window};

/// The native pixels of size `ratio` whose first scene pixel lies in `window`, inside a native grid
/// of `width` × `height`. Windows that tile the scene's grid give windows that tile the native one.
#[must_use]
pub fn native_part(window: Window, ratio: usize, width: usize, height: usize) -> Window {
    let (x, y) = (window.x.div_ceil(ratio), window.y.div_ceil(ratio));
    let right = (window.x + window.width).div_ceil(ratio).min(width);
    let bottom = (window.y + window.height).div_ceil(ratio).min(height);
    Window::new(x, y, right.saturating_sub(x), bottom.saturating_sub(y))
}

/// The scene pixels under a native window, inside the scene's `width` × `height`.
pub(super) fn children(native: Window, ratio: usize, width: usize, height: usize) -> Window {
    let (x, y) = (native.x * ratio, native.y * ratio);
    let right = ((native.x + native.width) * ratio).min(width);
    let bottom = ((native.y + native.height) * ratio).min(height);
    Window::new(x, y, right.saturating_sub(x), bottom.saturating_sub(y))
}

/// The mean of m over each native pixel's children, in 0..1: exactly 0 where all are 0, and only
/// there.
#[must_use]
pub fn native_mask(alpha: &Plane<u8>, native: Window, ratio: usize) -> Plane<f32> {
    let mut mask = Plane::filled(native.width, native.height, 0.0_f32);
    if ratio == 1 {
        for y in 0..native.height {
            let row = &alpha.row(native.y + y)[native.x..native.x + native.width];
            for (m, &alpha) in mask.row_mut(y).iter_mut().zip(row) {
                *m = f32::from(alpha) / 255.0;
            }
        }
        return mask;
    }
    let window = children(native, ratio, alpha.width, alpha.height);
    let mut sums = vec![0_u32; native.width];
    for y in 0..native.height {
        sums.fill(0);
        let first = (native.y + y) * ratio;
        let rows = first..(first + ratio).min(alpha.height);
        for child in rows.clone() {
            let row = &alpha.row(child)[window.x..window.x + window.width];
            for (sum, children) in sums.iter_mut().zip(row.chunks(ratio)) {
                *sum += children.iter().map(|&m| u32::from(m)).sum::<u32>();
            }
        }
        for (x, (m, &sum)) in mask.row_mut(y).iter_mut().zip(&sums).enumerate() {
            let columns = ratio.min(window.width - x * ratio);
            *m = sum as f32 / (255 * columns * rows.len()) as f32;
        }
    }
    mask
}

/// What m becomes in the band `synthetic`: round(255·m), but at least 1 where anything was changed,
/// so that 0 means copied.
#[inline]
pub(super) fn synthetic(m: f32) -> u8 {
    if m > 0.0 { ((255.0 * m).round() as u8).max(1) } else { 0 }
}

/// How many pixels of a window were copied, made, and nodata.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub copied: u64,
    pub made: u64,
    pub nodata: u64,
}

impl Counts {
    pub(super) fn add(&mut self, other: Self) {
        self.copied += other.copied;
        self.made += other.made;
        self.nodata += other.nodata;
    }
}

/// Composites the part `place` (a window inside the samples, which are `stride` wide): pixels with
/// m > 0 that are not nodata become `(1 − m)·x + m·made`, everything else stays bit for bit.
/// `mask` and `made` have the part's size. What was touched is marked in `touched`, one flag a
/// sample.
pub(super) fn composite(
    samples: &mut Samples,
    stride: usize,
    place: Window,
    mask: &Plane<f32>,
    made: &Plane<f32>,
    band: &SceneBand,
) {
    let (scale, offset) = (band.radiometry.scale, band.radiometry.offset);
    let (dtype, nodata) = (band.dtype, band.nodata);
    each_samples!(samples, values => {
        for y in 0..place.height {
            let start = (place.y + y) * stride + place.x;
            let row = &mut values[start..start + place.width];
            for ((value, &m), &made) in row.iter_mut().zip(mask.row(y)).zip(made.row(y)) {
                if m > 0.0 && !made.is_nan() {
                    #[allow(
                        clippy::cast_lossless,
                        clippy::unnecessary_cast,
                        reason = "the macro's type may be f64 already"
                    )]
                    let stored = *value as f64;
                    if !nodata.matches(stored) {
                        let (m, made) = (f64::from(m), f64::from(made));
                        let reflectance = (1.0 - m) * (stored * scale + offset) + m * made;
                        *value = band.radiometry.dn(reflectance, dtype, &nodata) as _;
                    }
                }
            }
        }
    });
}

/// Counts what happened to a window of samples (without a mask all of it was copied), and marks
/// where at least one band measured something.
pub(super) fn count(
    samples: &Samples,
    mask: Option<&Plane<f32>>,
    band: &SceneBand,
    measured: &mut [bool],
) -> Counts {
    let mut counts = Counts::default();
    let Some(mask) = mask else {
        return count(samples, Some(&Plane::filled(samples.len(), 1, 0.0)), band, measured);
    };
    each_samples!(samples, values => {
        for ((&value, &m), measured) in values.iter().zip(&mask.data).zip(measured) {
            #[allow(
                        clippy::cast_lossless,
                        clippy::unnecessary_cast,
                        reason = "the macro's type may be f64 already"
                    )]
            let nodata = band.nodata.matches(value as f64);
            *measured |= !nodata;
            counts.nodata += u64::from(nodata);
            counts.made += u64::from(!nodata && m > 0.0);
            counts.copied += u64::from(!nodata && m <= 0.0);
        }
    });
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn windows_that_tile_the_scene_tile_every_native_grid(
            width in 1_usize..90, height in 1_usize..70, columns in 1_usize..40, rows in 1_usize..40,
            ratio in 1_usize..8,
        ) {
            let (native_width, native_height) = (width.div_ceil(ratio), height.div_ceil(ratio));
            let mut seen = Plane::filled(native_width, native_height, 0_u8);
            for y in (0..height).step_by(rows) {
                for x in (0..width).step_by(columns) {
                    let window = Window::new(x, y, columns.min(width - x), rows.min(height - y));
                    let part = native_part(window, ratio, native_width, native_height);
                    for row in part.y..part.y + part.height {
                        for column in part.x..part.x + part.width {
                            seen.set(column, row, seen.get(column, row) + 1);
                        }
                    }
                }
            }
            prop_assert!(seen.data.iter().all(|&times| times == 1));
        }

        #[test]
        fn a_native_pixel_is_copied_only_if_all_its_children_are(
            width in 1_usize..30, height in 1_usize..30, ratio in 1_usize..7, spots in prop::collection::vec((0_usize..30, 0_usize..30, 1_u8..=255), 0..6),
        ) {
            let mut alpha = Plane::filled(width, height, 0_u8);
            for (x, y, m) in spots {
                if x < width && y < height {
                    alpha.set(x, y, m);
                }
            }
            let native = Window::new(0, 0, width.div_ceil(ratio), height.div_ceil(ratio));
            let mask = native_mask(&alpha, native, ratio);
            for y in 0..native.height {
                for x in 0..native.width {
                    let inside = children(Window::new(x, y, 1, 1), ratio, width, height);
                    let touched = alpha.crop(inside).data.iter().any(|&m| m > 0);
                    prop_assert_eq!(synthetic(mask.get(x, y)) > 0, touched);
                    prop_assert!(mask.get(x, y) <= 1.0);
                }
            }
        }
    }
}
