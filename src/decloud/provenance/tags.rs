//! The facts of a report as tags inside its rasters.

use super::{BandFacts, Report, SourceFacts};

impl Report {
    /// The same facts as `DECLOUDER_*` tags of the output `file` (its name, to choose its bands).
    /// Facts of bands are lists in the order of `DECLOUDER_BANDS`.
    #[must_use]
    pub fn tags(&self, file: &str) -> Vec<(String, String)> {
        let bands: Vec<_> = self.bands.iter().filter(|band| band.file == file).collect();
        let listed = |value: &dyn Fn(&BandFacts) -> String| {
            bands.iter().map(|band| value(band)).collect::<Vec<_>>().join(",")
        };
        let mut tags = vec![
            ("VERSION", self.version.clone()),
            ("CREATED", self.created.clone()),
            ("ENGINE", self.engine.name.clone()),
            ("SOURCE", self.source.name.clone()),
            ("SOURCE_SHA256", self.source.digest()),
            ("MASK", self.mask.source.clone()),
            (
                "MASK_COVER",
                format!(
                    "cloud:{:.6} shadow:{:.6} invalid:{:.6}",
                    self.mask.cloud, self.mask.shadow, self.mask.invalid
                ),
            ),
            ("BANDS", bands.iter().map(|band| band.name.as_str()).collect::<Vec<_>>().join(",")),
            ("SCALE", listed(&|band| band.scale.to_string())),
            ("OFFSET", listed(&|band| band.offset.to_string())),
            ("COPIED", listed(&|band| band.copied.to_string())),
            ("MADE", listed(&|band| band.made.to_string())),
            ("NODATA", listed(&|band| band.nodata.to_string())),
            ("OPTIONS", self.options.to_string()),
            ("WARNINGS", self.warnings.join("; ")),
            ("ATTRIBUTION", self.attribution.clone()),
        ];
        let optional = [
            ("MODEL", self.engine.model.clone()),
            ("MODEL_SHA256", self.engine.model_sha256.clone()),
            ("SEED", self.engine.seed.map(|seed| seed.to_string())),
            ("LATENT", self.engine.latent.as_ref().and_then(|code| serde_json::to_string(code).ok())),
            ("S1", self.s1.as_ref().map(|facts| facts.name.clone())),
            ("S1_SHA256", self.s1.as_ref().map(SourceFacts::digest)),
            ("REFERENCE", self.reference.as_ref().map(|facts| facts.name.clone())),
            ("REFERENCE_SHA256", self.reference.as_ref().map(SourceFacts::digest)),
            ("REFERENCE_SENSED", self.reference.as_ref().and_then(|facts| facts.sensed.clone())),
            ("LEVEL", self.source.level.map(|level| level.to_string())),
            ("BASELINE", self.source.baseline.clone()),
            ("SENSED", self.source.sensed.clone()),
        ];
        tags.extend(optional.into_iter().filter_map(|(key, value)| Some((key, value?))));
        tags.into_iter().map(|(key, value)| (format!("DECLOUDER_{key}"), value)).collect()
    }
}
