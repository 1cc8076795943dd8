//! The cloud code: where a cloud is and of what sort, moved, thickened and taken away over a clear scene.

use burn::tensor::{Device, Tensor, TensorData};

use crate::networks::declouder::CloudCode;
use crate::networks::images::{planes, read};
use crate::networks::{Model, Networks};
use crate::raster::Plane;

/// Steps of 8 bits, in which maps are kept as where cycles close.
const STEPS: f32 = 255.0;

/// A cloud code of the preset `declouder`.
#[derive(Debug, Clone, PartialEq)]
pub struct Cloud {
    /// Opacity, 0 to 1, a number for each 8 × 8 pixels.
    pub opacity: Plane<f32>,
    /// Depth of shadow, likewise.
    pub shadow: Plane<f32>,
    /// What sort of cloud.
    pub spectrum: Vec<f32>,
}

impl Cloud {
    /// The cloud moved by whole cells of 8 pixels, to the right and down; what leaves the image is lost,
    /// what comes in is clear.
    #[must_use]
    pub fn moved(&self, columns: isize, rows: isize) -> Self {
        let (opacity, shadow) = (moved(&self.opacity, columns, rows), moved(&self.shadow, columns, rows));
        Self { opacity, shadow, spectrum: self.spectrum.clone() }
    }

    /// Opacity and shadow times `factor`, held within 0 and 1: above 1 thicker, below thinner, 0 gone.
    #[must_use]
    pub fn thickened(&self, factor: f32) -> Self {
        let scaled = |map: &Plane<f32>| map.map(|value| (value * factor).clamp(0.0, 1.0));
        Self { opacity: scaled(&self.opacity), shadow: scaled(&self.shadow), spectrum: self.spectrum.clone() }
    }

    /// The same sky without the cloud.
    #[must_use]
    pub fn removed(&self) -> Self {
        self.thickened(0.0)
    }
}

fn moved(map: &Plane<f32>, columns: isize, rows: isize) -> Plane<f32> {
    let mut to = Plane::filled(map.width, map.height, 0.0);
    for y in 0..map.height {
        for (x, &value) in map.row(y).iter().enumerate() {
            let place = (x.checked_add_signed(columns), y.checked_add_signed(rows));
            if let (Some(x), Some(y)) = place
                && x < map.width
                && y < map.height
            {
                to.set(x, y, value);
            }
        }
    }
    to
}

/// The cloud code of a cloudy image over a clear one of the same ground (a plane a band in the model's order,
/// in reflectance), its maps in steps of 8 bits. `None` for a preset whose cloud code is no map.
#[must_use]
pub fn cloud_of(
    model: &Model,
    cloudy: &[Plane<f32>],
    clear: &[Plane<f32>],
    device: &Device,
) -> Option<Cloud> {
    let Networks::Declouder(networks) = &model.networks else { return None };
    let encoded =
        |image: &[Plane<f32>]| planes(image, device, |band, value| model.encoding.encode(band, value));
    let code = networks.e_cloud.forward(encoded(cloudy), encoded(clear)).code.quantised();
    let [_, _, height, width] = code.maps.dims();
    let maps: Vec<f32> = code.maps.into_data().try_to_vec().unwrap_or_default();
    let (opacity, shadow) = maps.split_at(height * width);
    Some(Cloud {
        opacity: Plane::from_vec(width, height, opacity.to_vec()),
        shadow: Plane::from_vec(width, height, shadow.to_vec()),
        spectrum: code.spectrum.into_data().try_to_vec().unwrap_or_default(),
    })
}

/// A clear image under a cloud, in reflectance: one plane a band. Where the code has neither opacity nor shadow
/// near, pixels keep their values to the rounding of the network's range. `None` for a preset whose cloud code
/// is no map.
///
/// # Panics
/// When the code's maps do not have a number for each 8 × 8 pixels of the image: a programming error.
#[must_use]
pub fn render(
    model: &Model,
    clear: &[Plane<f32>],
    cloud: &Cloud,
    device: &Device,
) -> Option<Vec<Plane<f32>>> {
    let Networks::Declouder(networks) = &model.networks else { return None };
    let input = planes(clear, device, |band, value| model.encoding.encode(band, value));
    let (width, height) = (cloud.opacity.width, cloud.opacity.height);
    let rounded = |value: &f32| (value.clamp(0.0, 1.0) * STEPS).round() / STEPS;
    let maps: Vec<f32> = cloud.opacity.data.iter().chain(&cloud.shadow.data).map(rounded).collect();
    let maps = Tensor::<4>::from_data(TensorData::new(maps, [1, 2, height, width]), device);
    let [_, _, high, wide] = input.dims();
    assert_eq!((8 * width, 8 * height), (wide, high), "a number for each 8 × 8 pixels");
    let spectrum =
        Tensor::<2>::from_data(TensorData::new(cloud.spectrum.clone(), [1, cloud.spectrum.len()]), device);
    let made = networks.g_cloud.forward(input, &CloudCode { maps, spectrum });
    let size = clear.first().map_or((0, 0), |plane| (plane.width, plane.height));
    Some(read(made, &model.encoding, size).remove(0))
}

/// What two sets of pixels share of what either holds, 0 to 1; 1 where both are empty.
#[must_use]
pub fn intersection_over_union(a: &Plane<bool>, b: &Plane<bool>) -> f64 {
    let count = |both: fn(bool, bool) -> bool| {
        a.data.iter().zip(&b.data).filter(|(a, b)| both(**a, **b)).count() as f64
    };
    let either = count(|a, b| a || b);
    if either == 0.0 { 1.0 } else { count(|a, b| a && b) / either }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cloud() -> Cloud {
        let mut opacity = Plane::filled(4, 3, 0.0);
        opacity.set(1, 1, 0.5);
        let mut shadow = Plane::filled(4, 3, 0.0);
        shadow.set(3, 2, 0.4);
        Cloud { opacity, shadow, spectrum: vec![0.1] }
    }

    #[test]
    fn a_cloud_moves_with_its_shadow_and_leaves_at_the_edge() {
        let moved = cloud().moved(1, -1);
        assert_eq!(moved.opacity.get(2, 0), 0.5);
        assert_eq!(moved.opacity.data.iter().filter(|&&value| value > 0.0).count(), 1);
        assert!(moved.shadow.data.iter().all(|&value| value == 0.0), "the shadow left the image");
    }

    #[test]
    fn a_cloud_grows_no_thicker_than_opaque_and_can_be_taken_away() {
        assert_eq!(cloud().thickened(3.0).opacity.get(1, 1), 1.0);
        assert_eq!(cloud().thickened(0.5).opacity.get(1, 1), 0.25);
        let none = cloud().removed();
        assert!(none.opacity.data.iter().chain(&none.shadow.data).all(|&value| value == 0.0));
    }

    #[test]
    fn sets_are_compared_by_what_they_share() {
        let set = |bits: [bool; 4]| Plane::from_vec(2, 2, bits.to_vec());
        let (a, b) = (set([true, true, false, false]), set([true, false, true, false]));
        assert!((intersection_over_union(&a, &b) - 1.0 / 3.0).abs() < 1e-12);
        assert_eq!(intersection_over_union(&a, &a), 1.0);
        assert_eq!(intersection_over_union(&set([false; 4]), &set([false; 4])), 1.0);
    }
}
