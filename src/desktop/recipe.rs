//! What a result was made by, so that it is known whether the same was exported.

use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::compute::Choice;
use crate::decloud::{DEFAULT_TILE_PX, DecloudConfig};
use crate::mask::Mask;

/// A name for everything that decides the pixels of a scene's result: equal names, equal pixels. Formats, tiles and the
/// device decide none. `mask` is the analyst's own, where no method looks for cloud. It reads the whole mask, so this is
/// work for another thread than the window's.
pub(super) fn recipe(scene: &Path, config: &DecloudConfig, mask: Option<&Mask>) -> String {
    let decides = DecloudConfig {
        device: Choice::default(),
        tile_px: DEFAULT_TILE_PX,
        plain: false,
        cog: false,
        qml: false,
        stac: false,
        force: false,
        ..config.clone()
    };
    let mut hasher = Sha256::new();
    hasher.update(scene.as_os_str().as_encoded_bytes());
    // Debug tells every field of the configuration, whatever its type.
    hasher.update(format!("{decides:?}"));
    if let Some(mask) = mask {
        hasher.update(&mask.codes.data);
    }
    hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::raster::Plane;

    #[test]
    fn formats_do_not_count_and_everything_else_does() {
        let name = |scene: &str, config: &DecloudConfig, mask: Option<u8>| {
            let mask = mask.map(|code| Mask { codes: Plane::filled(3, 2, code), source: String::new() });
            recipe(Path::new(scene), config, mask.as_ref())
        };
        let config = DecloudConfig::default();
        let own = name("/a.tif", &config, None);
        let format =
            DecloudConfig { cog: true, plain: true, tile_px: 64, device: Choice::Cpu, ..config.clone() };
        assert_eq!(own, name("/a.tif", &format, None));
        let mut wider = config.clone();
        wider.mask.dilate_px = Some(9);
        let others = [
            name("/b.tif", &config, None),
            name("/a.tif", &DecloudConfig { seed: 1, ..config.clone() }, None),
            name("/a.tif", &wider, None),
            name("/a.tif", &config, Some(0)),
            name("/a.tif", &config, Some(1)),
        ];
        let distinct: std::collections::HashSet<_> = others.iter().chain([&own]).collect();
        assert_eq!(distinct.len(), others.len() + 1);
    }
}
