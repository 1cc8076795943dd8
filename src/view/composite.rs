//! Which bands are drawn as what: the presets of `assets/composites.toml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::colormap::ColorMap;
use super::shade::Mode;

/// A combination of bands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Composite {
    /// What the analyst calls it.
    pub name: String,
    /// How its values become a colour.
    pub mode: Mode,
    /// Names of its bands, such as `B04`: three for `Rgb` and `Difference`, one for `Single`, two for
    /// `Index`.
    pub bands: Vec<String>,
    /// The stretch to begin with, in the values that are drawn (reflectance, or an index without
    /// unit); none where it is measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub range: Option<[f32; 2]>,
    /// Colours of one band or an index.
    #[serde(default)]
    pub map: ColorMap,
    /// What it shows, in one sentence.
    pub about: String,
}

impl Composite {
    /// How many bands a mode takes.
    #[must_use]
    pub const fn bands_of(mode: Mode) -> usize {
        match mode {
            Mode::Rgb | Mode::Difference => 3,
            Mode::Index => 2,
            Mode::Single => 1,
        }
    }
}

/// The file's content.
#[derive(Deserialize)]
struct Presets {
    composite: Vec<Composite>,
}

/// The presets of the program, in the order a menu shows them. The file is part of the program; a
/// test proves that it parses and that every band exists.
#[must_use]
pub fn presets() -> &'static [Composite] {
    static PRESETS: LazyLock<Presets> =
        LazyLock::new(|| match toml::from_str(include_str!("../../assets/composites.toml")) {
            Ok(presets) => presets,
            Err(error) => unreachable!("the composites built into the program are damaged: {error}"),
        });
    &PRESETS.composite
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::bands::Band;

    #[test]
    fn every_preset_can_be_drawn() {
        let mut names = HashSet::new();
        for preset in presets() {
            let name = &preset.name;
            assert!(names.insert(name), "two presets are named {name}");
            assert_eq!(preset.bands.len(), Composite::bands_of(preset.mode), "{name}");
            for band in &preset.bands {
                // Spelled as the catalogue spells it, since that is how bands are looked up.
                assert_eq!(band.parse::<Band>().map(Band::name), Ok(band.as_str()), "{name}");
            }
            if let Some([lo, hi]) = preset.range {
                assert!(lo < hi, "{name}");
            }
            assert!(preset.about.ends_with('.') && preset.about.matches(". ").count() == 0, "{name}");
        }
        assert_eq!(names.len(), 10);
    }

    #[test]
    fn indices_begin_with_a_range_of_their_own() {
        assert!(presets().iter().all(|preset| (preset.mode == Mode::Index) == preset.range.is_some()));
    }
}
