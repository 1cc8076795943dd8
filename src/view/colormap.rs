//! Colour maps: short published tables, interpolated linearly.
//!
//! Linear interpolation between the tables' own colours, not a lookup of the nearest of 256 entries:
//! a value that rounds the other way on the GPU would otherwise jump to the next entry, and those lie
//! up to two steps of 255 apart.

use serde::{Deserialize, Serialize};

/// The most colours a table has: what the shader has room for.
pub(super) const TABLE: usize = 16;

/// A way from a number between 0 and 1 to a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ColorMap {
    /// Black to white.
    #[default]
    Gray,
    /// Dark violet over green to yellow; even to the eye, and to the colour-blind.
    Viridis,
    /// Black over violet to pale yellow; even to the eye.
    Magma,
    /// Red over yellow to green: bare ground to vegetation.
    RdYlGn,
    /// Near white to dark blue: dry to wet.
    Blues,
    /// Blue over white to red: less, equal, more.
    Diverging,
}

/// Black and white.
const GRAY: [u32; 2] = [0x00_0000, 0xff_ffff];

/// Every 17th of the 256 colours of viridis by Stéfan van der Walt and Nathaniel Smith
/// (github.com/BIDS/colormap, CC0; the default of matplotlib).
const VIRIDIS: [u32; 16] = [
    0x44_0154, 0x48_1a6c, 0x47_2f7d, 0x41_4487, 0x39_568c, 0x31_688e, 0x2a_788e, 0x23_888e, 0x1f_988b,
    0x22_a884, 0x35_b779, 0x54_c568, 0x7a_d151, 0xa5_db36, 0xd2_e21b, 0xfd_e725,
];

/// Every 17th of the 256 colours of magma, from the same source as [`VIRIDIS`].
const MAGMA: [u32; 16] = [
    0x00_0004, 0x0b_0924, 0x20_114b, 0x3b_0f70, 0x57_157e, 0x72_1f81, 0x8c_2981, 0xa8_327d, 0xc4_3c75,
    0xde_4968, 0xf1_605d, 0xfa_7f5e, 0xfe_9f6d, 0xfe_bf84, 0xfd_dea0, 0xfc_fdbf,
];

/// `RdYlGn` of 11 classes by Cynthia Brewer, colorbrewer2.org (Apache 2.0 style licence).
const RD_YL_GN: [u32; 11] = [
    0xa5_0026, 0xd7_3027, 0xf4_6d43, 0xfd_ae61, 0xfe_e08b, 0xff_ffbf, 0xd9_ef8b, 0xa6_d96a, 0x66_bd63,
    0x1a_9850, 0x00_6837,
];

/// `Blues` of 9 classes by Cynthia Brewer, colorbrewer2.org.
const BLUES: [u32; 9] =
    [0xf7_fbff, 0xde_ebf7, 0xc6_dbef, 0x9e_cae1, 0x6b_aed6, 0x42_92c6, 0x21_71b5, 0x08_519c, 0x08_306b];

/// `RdBu` of 11 classes by Cynthia Brewer, colorbrewer2.org, from blue to red.
const BLUE_RED: [u32; 11] = [
    0x05_3061, 0x21_66ac, 0x43_93c3, 0x92_c5de, 0xd1_e5f0, 0xf7_f7f7, 0xfd_dbc7, 0xf4_a582, 0xd6_604d,
    0xb2_182b, 0x67_001f,
];

impl ColorMap {
    /// All of them, in the order a menu shows.
    pub const ALL: [Self; 6] =
        [Self::Gray, Self::Viridis, Self::Magma, Self::RdYlGn, Self::Blues, Self::Diverging];

    /// What the analyst calls it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gray => "Grey",
            Self::Viridis => "Viridis",
            Self::Magma => "Magma",
            Self::RdYlGn => "Red–yellow–green",
            Self::Blues => "Water",
            Self::Diverging => "Blue–white–red",
        }
    }

    /// The colour at `t` (0 to 1; less and more are cut, NaN is 0): red, green and blue from 0 to 1,
    /// sRGB-encoded.
    #[must_use]
    pub fn color(self, t: f32) -> [f32; 3] {
        let t = if t.is_nan() { 0.0 } else { t.clamp(0.0, 1.0) };
        let points = self.points();
        let place = t * (points.len() - 1) as f32;
        let low = (place as usize).min(points.len() - 2);
        let part = place - low as f32;
        let (from, to) = (rgb(points[low]), rgb(points[low + 1]));
        [0, 1, 2].map(|channel| from[channel] + part * (to[channel] - from[channel]))
    }

    /// The colours of the table, evenly spaced over 0 to 1: 2 to [`TABLE`] of them.
    pub(super) fn table(self) -> impl ExactSizeIterator<Item = [f32; 3]> {
        self.points().iter().map(|&point| rgb(point))
    }

    const fn points(self) -> &'static [u32] {
        match self {
            Self::Gray => &GRAY,
            Self::Viridis => &VIRIDIS,
            Self::Magma => &MAGMA,
            Self::RdYlGn => &RD_YL_GN,
            Self::Blues => &BLUES,
            Self::Diverging => &BLUE_RED,
        }
    }
}

/// Red, green and blue of 0xRRGGBB, from 0 to 1.
fn rgb(hex: u32) -> [f32; 3] {
    [16, 8, 0].map(|shift| (hex >> shift & 0xff) as f32 / 255.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_fits_the_shader_and_is_met_at_its_points() {
        for map in ColorMap::ALL {
            let points = map.points();
            assert!((2..=TABLE).contains(&points.len()), "{map:?}");
            for (index, &point) in points.iter().enumerate() {
                let color = map.color(index as f32 / (points.len() - 1) as f32);
                for (found, wanted) in color.iter().zip(rgb(point)) {
                    assert!((found - wanted).abs() < 1e-5, "{map:?} at {index}");
                }
            }
        }
    }

    #[test]
    fn what_lies_outside_is_cut() {
        for map in ColorMap::ALL {
            assert_eq!(map.color(-3.0), map.color(0.0));
            assert_eq!(map.color(f32::INFINITY), map.color(1.0));
            assert_eq!(map.color(f32::NAN), map.color(0.0));
        }
    }
}
