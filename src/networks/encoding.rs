//! Between reflectance and the range in which networks compute.

use burn::tensor::{Device, Tensor, TensorData};
use serde::{Deserialize, Serialize};

/// `v = (√max(ρ, 0) − μ_b) / σ_b`: the square root evens out dark land and bright cloud, and μ and
/// σ are over clear training pixels. Inverted exactly for ρ ≥ 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoding {
    /// Mean of √ρ, a number a band.
    pub mean: Vec<f32>,
    /// Standard deviation of √ρ, a number a band, above 0.
    pub std: Vec<f32>,
}

impl Encoding {
    /// Checks the numbers against a count of bands: finite, deviations above 0.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn check(&self, bands: usize) -> Result<(), String> {
        if self.mean.len() != bands || self.std.len() != bands {
            return Err(format!(
                "the encoding has {} means and {} deviations for {bands} bands",
                self.mean.len(),
                self.std.len()
            ));
        }
        let sane = |(mean, std): (&f32, &f32)| mean.is_finite() && std.is_finite() && *std > 1e-6;
        if self.mean.iter().zip(&self.std).all(sane) {
            Ok(())
        } else {
            Err("the encoding's means must be finite and its deviations above 0".into())
        }
    }

    /// Reflectance of a band → network range. NaN counts as the mean, 0.
    #[inline]
    #[must_use]
    pub fn encode(&self, band: usize, reflectance: f32) -> f32 {
        if reflectance.is_nan() {
            return 0.0;
        }
        (reflectance.max(0.0).sqrt() - self.mean[band]) / self.std[band]
    }

    /// Network range of a band → reflectance, at least 0.
    #[inline]
    #[must_use]
    pub fn decode(&self, band: usize, value: f32) -> f32 {
        let root = (value * self.std[band] + self.mean[band]).max(0.0);
        root * root
    }

    /// Network range → reflectance of a whole tensor `[N, C, H, W]`.
    #[must_use]
    pub fn decode_tensor(&self, values: Tensor<4>) -> Tensor<4> {
        let device = values.device();
        let root = values * column(&self.std, &device) + column(&self.mean, &device);
        root.clamp_min(0.0).square()
    }

    /// Standard deviation in network range of noise of `sigma` reflectance around a pixel, `[N, C, H, W]`
    /// for pixels in network range: `dv/dρ = 1 / (2·√ρ·σ_b)`, with √ρ held above 0.1 where the
    /// derivative would grow without bound.
    #[must_use]
    pub fn noise_scale(&self, values: Tensor<4>, sigma: f32) -> Tensor<4> {
        let device = values.device();
        let std = column(&self.std, &device);
        let root = (values * std.clone() + column(&self.mean, &device)).clamp_min(0.1);
        (root * std * 2.0).recip() * sigma
    }
}

/// A number a band as `[1, C, 1, 1]`.
fn column(values: &[f32], device: &Device) -> Tensor<4> {
    Tensor::from_data(TensorData::new(values.to_vec(), [1, values.len(), 1, 1]), device)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoding() -> Encoding {
        Encoding { mean: vec![0.3, 0.2], std: vec![0.1, 0.05] }
    }

    #[test]
    fn reflectance_comes_back() {
        let encoding = encoding();
        for rho in [0.0_f32, 0.001, 0.1, 0.5, 1.0, 1.7] {
            let back = encoding.decode(1, encoding.encode(1, rho));
            assert!((back - rho).abs() < 1e-6 * rho.max(0.1), "{rho} became {back}");
        }
        assert_eq!(encoding.decode(0, encoding.encode(0, -0.1)), 0.0);
        assert_eq!(encoding.encode(0, f32::NAN), 0.0);
    }

    #[test]
    fn tensors_decode_as_numbers_do() {
        let encoding = encoding();
        let values = [-4.0, -1.0, 0.0, 2.5, 7.0, 0.3, 1.0, -9.0];
        let device = Device::flex();
        let tensor = Tensor::<4>::from_data(TensorData::new(values.to_vec(), [1, 2, 2, 2]), &device);
        let decoded: Vec<f32> = encoding.decode_tensor(tensor).into_data().try_to_vec().expect("floats");
        for (i, (&value, decoded)) in values.iter().zip(decoded).enumerate() {
            assert!((encoding.decode(i / 4, value) - decoded).abs() < 1e-6);
        }
    }

    #[test]
    fn noise_is_scaled_as_the_encoding_bends() {
        let encoding = encoding();
        let device = Device::flex();
        let rho = 0.09_f32;
        let value = encoding.encode(0, rho);
        let tensor = Tensor::<4>::from_data(TensorData::new(vec![value; 2], [1, 2, 1, 1]), &device);
        let scale: Vec<f32> = encoding.noise_scale(tensor, 0.001).into_data().try_to_vec().expect("floats");
        let difference = encoding.encode(0, rho + 0.001) - value;
        assert!((scale[0] - difference).abs() < 0.02 * difference, "{} {difference}", scale[0]);
    }

    #[test]
    fn damaged_encodings_are_refused() {
        assert!(encoding().check(2).is_ok());
        assert!(encoding().check(3).is_err());
        assert!(Encoding { mean: vec![0.0], std: vec![0.0] }.check(1).is_err());
        assert!(Encoding { mean: vec![f32::NAN], std: vec![1.0] }.check(1).is_err());
    }
}
