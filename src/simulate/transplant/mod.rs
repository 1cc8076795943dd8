//! Real cloud and shadow of one image over another, clear place, with the truth kept.
//!
//! A [`Donor`] is made once of a cloudy image, its mask and an estimate g of the ground under it (the
//! multi-scale fill of its clear pixels; this module does not make it). It is put over any clear
//! image of the same bands by the model of the simulator,
//!
//! ```text
//! x' = t·x + (1 − e − t)·x̄ + l
//! ```
//!
//! with the excess e and the transmittance t of each band from the excess that the visible bands show,
//! `e = (x_A − g) / (c − g)`, and the cloud's own light `l = x_A − (1 − e)·g`: over its own estimated ground
//! a donor's cloud is what was measured. [`opacity`] tells what is taken off l because it may be the
//! donor's ground, [`spectrum`] where the thick cloud c comes from, [`cast`] and [`shade`] how
//! shadows are found and measured. Outside the mask everything fades to nothing over a few pixels, and farther away no pixel
//! is touched at all.
//!
//! Everything is deterministic; `docs/simulate.md` says how real it looks and where it does not.

mod cast;
mod donor;
mod opacity;
mod shade;
mod spectrum;
mod turn;

pub use donor::{Donor, Source, Transplanted};
pub use turn::{Placing, Turn};

use super::measured::{MEASURED, air_light, index_of};
use crate::bands::{Band, Level};

/// What is known of a band of a donor before it is looked at.
#[derive(Debug, Clone, Copy)]
struct Optics {
    /// β over the visible one.
    beta: f32,
    /// Image-forming extinction, 1 at 560 nm.
    k: f32,
    /// What the air alone gives.
    air: f32,
    /// Reflectance in the deepest shadow over that in the sun, air taken off.
    shadow: f32,
}

impl Optics {
    /// The measured constants of a band under cloud with a top of ice or water; none for radar.
    fn of(band: Band, ice: bool, level: Option<Level>) -> Option<Self> {
        let index = index_of(band)?;
        let model = &MEASURED.model;
        Some(Self {
            beta: if ice { model.beta_ice[index] } else { model.beta_low[index] },
            k: model.k[index],
            air: air_light(band, level),
            shadow: model.shadow[index],
        })
    }
}

/// The bands by which the opacity of a cloud is told: short waves, in which land is dark and even.
const VISIBLE: [Band; 4] = [Band::B01, Band::B02, Band::B03, Band::B04];

/// The bands by which a shadow is told: long waves, which the air does not brighten.
const LONG_WAVES: [Band; 4] = [Band::B08, Band::B8A, Band::B11, Band::B12];

/// Places of some bands in a list.
fn places(bands: &[Band], wanted: &[Band]) -> Vec<usize> {
    (0..bands.len()).filter(|&index| wanted.contains(&bands[index])).collect()
}
