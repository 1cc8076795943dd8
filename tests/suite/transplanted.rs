//! `declouder evaluate --donors`: clear scenes under the real cloud of others, and donors that do not fit.
#![cfg(feature = "gdal")]

use std::fs;
use std::path::{Path, PathBuf};

use declouder::evaluation::report::{LeftOut, SetReport, Subset};
use declouder::evaluation::{DonorsConfig, EvaluateConfig, SetConfig, evaluate};
use declouder::metrics::{Measure, Region};
use declouder::progress::Silent;

use super::fixtures::Raster;
use super::support::{declouder, outcome};

const BANDS: [&str; 6] = ["B02", "B03", "B04", "B08", "B11", "B12"];
const SIDE: usize = 64;

/// DN of a clear place with a slope and some detail.
fn land(band: usize, x: usize, y: usize) -> u16 {
    (700 + 250 * band + 5 * x + 3 * y + (x * 7 + y * 13 + band) % 40) as u16
}

fn raster() -> Raster<'static> {
    Raster { width: SIDE, height: SIDE, bands: &BANDS, ..Raster::default() }
}

/// Two clear scenes (only `clear/` is there), and donors: a cloud over the left third of one scene, and a
/// scene without.
fn made(folder: &Path) -> (PathBuf, PathBuf, PathBuf) {
    let (data, donors, masks) = (folder.join("data"), folder.join("donors"), folder.join("masks"));
    for place in [data.join("clear"), donors.clone(), masks.clone()] {
        fs::create_dir_all(place).unwrap();
    }
    for (name, brighter) in [("a_p1.tif", 0), ("b_p1.tif", 300)] {
        raster().write(&data.join("clear").join(name), |band, x, y| land(band, x, y) + brighter);
    }
    for (name, columns) in [("cloudy.tif", 20), ("clear.tif", 0)] {
        raster().write(&donors.join(name), |band, x, y| if x < columns { 6500 } else { land(band, x, y) });
        Raster { bands: &["mask"], ..raster() }.write(&masks.join(name), |_, x, _| u8::from(x < columns));
    }
    (data, donors, masks)
}

fn set(data: &Path, donors: &Path, masks: &Path) -> SetConfig {
    let donors = DonorsConfig {
        folder: donors.to_owned(),
        masks: Some(masks.to_owned()),
        per_image: 2,
        seed: 3,
        ..DonorsConfig::default()
    };
    SetConfig { data: data.to_owned(), donors: Some(donors), ..SetConfig::default() }
}

fn evaluated(set: SetConfig) -> SetReport {
    let config = EvaluateConfig { sets: vec![set], ..EvaluateConfig::default() };
    evaluate(&config, &[], &Silent).unwrap().sets.remove(0)
}

#[test]
fn clear_scenes_are_measured_under_lent_cloud_against_their_exact_truth() {
    let folder = tempfile::tempdir().unwrap();
    let (data, donors, masks) = made(folder.path());
    let report = evaluated(set(&data, &donors, &masks));
    assert_eq!((report.kind.as_str(), report.images.len(), report.bands.len()), ("transplanted", 4, 6));
    let left_out: Vec<_> = report.donors.iter().map(|donor| (donor.name.as_str(), donor.left_out)).collect();
    assert_eq!(left_out, [("clear", Some(LeftOut::Clear)), ("cloudy", None)]);
    for image in &report.images {
        assert_eq!(image.lent.as_ref().unwrap().donor, "cloudy");
        assert!((0.05..0.95).contains(&image.cover), "{}", image.cover);
        assert!(image.excess.unwrap() > 0.5 && image.thin == Some(false));
        // Outside the mask the image is the truth but for the fade, so the input is nearly perfect there.
        let input = &image.results["input"];
        assert!(input.clear.unwrap().mae.unwrap() < 0.05);
        assert!(input.cloud.unwrap().mae.unwrap() > 0.2);
        assert!(image.results["fill"].cloud.unwrap().mae.unwrap() < 0.05);
    }
    let placings: Vec<_> = report.images.iter().map(|image| image.lent.as_ref().unwrap().placing).collect();
    assert!(placings.windows(2).any(|pair| pair[0] != pair[1]), "{placings:?}");
    let all = report.methods[0].group(Subset::Any, Region::Cloud).unwrap().measures[&Measure::Mae];
    assert_eq!((all.images, all.scenes, all.donors), (4, 2, Some(1)));
    // The same seed gives the same report, and the order of names does not matter to a scene's draws.
    assert_eq!(evaluated(set(&data, &donors, &masks)), report);
    fs::remove_file(data.join("clear/a_p1.tif")).unwrap();
    let alone = evaluated(set(&data.join("clear"), &donors, &masks));
    assert_eq!(alone.images, report.images[2..]);
    let mut other = set(&data, &donors, &masks);
    other.donors.as_mut().unwrap().seed = 4;
    assert_ne!(evaluated(other).images, alone.images);
}

