//! How a store is to be prepared: one struct for the TOML file and the command line, saved in the
//! store.

use serde::{Deserialize, Serialize};

use super::SourceConfig;
use crate::bands::Band;
use crate::mask::MaskConfig;
use crate::patches::{Domain, Error, PATCH_PX, Result, SplitRule};

/// Side of a patch unless told otherwise.
pub const DEFAULT_PATCH_PX: usize = 128;

/// Side of a BigEarthNet patch in pixels of 10 m.
pub const BIGEARTHNET_PATCH_PX: usize = 120;

/// Everything that decides what a store holds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PrepareConfig {
    /// Side of a patch in pixels of 10 m.
    pub patch_px: usize,
    /// Pixels from one patch of a scene to the next; none for the patch's own side. The last patch of
    /// a row or column is moved inwards so that no ground is lost.
    pub stride_px: Option<usize>,
    /// Bands of the store, in order; none for all bands of the first scene's level.
    pub bands: Option<Vec<Band>>,
    /// Bands that a scene may lack. Their pixels are 0 (nothing measured) and the place lists them.
    pub allow_missing: Vec<Band>,
    /// A scene's patch is clear if at most this part of its valid pixels is cloud or shadow.
    pub clear_most: f64,
    /// It is cloudy from this part on, and left out in between.
    pub cloudy_least: f64,
    /// It is left out beyond this part: nothing but cloud teaches nothing about the land.
    pub cloudy_most: f64,
    /// Part of a patch that must have been measured.
    pub valid_least: f64,
    /// The split of places that neither a source nor the analyst puts into one.
    pub split: SplitRule,
    /// Divide a scene's ground into places of this many kilometres; none for one place a scene or
    /// tile. For those who have only a few tiles: a place is never on two sides of a split or batch.
    pub place_km: Option<f64>,
    /// Size at which a shard is closed, in MiB; about the memory that writing takes.
    pub shard_mib: usize,
    /// How masks are made where none are given. Its `file` is set scene by scene, and nothing is
    /// dilated: the store holds what was found.
    pub mask: MaskConfig,
    /// What to read.
    pub sources: Vec<SourceConfig>,
}

impl Default for PrepareConfig {
    fn default() -> Self {
        Self {
            patch_px: DEFAULT_PATCH_PX,
            stride_px: None,
            bands: None,
            allow_missing: Vec::new(),
            clear_most: 0.01,
            cloudy_least: 0.05,
            cloudy_most: 1.0,
            valid_least: 0.5,
            split: SplitRule::default(),
            place_km: None,
            shard_mib: crate::patches::writer::DEFAULT_SHARD_MIB,
            mask: MaskConfig::default(),
            sources: Vec::new(),
        }
    }
}

impl PrepareConfig {
    /// Checks what can be checked without reading a source.
    ///
    /// # Errors
    /// [`crate::raster::Error::Option`] with the option or field at fault.
    pub fn check(&self) -> Result<()> {
        if self.sources.is_empty() {
            return Err(Error::option("SOURCE", "no source is given; name at least one scene or folder"));
        }
        if !PATCH_PX.contains(&self.patch_px) {
            let problem = format!(
                "{} is no useful size; expected {} to {} pixels",
                self.patch_px,
                PATCH_PX.start(),
                PATCH_PX.end()
            );
            return Err(Error::option("--patch", problem));
        }
        if self.stride_px == Some(0) {
            return Err(Error::option("--stride", "patches that are 0 pixels apart never end"));
        }
        if self.place_km.is_some_and(|km| !(0.1..=1000.0).contains(&km)) {
            return Err(Error::option("--place-km", "expected 0.1 to 1000 kilometres"));
        }
        if !(1..=4096).contains(&self.shard_mib) {
            return Err(Error::option("shard_mib", format!("{} is not 1 to 4096", self.shard_mib)));
        }
        if self.sources.iter().any(|source| source.mask_band == Some(0)) {
            return Err(Error::option("--mask-band", "there is no band 0; bands are counted from 1"));
        }
        self.mask.check()?;
        self.check_parts()?;
        self.check_bands()
    }

