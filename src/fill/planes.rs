//! The fill of planes in memory: training patches, and tests.

use rayon::prelude::*;

use super::Field;
use super::base::{Total, bases};
use super::cells::gather_band;
use super::smooth::estimate;
use crate::bands::{Band, Level};
use crate::mask::Alpha;
use crate::raster::{Plane, Window};

/// The fill of an image in memory, in reflectance: one plane a band, never NaN. `planes` are the
/// reflectances of `bands` on one 10 m grid (NaN where nothing was measured), `alpha` the mask m on
/// it. It is to the last bit what [`FillContext`](super::FillContext) makes of the same image on
/// disk with all bands at 10 m; bands at 20 and 60 m there are gathered at their native sizes, so
/// that a scene on disk and its planes brought to 10 m differ a little beside the mask.
///
/// Pixels that are no reflectance are left out, and nobody is told when most are: values come from a
/// reader that knows their radiometry.
///
/// # Panics
/// When numbers of planes and bands or sizes differ: a programming error, never a user's.
#[must_use]
pub fn fill_planes(
    planes: &[Plane<f32>],
    bands: &[Band],
    level: Option<Level>,
    alpha: &Alpha,
) -> Vec<Plane<f32>> {
    assert_eq!(planes.len(), bands.len(), "a plane for each band");
    let window = Window::new(0, 0, alpha.0.width, alpha.0.height);
    let gathered: Vec<_> = planes
        .par_iter()
        .map(|plane| {
            assert_eq!((plane.width, plane.height), (window.width, window.height), "one grid");
            let cells = gather_band(plane, window, 1, alpha, window);
            let total = Total::of(&cells);
            (cells, total)
        })
        .collect();
    let (cells, totals): (Vec<_>, Vec<_>) = gathered.into_iter().unzip();
    let named: Vec<_> = bands.iter().copied().map(Some).collect();
    cells
        .into_par_iter()
        .zip(bases(&named, level, &totals))
        .map(|(cells, base)| Field::new(estimate(&cells.weight, &cells.sum, base)).render(window))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fill::Prior;

    fn land(width: usize, height: usize) -> Plane<f32> {
        let value = |i: usize| 0.2 + 0.1 * (i % width) as f32 / width as f32;
        Plane::from_vec(width, height, (0..width * height).map(value).collect())
    }

    /// m = 1 on the columns from `first` to `last`.
    fn covered(width: usize, height: usize, first: usize, last: usize) -> Alpha {
        let mut m = Plane::filled(width, height, 0);
        (0..height).for_each(|y| m.row_mut(y)[first..last].fill(255));
        Alpha(m)
    }

    #[test]
    fn what_lies_under_the_mask_is_never_looked_at() {
        let alpha = covered(64, 40, 20, 45);
        let land = land(64, 40);
        let mut cloudy = land.clone();
        (0..40).for_each(|y| cloudy.row_mut(y)[20..45].fill(0.9));
        let bands = [Band::B04];
        let fill = fill_planes(std::slice::from_ref(&land), &bands, None, &alpha);
        assert_eq!(fill_planes(&[cloudy], &bands, None, &alpha), fill);
        let middle = fill[0].get(32, 20);
        assert!((middle - land.get(32, 20)).abs() < 0.02, "{middle}");
    }

    #[test]
    fn without_a_clear_pixel_there_is_the_training_mean_and_nan_stays_out() {
        let bands = [Band::B02, Band::B11];
        let planes = [land(16, 16), Plane::filled(16, 16, f32::NAN)];
        let prior = |band| Prior::of(Some(Level::L1C)).mean(Some(band)).expect("an optical band");
        let all = fill_planes(&planes, &bands, Some(Level::L1C), &covered(16, 16, 0, 16));
        let none = fill_planes(&planes, &bands, Some(Level::L1C), &covered(16, 16, 0, 0));
        for (plane, band) in [(&all[0], Band::B02), (&all[1], Band::B11), (&none[1], Band::B11)] {
            assert!(plane.data.iter().all(|&value| (value - prior(band)).abs() < 1e-6), "{band}");
        }
    }
}