#[test]
fn without_a_feather_no_pixel_outside_the_mask_differs_from_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let (data, donors, masks) = made(folder.path());
    let mut set = set(&data, &donors, &masks);
    set.mask.feather_px = 0;
    for image in evaluated(set).images {
        assert!(image.results.values().all(|result| result.clear.unwrap().identical));
    }
}

#[test]
fn overcast_donors_lend_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (data, donors, masks) = made(folder.path());
    raster().write(&donors.join("overcast.tif"), |band, x, _| (6000 + band * 50 + x) as u16);
    Raster { bands: &["mask"], ..raster() }.write(&masks.join("overcast.tif"), |_, _, _| 1_u8);
    let mut with = set(&data, &donors, &masks);
    let why =
        |report: &SetReport| report.donors.iter().find(|donor| donor.name == "overcast").unwrap().left_out;
    let report = evaluated(with.clone());
    assert_eq!(why(&report), Some(LeftOut::Overcast));
    assert!(report.images.iter().all(|image| image.cover < 0.95));
    with.donors.as_mut().unwrap().overcast = true;
    let report = evaluated(with);
    assert_eq!(why(&report), None);
    // Two donors, two draws a scene: each lies over each once.
    assert_eq!(report.images.iter().filter(|image| image.cover == 1.0).count(), 2);
}

#[test]
fn donors_that_do_not_fit_are_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let (data, donors, masks) = made(folder.path());
    let output = folder.path().join("report.json");
    let refused = |donors: &Path, masks: Option<&Path>, data: &Path, code: i32, words: &[&str]| {
        let mut args: Vec<&std::ffi::OsStr> =
            vec!["evaluate".as_ref(), data.as_ref(), "--donors".as_ref(), donors.as_ref()];
        args.extend(["-o".as_ref(), output.as_os_str()]);
        args.extend(masks.into_iter().flat_map(|masks| ["--donor-masks".as_ref(), masks.as_os_str()]));
        let (found, _, err) = outcome(&declouder(&args));
        assert_eq!(found, code, "{err}");
        for word in words {
            assert!(err.contains(word), "\"{word}\" is not in: {err}");
        }
        assert!(!output.exists());
    };
    refused(&folder.path().join("nowhere"), None, &data, 1, &["no folder of donors", "nowhere"]);
    refused(&donors, Some(&data), &data, 2, &["--donor-masks", "clear.tif"]);
    refused(&donors, Some(&masks), &folder.path().join("nowhere"), 1, &["nowhere"]);
    fs::create_dir_all(folder.path().join("none/clear")).unwrap();
    refused(&donors, Some(&masks), &folder.path().join("none"), 1, &["no clear scene"]);

    let few = folder.path().join("few");
    fs::create_dir_all(&few).unwrap();
    Raster { bands: &BANDS[..4], ..raster() }
        .write(&few.join("cloudy.tif"), |_, x, _| if x < 20 { 6500_u16 } else { 900 });
    refused(&few, Some(&masks), &data, 1, &["no B11, B12", "a_p1.tif", "few"]);

    let coarse = folder.path().join("coarse");
    fs::create_dir_all(&coarse).unwrap();
    let mut wide = raster();
    wide.geotransform = Some([500_000.0, 20.0, 0.0, 4_200_000.0, 0.0, -20.0]);
    wide.write(&coarse.join("cloudy.tif"), |band, x, y| if x < 20 { 6500 } else { land(band, x, y) });
    let coarse_masks = folder.path().join("coarse_masks");
    fs::create_dir_all(&coarse_masks).unwrap();
    Raster { bands: &["mask"], ..wide }.write(&coarse_masks.join("cloudy.tif"), |_, x, _| u8::from(x < 20));
    refused(&coarse, Some(&coarse_masks), &data, 1, &["20.0 m", "10.0 m"]);

    fs::remove_file(donors.join("cloudy.tif")).unwrap();
    refused(&donors, Some(&masks), &data, 1, &["cloud to lend", "1 have under 5 %"]);
}