    fn check_parts(&self) -> Result<()> {
        let parts = [
            ("--clear-most", self.clear_most),
            ("--cloudy-least", self.cloudy_least),
            ("--cloudy-most", self.cloudy_most),
            ("--valid-least", self.valid_least),
            ("--validation-part", f64::from(self.split.validation)),
            ("--test-part", f64::from(self.split.test)),
        ];
        if let Some((option, value)) = parts.into_iter().find(|(_, value)| !(0.0..=1.0).contains(value)) {
            return Err(Error::option(option, format!("{value} is no part; expected 0 to 1")));
        }
        if self.split.validation + self.split.test > 1.0 {
            return Err(Error::option("--validation-part", "with --test-part it is more than all places"));
        }
        if self.clear_most > self.cloudy_least || self.cloudy_least > self.cloudy_most {
            let problem = format!(
                "expected --clear-most ≤ --cloudy-least ≤ --cloudy-most, found {}, {} and {}",
                self.clear_most, self.cloudy_least, self.cloudy_most
            );
            return Err(Error::option("--clear-most", problem));
        }
        Ok(())
    }

    fn check_bands(&self) -> Result<()> {
        for (option, bands) in
            [("--store-bands", self.bands.as_deref()), ("--allow-missing", Some(&self.allow_missing[..]))]
        {
            let bands = bands.unwrap_or_default();
            if let Some(radar) = bands.iter().find(|band| !band.is_optical()) {
                return Err(Error::option(option, format!("{radar} is radar, which --s1 brings in")));
            }
            if let Some(index) = (1..bands.len()).find(|&index| bands[..index].contains(&bands[index])) {
                return Err(Error::option(option, format!("{} is named twice", bands[index])));
            }
        }
        if self.bands.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::option("--store-bands", "a store needs at least one band"));
        }
        Ok(())
    }

    /// Pixels from one patch to the next.
    #[must_use]
    pub fn stride(&self) -> usize {
        self.stride_px.unwrap_or(self.patch_px)
    }

    /// The domain of a patch by the part of its valid pixels under cloud or shadow; none where it is
    /// neither.
    #[must_use]
    pub fn domain_of(&self, covered: f64) -> Option<Domain> {
        if covered <= self.clear_most {
            Some(Domain::Clear)
        } else {
            (self.cloudy_least..=self.cloudy_most).contains(&covered).then_some(Domain::Cloudy)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A change to a sound configuration.
    type Edit = fn(&mut PrepareConfig);

    fn with(edit: impl Fn(&mut PrepareConfig)) -> Result<()> {
        let mut config = PrepareConfig { sources: vec![SourceConfig::default()], ..PrepareConfig::default() };
        edit(&mut config);
        config.check()
    }

    #[test]
    fn a_configuration_survives_toml_and_knows_its_fields() {
        let source = SourceConfig { domain: Some(Domain::Cloudy), ..SourceConfig::default() };
        let config = PrepareConfig { sources: vec![source], stride_px: Some(64), ..PrepareConfig::default() };
        let text = toml::to_string(&config).expect("written");
        assert_eq!(toml::from_str::<PrepareConfig>(&text).expect("read"), config);
        assert!(toml::from_str::<PrepareConfig>("patch = 3").is_err());
        assert!(toml::from_str::<PrepareConfig>("[[sources]]\nroute = \"x\"").is_err());
    }

    #[test]
    fn what_cannot_be_is_refused_by_name() {
        assert!(with(|_| {}).is_ok());
        let cases: [(&str, Edit); 10] = [
            ("SOURCE", |config| config.sources.clear()),
            ("--patch", |config| config.patch_px = 7),
            ("--stride", |config| config.stride_px = Some(0)),
            ("--place-km", |config| config.place_km = Some(0.0)),
            ("--clear-most", |config| config.clear_most = 0.2),
            ("--cloudy-most", |config| config.cloudy_most = 1.2),
            ("--valid-least", |config| config.valid_least = f64::NAN),
            ("--validation-part", |config| config.split.validation = 0.95),
            ("--store-bands", |config| config.bands = Some(vec![Band::B02, Band::B02])),
            ("--allow-missing", |config| config.allow_missing = vec![Band::VV]),
        ];
        for (option, edit) in cases {
            let error = with(edit).expect_err(option);
            assert!(error.is_usage() && error.to_string().contains(option), "{option}: {error}");
        }
    }

    #[test]
    fn patches_between_clear_and_cloudy_are_neither() {
        let config = PrepareConfig { cloudy_most: 0.9, ..PrepareConfig::default() };
        let domains = [0.0, 0.01, 0.02, 0.05, 0.9, 0.95].map(|covered| config.domain_of(covered));
        let (clear, cloudy) = (Some(Domain::Clear), Some(Domain::Cloudy));
        assert_eq!(domains, [clear, clear, None, cloudy, cloudy, None]);
    }
}
