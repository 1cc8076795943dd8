//! The way back, over images in memory: codes found, and cloud put over clear images.
//!
//! Declouding needs none of it. Evaluation asks with it where a model keeps the place of a cloud.

use burn::tensor::{Device, Tensor, TensorData};

use super::declouder::{CloudCode, as_map};
use super::images::{cut, planes};
use super::{Encoding, Model, Networks, ops};
use crate::raster::Plane;

/// The cloud code of an image, as its preset keeps it.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundCloud {
    /// Opacity and depth of shadow for each cell of 8 × 8 pixels, 0..1 in steps of 1/255; none where the
    /// preset's code is a vector.
    pub maps: Option<[Plane<f32>; 2]>,
    /// The rest of the code: numbers that hold for the whole image.
    pub numbers: Vec<f32>,
}

impl FoundCloud {
    /// The greater of opacity and shadow at each pixel of an image of this size, interpolated as the
    /// generator does it; none where the code says no place.
    #[must_use]
    pub fn cover(&self, size: (usize, usize), device: &Device) -> Option<Plane<f32>> {
        let maps = maps_tensor(self.maps.as_ref()?, device);
        let fine = ops::upsample_linear(maps, 8);
        let [opacity, shadow] = [0, 1].map(|map| fine.clone().narrow(1, map, 1));
        Some(cut(opacity.max_pair(shadow), size, |_, value| value).remove(0))
    }
}

impl Model {
    /// The cloud code of a cloudy image beside a clear one, in reflectance, a plane a band in the model's
    /// order; none in a preset without latents.
    #[must_use]
    pub fn cloud_code(
        &self,
        cloudy: &[Plane<f32>],
        clear: &[Plane<f32>],
        device: &Device,
    ) -> Option<FoundCloud> {
        let [cloudy, clear] = [cloudy, clear].map(|image| encoded(image, &self.encoding, device));
        match &self.networks {
            Networks::Declouder(networks) => {
                let code = networks.e_cloud.forward(cloudy, clear).code.quantised();
                let [_, _, rows, columns] = code.maps.dims();
                let mut maps = cut(code.maps, (columns, rows), |_, value| value);
                let shadow = maps.pop()?;
                Some(FoundCloud { maps: Some([maps.pop()?, shadow]), numbers: numbers(code.spectrum) })
            }
            Networks::Paper(networks) => {
                let code = networks.e_a.as_ref()?.forward(cloudy, clear);
                Some(FoundCloud { maps: None, numbers: numbers(code) })
            }
        }
    }

    /// The clear image under the cloud of a code, both in reflectance. A preset without latents is given
    /// none and puts cloud where it will.
    ///
    /// # Panics
    /// Where a code of another preset is given: a mistake in the program, not in data.
    #[must_use]
    pub fn put_back(
        &self,
        clear: &[Plane<f32>],
        code: Option<&FoundCloud>,
        device: &Device,
    ) -> Vec<Plane<f32>> {
        let size = clear.first().map_or((0, 0), |plane| (plane.width, plane.height));
        let image = encoded(clear, &self.encoding, device);
        let vector = |code: &FoundCloud| {
            let shape = [1, code.numbers.len()];
            Tensor::<2>::from_data(TensorData::new(code.numbers.clone(), shape), device)
        };
        let cloudy = match &self.networks {
            Networks::Declouder(networks) => {
                let Some((code, maps)) = code.and_then(|code| Some((code, code.maps.as_ref()?))) else {
                    unreachable!("G_cloud is given a code with maps")
                };
                let code = CloudCode { maps: maps_tensor(maps, device), spectrum: vector(code) };
                networks.g_cloud.forward(image, &code)
            }
            Networks::Paper(networks) => {
                networks.g_ba.forward(image, code.map(|code| as_map(vector(code))).as_ref())
            }
        };
        cut(cloudy, size, |band, value| self.encoding.decode(band, value))
    }

