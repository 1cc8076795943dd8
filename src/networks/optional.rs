//! What a model can see besides the cloudy image, and can do without: Sentinel-1, and a clear date of the
//! same place.
//!
//! Each is available pixel by pixel: where nothing was measured, outside its edges, or where its own cloud
//! hides the land, the networks get 0 and add nothing for that pixel. So an input that covers a part of an
//! image helps there and changes nothing elsewhere, however the image is cut into tiles.

use super::Encoding;
use crate::raster::Plane;

/// Means of VV and VH in dB (SSL4EO-S12, Wang et al. 2023, `arXiv:2211.07044`). Part of every model that sees
/// radar: other numbers would be another network range.
pub const S1_MEAN_DB: [f32; 2] = [-12.55, -20.19];
/// Standard deviations of VV and VH in dB, from the same source.
pub const S1_STD_DB: [f32; 2] = [5.26, 5.91];
/// Network range is cut here, in standard deviations: noise at an image's edge and corner reflectors
/// reach far beyond land.
const S1_LIMIT: f32 = 4.0;

/// The optional inputs of an image, on its grid.
#[derive(Debug, Clone, Copy, Default)]
pub struct Beside<'a> {
    /// VV and VH in dB; NaN where nothing was measured.
    pub s1: Option<&'a [Plane<f32>]>,
    /// Reflectance on a clear date, a plane a band in the model's order; NaN where the land is not seen.
    pub reference: Option<&'a [Plane<f32>]>,
}

/// The optional inputs of an image, held.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BesidePlanes {
    /// As [`Beside::s1`].
    pub s1: Option<Vec<Plane<f32>>>,
    /// As [`Beside::reference`].
    pub reference: Option<Vec<Plane<f32>>>,
}

impl BesidePlanes {
    /// The same, lent to a network.
    #[must_use]
    pub fn lent(&self) -> Beside<'_> {
        Beside { s1: self.s1.as_deref(), reference: self.reference.as_deref() }
    }
}

/// An optional input in network range.
#[derive(Debug, Clone, PartialEq)]
pub struct Given {
    /// A plane a band; 0 where it is not available.
    pub values: Vec<Plane<f32>>,
    /// 1 where it is available, else 0.
    pub available: Plane<f32>,
}

/// Backscatter in dB → network range.
#[inline]
#[must_use]
pub fn encode_s1(polarisation: usize, db: f32) -> f32 {
    ((db - S1_MEAN_DB[polarisation]) / S1_STD_DB[polarisation]).clamp(-S1_LIMIT, S1_LIMIT)
}

impl Given {
    /// VV and VH in dB: available where both are finite numbers.
    #[must_use]
    pub fn s1(planes: &[Plane<f32>]) -> Self {
        Self::of(planes, |i| planes.iter().all(|plane| plane.data[i].is_finite()), encode_s1)
    }

    /// Reflectance of a clear date: available where some band was measured, since a band that its source lacks
    /// is no gap. Bands without a value count as their mean, as in the cloudy image.
    #[must_use]
    pub fn reference(planes: &[Plane<f32>], encoding: &Encoding) -> Self {
        let is_seen = |i: usize| planes.iter().any(|plane| !plane.data[i].is_nan());
        Self::of(planes, is_seen, |band, value| encoding.encode(band, value))
    }

    fn of(
        planes: &[Plane<f32>],
        is_seen: impl Fn(usize) -> bool,
        encode: impl Fn(usize, f32) -> f32,
    ) -> Self {
        let (width, height) = planes.first().map_or((0, 0), |plane| (plane.width, plane.height));
        let available: Vec<f32> = (0..width * height).map(|i| f32::from(u8::from(is_seen(i)))).collect();
        let encoded = |(band, plane): (usize, &Plane<f32>)| {
            let pixels = plane.data.iter().zip(&available);
            let data = pixels.map(|(&value, &seen)| if seen > 0.0 { encode(band, value) } else { 0.0 });
            Plane::from_vec(width, height, data.collect())
        };
        let values = planes.iter().enumerate().map(encoded).collect();
        Self { values, available: Plane::from_vec(width, height, available) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn radar_is_normalised_and_needs_both_polarisations() {
        let vv = Plane::from_vec(2, 2, vec![-12.55, -7.29, f32::NAN, 90.0]);
        let vh = Plane::from_vec(2, 2, vec![-20.19, f32::NEG_INFINITY, -20.0, -26.1]);
        let given = Given::s1(&[vv, vh]);
        assert_eq!(given.available.data, [1.0, 0.0, 0.0, 1.0]);
        assert_eq!(given.values[0].data, [0.0, 0.0, 0.0, S1_LIMIT]);
        assert!((given.values[1].data[3] + 1.0).abs() < 1e-5);
    }

    #[test]
    fn a_reference_is_available_where_some_band_was_measured() {
        let encoding = Encoding { mean: vec![0.3, 0.2], std: vec![0.1, 0.1] };
        let first = Plane::from_vec(3, 1, vec![0.09, f32::NAN, f32::NAN]);
        let second = Plane::from_vec(3, 1, vec![0.09, 0.09, f32::NAN]);
        let given = Given::reference(&[first, second], &encoding);
        assert_eq!(given.available.data, [1.0, 1.0, 0.0]);
        assert_eq!(given.values[0].data[1..], [0.0, 0.0]);
        assert!((given.values[1].data[0] - 1.0).abs() < 1e-5 && given.values[1].data[2] == 0.0);
    }
}
