//! A store of made-up pixels of any size, to test and to measure readers with.

use std::path::Path;

use super::{About, Domain, Manifest, Patch, Result, SourceFacts, Split, StoreSpec, StoreWriter};
use crate::mask::{CLEAR, CLOUD};
use crate::progress::Monitor;
use crate::random::{Stream, mix};
use crate::raster;

/// Writes `rows` patches of noise, alternately clear and cloudy, over `places` places, all for
/// training. Equal arguments give equal stores.
///
/// # Errors
/// As [`StoreWriter`]'s functions; cancelled work.
pub fn write_synthetic(
    output: &Path,
    spec: &StoreSpec,
    rows: usize,
    places: usize,
    overwrite: bool,
    monitor: &dyn Monitor,
) -> Result<Manifest> {
    let mut writer = StoreWriter::create(output, spec.clone(), overwrite)?;
    let plane = spec.patch_px * spec.patch_px;
    monitor.stage("synthetic", rows as u64);
    for row in 0..rows {
        if monitor.is_cancelled() {
            return Err(raster::Error::Cancelled.into());
        }
        let domain = if row % 2 == 0 { Domain::Clear } else { Domain::Cloudy };
        let place = writer.place(&format!("place {:06}", row / 2 % places.max(1)), Split::Train, &[])?;
        let base = Stream::new(0, row as u64, "synthetic store").next_u64();
        let number = |index: usize| (mix(base ^ index as u64) % 4000 + 200) as u16;
        let code = if domain == Domain::Cloudy { CLOUD } else { CLEAR };
        writer.push(&Patch {
            pixels: (0..spec.bands.len() * plane).map(number).collect(),
            mask: (0..plane).map(|index| if index < plane / 3 { code } else { CLEAR }).collect(),
            domain,
            place,
            pair: None,
            labels_43: None,
            labels_19: None,
            s1: None,
            reference: None,
        })?;
        monitor.advance(1);
    }
    let source = SourceFacts {
        name: "synthetic".into(),
        kind: "synthetic".into(),
        licence: Some("none: made-up numbers".into()),
        attribution: "nobody".into(),
        rows,
        masks: Vec::new(),
    };
    let about = About { split_rule: "all train".into(), sources: vec![source], ..About::default() };
    writer.finish(about)
}