    /// The land code of a clear image that lies under a cloudy one with the mask m in 255ths: the middle of what
    /// its encoder finds; none in a preset without latents.
    #[must_use]
    pub fn land_code(
        &self,
        clear: &[Plane<f32>],
        cloudy: &[Plane<f32>],
        alpha: &Plane<u8>,
        device: &Device,
    ) -> Option<Vec<f32>> {
        let [clear, cloudy] = [clear, cloudy].map(|image| encoded(image, &self.encoding, device));
        match &self.networks {
            Networks::Declouder(networks) => {
                let mask = alpha.map(|m| f32::from(m) / 255.0);
                let mask = planes(std::slice::from_ref(&mask), device, |_, value| value);
                Some(numbers(networks.e_land.forward(clear, cloudy, mask).mean))
            }
            Networks::Paper(networks) => Some(numbers(networks.e_b.as_ref()?.forward(clear, cloudy))),
        }
    }
}

fn encoded(image: &[Plane<f32>], encoding: &Encoding, device: &Device) -> Tensor<4> {
    planes(image, device, |band, value| encoding.encode(band, value))
}

fn numbers(code: Tensor<2>) -> Vec<f32> {
    code.into_data().try_to_vec().unwrap_or_default()
}

/// Two planes of cells as `[1, 2, H/8, W/8]`.
fn maps_tensor(maps: &[Plane<f32>; 2], device: &Device) -> Tensor<4> {
    let shape = [1, 2, maps[0].height, maps[0].width];
    let values: Vec<f32> = maps.iter().flat_map(|map| map.data.iter().copied()).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bands::Band;
    use crate::networks::{ModelInfo, NetworkConfig, Preset};

    fn model(preset: Preset) -> Model {
        let bands = vec![Band::B04, Band::B11];
        let config =
            NetworkConfig { bands, conditioning: vec![], width: 8, z_land: 3, ..NetworkConfig::of(preset) };
        Model {
            encoding: Encoding { mean: vec![0.4, 0.5], std: vec![0.1, 0.12] },
            info: ModelInfo::default(),
            networks: Networks::new(&config, 3, &Device::flex()),
            config,
        }
    }

    fn image(seed: usize) -> Vec<Plane<f32>> {
        let value = |i: usize| 0.1 + 0.3 * ((i * 31 + seed * 17) % 97) as f32 / 97.0;
        (0..2).map(|band| Plane::from_vec(28, 20, (0..560).map(|i| value(i + 7 * band)).collect())).collect()
    }

    #[test]
    fn every_preset_finds_the_codes_it_has_and_puts_cloud_back() {
        let device = Device::flex();
        for (preset, cloud, land) in [
            (Preset::Declouder, Some(8), Some(3)),
            (Preset::Paper, Some(16), Some(3)),
            (Preset::Cyclegan, None, None),
        ] {
            let model = model(preset);
            let code = model.cloud_code(&image(1), &image(2), &device);
            assert_eq!(code.as_ref().map(|code| code.numbers.len()), cloud, "{preset}");
            let found = model.land_code(&image(2), &image(1), &Plane::filled(28, 20, 200), &device);
            assert_eq!(found.map(|code| code.len()), land, "{preset}");
            let again = model.put_back(&image(2), code.as_ref(), &device);
            assert_eq!((again.len(), again[0].width, again[0].height), (2, 28, 20));
            assert!(again.iter().flat_map(|plane| &plane.data).all(|value| *value >= 0.0));
        }
    }

    #[test]
    fn declouder_touches_a_pixel_only_where_the_code_has_cloud() {
        let (device, model) = (Device::flex(), model(Preset::Declouder));
        let mut opacity = Plane::filled(4, 3, 0.0);
        opacity.set(0, 1, 0.8);
        let code = FoundCloud { maps: Some([opacity, Plane::filled(4, 3, 0.0)]), numbers: vec![0.1; 8] };
        let cover = code.cover((28, 20), &device).expect("maps");
        let (before, after) = (image(2), model.put_back(&image(2), Some(&code), &device));
        let mut touched = 0;
        for (i, cover) in cover.data.iter().enumerate() {
            let change = (after[0].data[i] - before[0].data[i]).abs();
            assert!(*cover > 0.0 || change < 1e-6, "{change} where there is no cloud");
            touched += usize::from(change > 0.01);
        }
        assert!(touched > 60, "{touched}");
        // Codes are kept in steps of 1/255.
        let found = model.cloud_code(&image(1), &image(2), &device).expect("a code").maps.expect("maps");
        assert!(found[0].data.iter().all(|v| (v * 255.0 - (v * 255.0).round()).abs() < 1e-3));
    }
}
