//! Where a generator put cloud: what it changed, and how well that agrees with a place.

use crate::raster::Plane;

/// A pixel counts as put under cloud or shadow where it changed by more than this: root mean square over
/// bands, reflectance. How well the rule sees real cloud is reported beside what it finds.
pub const CHANGED: f64 = 0.02;

/// How much each pixel changed: root mean square over bands of after − before, reflectance.
#[must_use]
pub fn change(before: &[Plane<f32>], after: &[Plane<f32>]) -> Plane<f64> {
    let (width, height) = before.first().map_or((0, 0), |plane| (plane.width, plane.height));
    let mut squares = vec![0.0; width * height];
    for (before, after) in before.iter().zip(after) {
        for ((square, &before), &after) in squares.iter_mut().zip(&before.data).zip(&after.data) {
            *square += f64::from(after - before).powi(2);
        }
    }
    let bands = before.len().max(1) as f64;
    Plane::from_vec(width, height, squares.into_iter().map(|square| (square / bands).sqrt()).collect())
}

/// Intersection over union of two sets of pixels; `None` pixels are left out. None where both are empty.
#[must_use]
pub fn iou(pixels: impl Iterator<Item = Option<(bool, bool)>>) -> Option<f64> {
    let (mut both, mut either) = (0_u64, 0_u64);
    for (a, b) in pixels.flatten() {
        both += u64::from(a && b);
        either += u64::from(a || b);
    }
    (either > 0).then(|| both as f64 / either as f64)
}
