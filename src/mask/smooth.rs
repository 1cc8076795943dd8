//! From a likelihood a pixel to a cloud mask: average over a disc, cut, dilate, exactly as
//! s2cloudless does it (OpenCV's `filter2D` with `BORDER_REFLECT`, then `dilate`).

use rayon::prelude::*;

use super::{CLEAR, CLOUD, Mask, alpha};
use crate::progress::Monitor;
use crate::raster::Plane;

/// Rows handled together, so that the sums of a row are made about once and never kept for all.
const BLOCK: usize = 64;

/// Mean over a disc of the given radius; beyond the edge the plane is mirrored, edge pixel
/// included. Tells the pixels that are done.
pub(super) fn disc_mean(plane: &Plane<f32>, radius: usize, monitor: &dyn Monitor) -> Plane<f32> {
    if radius == 0 || plane.data.is_empty() {
        monitor.advance(plane.data.len() as u64);
        return plane.clone();
    }
    let (width, height) = (plane.width, plane.height);
    let reach = radius as isize;
    let half: Vec<isize> =
        (-reach..=reach).map(|dy| ((reach * reach - dy * dy) as f64).sqrt().floor() as isize).collect();
    let area: isize = half.iter().map(|half| 2 * half + 1).sum();
    // Running sums of every row, mirrored at both ends, in f64 so that no rounding accumulates.
    let padded = width + 2 * radius;
    let sums_of = |y: usize| {
        let row = plane.row(y);
        let mut sums = Vec::with_capacity(padded + 1);
        let mut sum = 0.0_f64;
        sums.push(0.0);
        for x in -reach..(width as isize + reach) {
            sum += f64::from(row[mirror(x, width)]);
            sums.push(sum);
        }
        sums
    };
    let mut out = Plane::filled(width, height, 0.0_f32);
    out.data.par_chunks_mut(width * BLOCK).enumerate().for_each(|(block, out)| {
        let first = (block * BLOCK) as isize - reach;
        let rows = out.len() / width;
        let sums: Vec<_> =
            (first..first + (rows + 2 * radius) as isize).map(|y| sums_of(mirror(y, height))).collect();
        for (row, out) in out.chunks_mut(width).enumerate() {
            for (x, mean) in out.iter_mut().enumerate() {
                let centre = (x + radius) as isize;
                let total: f64 = half
                    .iter()
                    .zip(&sums[row..])
                    .map(|(half, sums)| sums[(centre + half + 1) as usize] - sums[(centre - half) as usize])
                    .sum();
                *mean = (total / area as f64) as f32;
            }
        }
        monitor.advance(out.len() as u64);
    });
    out
}

/// An index beyond either end, mirrored back in with the edge repeated.
pub(super) fn mirror(index: isize, len: usize) -> usize {
    let period = 2 * len as isize;
    let index = index.rem_euclid(period);
    if index < len as isize { index as usize } else { (period - 1 - index) as usize }
}

/// Cloud where the mean over a disc exceeds `threshold`, grown by a disc.
pub(super) fn cut(
    likelihood: &Plane<f32>,
    average_px: usize,
    threshold: f32,
    dilate_px: usize,
    monitor: &dyn Monitor,
) -> Plane<u8> {
    let pixels = likelihood.data.len() as u64;
    monitor.stage("smoothing", 2 * pixels);
    let mean = disc_mean(likelihood, average_px, monitor);
    let codes = mean.map(|value| if value > threshold { CLOUD } else { CLEAR });
    let mask = Mask { codes, source: String::new() };
    let grown = alpha(&mask, dilate_px as u32, 0).0.map(|m| if m == 255 { CLOUD } else { CLEAR });
    monitor.advance(pixels);
    grown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn the_mean_is_that_of_the_disc_with_mirrored_edges() {
        let (width, height) = (7, 70);
        let data = (0..width * height).map(|i| ((i * 7919) % 101) as f32).collect();
        let plane = Plane::from_vec(width, height, data);
        let mean = disc_mean(&plane, 4, &Silent);
        for (x, y) in [(0, 0), (3, 40), (6, 69), (2, 63), (5, 64)] {
            let (mut sum, mut count) = (0.0, 0.0);
            for (dx, dy) in (-4_isize..=4).flat_map(|dx| (-4_isize..=4).map(move |dy| (dx, dy))) {
                if dx * dx + dy * dy <= 16 {
                    sum += plane.get(mirror(x as isize + dx, width), mirror(y as isize + dy, height));
                    count += 1.0;
                }
            }
            assert!((mean.get(x, y) - sum / count).abs() < 1e-3, "{x}, {y}");
        }
    }
}
