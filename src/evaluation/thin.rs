//! How thick the cloud of an image is, and which cloud is thin.
//!
//! Thin cloud leaves the long waves some transmittance: that a model may use, and a fill cannot. Cloud
//! is measured by its visible excess e, the part of the way from the ground's brightness to thick
//! cloud's. Under transplanted cloud e is known. On a real pair it is told from the long waves
//! themselves, in which the ground's estimate is least disturbed by haze: the brightness in B11 and
//! B12 beyond the fill, in parts of the way to measured thick cloud, turned into a visible excess by the
//! measured ratios of the bands ([`crate::simulate::visible_excess`]).

use crate::bands::{Band, Level};
use crate::fill::fill_planes;
use crate::mask::{Alpha, CLOUD};
use crate::raster::Plane;
use crate::simulate;

/// Cloud whose mean visible excess is below this counts as thin: by the simulator's model 47 %
/// of the ground's image still come through such a cloud in B12, 22 % at 560 nm.
pub const THIN_EXCESS: f64 = 0.15;

/// The bands by which cloud on a real pair is measured.
const LONG_WAVES: [Band; 2] = [Band::B11, Band::B12];
/// Ground nearly as bright as cloud says nothing about it: the least difference that is divided by.
const LEAST_CONTRAST: f32 = 0.1;

/// Mean visible excess of the pixels that the mask calls cloud, by B11 and B12 over their fill; none
/// without such a pixel or band.
pub(super) fn mean_excess(
    bands: &[Band],
    cloudy: &[Plane<f32>],
    level: Option<Level>,
    codes: &Plane<u8>,
    alpha: &Alpha,
) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0);
    for band in LONG_WAVES {
        let Some(place) = bands.iter().position(|&known| known == band) else { continue };
        let thick = simulate::thick_cloud(band)?;
        let fill = fill_planes(&cloudy[place..=place], &[band], level, alpha);
        let mean = mean_of((0..codes.data.len()).filter(|&i| codes.data[i] == CLOUD).map(|i| {
            let ground = fill[0].data[i];
            (cloudy[place].data[i] - ground) / (thick - ground).max(LEAST_CONTRAST)
        }))?;
        sum += f64::from(simulate::visible_excess(band, mean as f32)?);
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

/// Mean of the values that are not NaN; none without one.
pub(super) fn mean_of(values: impl Iterator<Item = f32>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0_u32);
    for value in values.filter(|value| !value.is_nan()) {
        sum += f64::from(value);
        count += 1;
    }
    (count > 0).then(|| sum / f64::from(count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mask;

    #[test]
    fn the_long_waves_tell_the_visible_excess_that_was_put_there() {
        let bands = [Band::B04, Band::B11, Band::B12];
        let ground = [0.08_f32, 0.2, 0.12];
        let codes = Plane::from_vec(64, 64, (0..64 * 64).map(|i| u8::from(i % 64 < 24)).collect());
        let mask = mask::Mask { codes, source: String::new() };
        let alpha = mask::alpha(&mask, 0, 8);
        for truth in [0.05_f32, 0.15, 0.4] {
            let cloudy: Vec<_> = bands
                .iter()
                .zip(ground)
                .map(|(&band, ground)| {
                    let thick = simulate::thick_cloud(band).expect("an optical band");
                    // The band's own excess is found by trying.
                    let e = (0..1000)
                        .map(|i| i as f32 / 1000.0)
                        .find(|&e| simulate::visible_excess(band, e).is_some_and(|v| v >= truth))
                        .expect("an excess");
                    mask.codes.map(|code| if code == CLOUD { (1.0 - e) * ground + e * thick } else { ground })
                })
                .collect();
            let found = mean_excess(&bands, &cloudy, None, &mask.codes, &alpha).expect("cloud");
            // The fill under the cloud is drawn a little towards the training mean.
            assert!((found - f64::from(truth)).abs() < 0.03, "{found} for {truth}");
            assert_eq!(found < THIN_EXCESS, truth < 0.15 || found < 0.15);
        }
        let none = mask.codes.map(|_| mask::CLEAR);
        let planes: Vec<_> = ground.iter().map(|&value| Plane::filled(64, 64, value)).collect();
        assert_eq!(mean_excess(&bands, &planes, None, &none, &alpha), None);
        assert_eq!(mean_excess(&bands[..1], &planes[..1], None, &mask.codes, &alpha), None);
    }
}
