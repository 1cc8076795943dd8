//! Between grids whose pixels nest: bilinear towards finer, area mean towards coarser.
//!
//! Every output pixel depends only on the scene's pixels around it, never on the window asked for,
//! so a result cannot change with how a scene is cut.

use super::{Plane, Window};

/// The window of a grid `ratio` times coarser that [`upsample`] needs for `window`: the pixels
/// that cover it and one more on each side, inside the coarse grid.
#[must_use]
pub fn support(window: Window, ratio: usize, coarse_width: usize, coarse_height: usize) -> Window {
    if ratio == 1 {
        return window;
    }
    let core = window.coarser(ratio, coarse_width, coarse_height);
    let x = core.x.saturating_sub(1);
    let y = core.y.saturating_sub(1);
    let right = (core.x + core.width + 1).min(coarse_width);
    let bottom = (core.y + core.height + 1).min(coarse_height);
    Window::new(x, y, right - x, bottom - y)
}

/// Two neighbours along one axis and the weight of the second.
#[derive(Clone, Copy)]
struct Tap {
    first: usize,
    second: usize,
    weight: f32,
}

/// For each fine pixel of a range, its neighbours in the coarse range that starts at
/// `coarse_start`. Pixel centres are aligned; beyond the edge the edge pixel continues.
fn taps(start: usize, len: usize, ratio: usize, coarse_start: usize, coarse_len: usize) -> Vec<Tap> {
    let last = coarse_start + coarse_len - 1;
    (start..start + len)
        .map(|fine| {
            let position = (fine as f64 + 0.5) / ratio as f64 - 0.5;
            let floor = position.floor();
            let clamp = |value: f64| (value.max(0.0) as usize).clamp(coarse_start, last) - coarse_start;
            Tap { first: clamp(floor), second: clamp(floor + 1.0), weight: (position - floor) as f32 }
        })
        .collect()
}

/// Bilinear interpolation of `coarse`, read over `support`, onto `window` of a grid `ratio` times
/// finer. NaN (nodata) takes no part; where no neighbour is valid the result is NaN.
#[must_use]
pub fn upsample(coarse: &Plane<f32>, support: Window, window: Window, ratio: usize) -> Plane<f32> {
    if ratio == 1 {
        return coarse.clone();
    }
    let columns = taps(window.x, window.width, ratio, support.x, support.width);
    let rows = taps(window.y, window.height, ratio, support.y, support.height);
    let mut data = Vec::with_capacity(window.len());
    for row in &rows {
        let (above, below) = (coarse.row(row.first), coarse.row(row.second));
        for column in &columns {
            let corners = [
                (above[column.first], (1.0 - row.weight) * (1.0 - column.weight)),
                (above[column.second], (1.0 - row.weight) * column.weight),
                (below[column.first], row.weight * (1.0 - column.weight)),
                (below[column.second], row.weight * column.weight),
            ];
            data.push(blend(corners));
        }
    }
    Plane::from_vec(window.width, window.height, data)
}

/// Weighted mean of the values that are not NaN.
#[inline]
pub(super) fn blend(corners: [(f32, f32); 4]) -> f32 {
    let (mut sum, mut total) = (0.0, 0.0);
    for (value, weight) in corners {
        if !value.is_nan() && weight > 0.0 {
            sum += value * weight;
            total += weight;
        }
    }
    if total > 0.0 { sum / total } else { f32::NAN }
}

/// Mean over blocks of `ratio` × `ratio` pixels (smaller at the right and lower edge), NaN left
/// out. `fine` must begin at a multiple of `ratio`.
#[must_use]
pub fn area_mean(fine: &Plane<f32>, ratio: usize) -> Plane<f32> {
    if ratio == 1 {
        return fine.clone();
    }
    let (width, height) = (fine.width.div_ceil(ratio), fine.height.div_ceil(ratio));
    let mut sums = vec![0.0_f64; width * height];
    let mut counts = vec![0_u32; width * height];
    for y in 0..fine.height {
        let base = y / ratio * width;
        for (x, &value) in fine.row(y).iter().enumerate() {
            if !value.is_nan() {
                sums[base + x / ratio] += f64::from(value);
                counts[base + x / ratio] += 1;
            }
        }
    }
    let mean = |(sum, count): (f64, u32)| {
        if count == 0 { f32::NAN } else { (sum / f64::from(count)) as f32 }
    };
    Plane::from_vec(width, height, sums.into_iter().zip(counts).map(mean).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: usize, height: usize) -> Plane<f32> {
        let data = (0..width * height).map(|i| (i % width) as f32 + 10.0 * (i / width) as f32);
        Plane::from_vec(width, height, data.collect())
    }

    #[test]
    fn a_window_is_the_same_whether_read_alone_or_with_the_whole() {
        let coarse = ramp(7, 5);
        let whole = Window::new(0, 0, 42, 30);
        let all = upsample(&coarse, Window::new(0, 0, 7, 5), whole, 6);
        for window in [Window::new(0, 0, 9, 4), Window::new(13, 11, 8, 19), Window::new(41, 29, 1, 1)] {
            let part = support(window, 6, 7, 5);
            let cut = upsample(&coarse.crop(part), part, window, 6);
            assert_eq!(cut, all.crop(window));
        }
    }

    #[test]
    fn a_ramp_stays_a_ramp_inside() {
        let coarse = ramp(8, 8);
        let window = Window::new(4, 4, 8, 8);
        let fine = upsample(&coarse, Window::new(0, 0, 8, 8), window, 2);
        assert!((fine.get(3, 3) - fine.get(2, 3) - 0.5).abs() < 1e-5);
        assert!((area_mean(&fine, 2).get(1, 1) - coarse.get(3, 3)).abs() < 1e-5);
    }

    #[test]
    fn nodata_does_not_bleed() {
        let mut coarse = ramp(3, 3);
        coarse.set(1, 1, f32::NAN);
        let fine = upsample(&coarse, Window::new(0, 0, 3, 3), Window::new(0, 0, 6, 6), 2);
        assert!(fine.data.iter().all(|value| !value.is_nan()));
        let empty = Plane::filled(2, 2, f32::NAN);
        assert!(area_mean(&empty, 2).get(0, 0).is_nan());
    }
}
