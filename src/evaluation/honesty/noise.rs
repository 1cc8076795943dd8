//! Noise sensitivity: does the cycle rest on details of the image between that noise wipes out?

use serde::{Deserialize, Serialize};

use super::cycle::{Cycle, Planes};
use super::specimen::{Part, Specimen};
use super::swap::Made;
use crate::random::Stream;
use crate::raster::Plane;

/// Purpose under which noise is drawn.
const PURPOSE: &str = "honesty/noise";

/// An image with Gaussian noise of this standard deviation (reflectance) on every value, not below 0.
#[must_use]
pub fn noisy(image: &Planes, sigma: f64, seed: u64, name: &str) -> Planes {
    if sigma == 0.0 {
        return image.clone();
    }
    let mut stream = Stream::new(seed, 0, &format!("{PURPOSE}/{name}"));
    let mut stir = |value: f32| (f64::from(value) + sigma * stream.normal()).max(0.0) as f32;
    image
        .iter()
        .map(|plane| {
            Plane::from_vec(plane.width, plane.height, plane.data.iter().map(|&v| stir(v)).collect())
        })
        .collect()
}

/// Mean absolute difference of `x_A`'' and `x_A`, reflectance.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CycleError {
    /// Under cloud and shadow.
    pub covered: f64,
    /// Where m is 0.
    pub clear: f64,
}

/// The cycle error of an image for each strength of noise. The code is found once, without noise: only the image
/// between is stirred, by the same numbers times σ.
pub fn cycle_errors<C: Cycle>(cycle: &C, made: &Made, sigmas: &[f64], seed: u64) -> Vec<CycleError> {
    let Made { specimen, between } = made;
    let code = cycle.cloud(&specimen.cloudy, between);
    let one = |&sigma: &f64| {
        let stirred = noisy(between, sigma, seed, &specimen.name);
        let again = cycle.render(&stirred, code.as_ref());
        CycleError {
            covered: difference(specimen, &again, Part::Covered),
            clear: difference(specimen, &again, Part::Clear),
        }
    };
    sigmas.iter().map(one).collect()
}

fn difference(specimen: &Specimen, image: &Planes, part: Part) -> f64 {
    let pixels = specimen.pixels(part);
    let (mut sum, mut count) = (0.0, 0_u32);
    for (made, seen) in image.iter().zip(&specimen.cloudy) {
        for &pixel in &pixels {
            sum += f64::from((made.data[pixel] - seen.data[pixel]).abs());
            count += 1;
        }
    }
    sum / f64::from(count.max(1))
}
