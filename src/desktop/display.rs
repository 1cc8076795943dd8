//! How layers are shown: bands, limits, comparison, overlays.

use serde::{Deserialize, Serialize};

use crate::view::{ColorMap, Composite, Mode, Shading, Stretch, presets};

use super::layer::Layer;

/// What the map shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Compare {
    Single,
    Swipe,
    SideBySide,
    Difference,
}

/// What lies over the map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Over {
    Nothing,
    Mask,
    /// What the present settings would make anew.
    Made,
    /// What was made anew in the shown result.
    Synthetic,
    /// How far the samples of the shown result differ.
    Spread,
}

/// Everything about the look of the map that a session keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Display {
    pub composite: String,
    pub mode: Mode,
    /// Names of the bands in the channels; one or two are used where the mode needs no more.
    pub bands: [String; 3],
    pub map: ColorMap,
    /// Fixed limits of an index; none for reflectance, which is stretched.
    pub range: Option<[f32; 2]>,
    pub stretch: Stretch,
    /// Whether limits are found on what is seen instead of the whole scene.
    pub of_view: bool,
    pub gamma: f32,
    /// Limits per channel, where the analyst set them.
    pub manual: [[f32; 2]; 3],
    pub compare: Compare,
    /// Where the swipe line stands, 0..1 of the map's width.
    pub swipe: f32,
    /// Reflectance at the ends of the difference's colours.
    pub difference: f32,
    pub over: Over,
}

/// Limits until a scene's statistics are there: most land lies between them.
const FIRST_LIMITS: [f32; 2] = [0.0, 0.3];

impl Default for Display {
    fn default() -> Self {
        let mut display = Self {
            composite: String::new(),
            mode: Mode::Rgb,
            bands: ["B04".into(), "B03".into(), "B02".into()],
            map: ColorMap::Gray,
            range: None,
            stretch: Stretch::Ground,
            of_view: false,
            gamma: 1.0,
            manual: [FIRST_LIMITS; 3],
            compare: Compare::Single,
            swipe: 0.5,
            difference: 0.1,
            over: Over::Nothing,
        };
        if let Some(first) = presets().first() {
            display.choose(first);
        }
        display
    }
}

impl Display {
    /// Shows a preset.
    pub fn choose(&mut self, preset: &Composite) {
        self.composite.clone_from(&preset.name);
        self.mode = preset.mode;
        self.map = preset.map;
        self.range = preset.range;
        for (channel, band) in self.bands.iter_mut().zip(preset.bands.iter().cycle()) {
            channel.clone_from(band);
        }
        if matches!(self.stretch, Stretch::Manual) {
            self.stretch = Stretch::Ground;
        }
    }

    /// How many channels the mode uses.
    pub fn channels(&self) -> usize {
        match self.mode {
            Mode::Single => 1,
            Mode::Index => 2,
            Mode::Rgb | Mode::Difference => 3,
        }
    }

    /// Shows bands that a layer has, where it lacks those chosen.
    pub fn suit(&mut self, layer: &Layer) {
        let used = self.channels();
        if self.bands[..used].iter().all(|name| layer.has_band(name)) {
            return;
        }
        let fits = |preset: &&Composite| preset.bands.iter().all(|name| layer.has_band(name));
        if let Some(preset) = presets().iter().find(fits) {
            self.choose(preset);
            return;
        }
        // Names that no preset knows: the first bands as they come.
        let names: Vec<_> = layer.scene.bands.iter().map(|band| band.name.clone()).collect();
        self.composite = "Own bands".into();
        self.range = None;
        self.mode = if names.len() >= 3 { Mode::Rgb } else { Mode::Single };
        for (channel, name) in self.bands.iter_mut().zip(names.iter().cycle()) {
            channel.clone_from(name);
        }
    }

    /// The limits of each channel, from a layer's statistics where the stretch needs them.
    pub fn limits(&self, layer: &mut Layer, seen: Option<crate::raster::Window>) -> [[f32; 2]; 3] {
        if let (Some(range), false) = (self.range, matches!(self.stretch, Stretch::Manual)) {
            return [range; 3];
        }
        if matches!(self.stretch, Stretch::Manual) {
            return self.manual;
        }
        let window = if self.of_view { seen } else { None };
        let bands = layer.bands(&self.bands);
        bands.map(|band| {
            layer
                .tiles
                .statistics(band, window)
                .and_then(|statistics| self.stretch.limits(statistics))
                .unwrap_or(FIRST_LIMITS)
        })
    }

    /// What the shader needs.
    pub fn shading(&self, limits: [[f32; 2]; 3]) -> Shading {
        Shading {
            mode: self.mode,
            lo: limits.map(|[low, _]| low),
            hi: limits.map(|[_, high]| high),
            gamma: self.gamma,
            map: self.map,
        }
    }

    /// What the shader needs for a difference of layers.
    pub fn difference_shading(&self) -> Shading {
        Shading {
            mode: Mode::Difference,
            lo: [-self.difference; 3],
            hi: [self.difference; 3],
            gamma: 1.0,
            map: ColorMap::Diverging,
        }
    }
}
