//! Declouding under a mask that was found before, or that is to be kept.

use std::path::Path;

use declouder::decloud::{Clouds, DecloudConfig, decloud_under};
use declouder::mask::Mask;
use declouder::progress::Silent;
use declouder::raster::Plane;

use super::support::without_time;

#[test]
fn a_mask_that_was_found_before_makes_the_same_result() {
    let folder = tempfile::tempdir().unwrap();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    let config = DecloudConfig::default();
    let run = |clouds: Clouds<'_>, name: &str| {
        // Tags name the report beside the file, so all have one name.
        std::fs::create_dir(folder.path().join(name)).unwrap();
        let out = folder.path().join(name).join("out.tif");
        decloud_under(clouds, &source, &out, &config, false, &Silent)
            .map(|outcome| (out, outcome.report.mask))
    };
    let (plain, facts) = run(Clouds::Find, "plain").unwrap();
    let mut kept = None;
    let (keeping, _) = run(Clouds::FindAndKeep(&mut kept), "keeping").unwrap();
    let kept = kept.unwrap();
    let (known, known_facts) = run(Clouds::Known(&kept), "known").unwrap();
    assert!(facts == known_facts && kept.cover().cloud > 0.1);
    for other in [keeping, known] {
        assert!(without_time(&plain) == without_time(&other), "{}", other.display());
    }
    let small = Mask { codes: Plane::filled(9, 7, 0), source: "elsewhere".into() };
    let error = run(Clouds::Known(&small), "small").unwrap_err().to_string();
    assert!(error.contains("9 × 7") && error.contains("328 × 328"), "{error}");
    assert_eq!(std::fs::read_dir(folder.path().join("small")).unwrap().count(), 0);
}
