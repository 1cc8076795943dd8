//! The land code of ground that is known.

use burn::tensor::Device;

use crate::networks::images::planes;
use crate::networks::{Model, Networks};
use crate::raster::Plane;

/// The codes that `E_land` finds for known ground: a normal distribution.
#[derive(Debug, Clone, PartialEq)]
pub struct LandDistribution {
    /// Its means: the code to be used.
    pub mean: Vec<f32>,
    /// Its standard deviations; 0 for the preset `paper`, whose encoder is deterministic.
    pub deviation: Vec<f32>,
}

/// The land code of a clear date (a plane a band in the model's order, in reflectance) under the cloud
/// of a cloudy date of the same size, pooled over where `alpha` covers it. `None` for a preset
/// without a code.
#[must_use]
pub fn land_of(
    model: &Model,
    clear: &[Plane<f32>],
    cloudy: &[Plane<f32>],
    alpha: &Plane<u8>,
    device: &Device,
) -> Option<LandDistribution> {
    let encoded =
        |image: &[Plane<f32>]| planes(image, device, |band, value| model.encoding.encode(band, value));
    let numbers =
        |tensor: burn::tensor::Tensor<2>| tensor.into_data().try_to_vec::<f32>().unwrap_or_default();
    match &model.networks {
        Networks::Declouder(networks) => {
            let mask = alpha.map(|m| f32::from(m) / 255.0);
            let mask = planes(std::slice::from_ref(&mask), device, |_, value| value);
            let found = networks.e_land.forward(encoded(clear), encoded(cloudy), mask);
            let deviation = numbers(found.log_variance).iter().map(|value| (0.5 * value).exp()).collect();
            Some(LandDistribution { mean: numbers(found.mean), deviation })
        }
        Networks::Paper(networks) => {
            let mean = numbers(networks.e_b.as_ref()?.forward(encoded(clear), encoded(cloudy)));
            Some(LandDistribution { deviation: vec![0.0; mean.len()], mean })
        }
    }
}
