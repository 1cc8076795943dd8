//! Transplanted clouds against the real ones they were taken from, by s2cloudless and by brightness.
#![cfg(feature = "gdal")]

use std::path::{Path, PathBuf};

use declouder::bands::{L1C, Level};
use declouder::fill::fill_planes;
use declouder::mask::{self, CLEAR, CLOUD, FileOptions, Mask, MaskConfig};
use declouder::progress::Silent;
use declouder::random::Stream;
use declouder::raster::{Plane, Scene, SceneOptions, SceneReader, open};
use declouder::simulate::transplant::{Donor, Transplanted};

use super::fixtures::Raster;
use super::support::shared;

/// B02, B04, B8A, B10, B11, B12 in the order of [`L1C`].
const SHOWN: [usize; 6] = [1, 3, 8, 10, 11, 12];

fn read(path: &Path) -> (Scene, Vec<Plane<f32>>) {
    let options = SceneOptions { level: Some(Level::L1C), ..SceneOptions::default() };
    let scene = open(path, &options).unwrap();
    let mut reader = SceneReader::new(&scene);
    let planes = (0..13).map(|band| reader.reflectance(band, scene.grid.window()).unwrap()).collect();
    (scene, planes)
}

/// Where s2cloudless sees cloud.
fn detected(scene: &Scene) -> Plane<u8> {
    let config = MaskConfig { method: "s2cloudless".into(), shadow: false, ..MaskConfig::default() };
    mask::detect(scene, &config, &Silent).unwrap().codes
}

/// One real cloudy image, its cloud over another place, and what the detector says of both.
struct Trial {
    original: Vec<Plane<f32>>,
    donor: Donor,
    under: Transplanted,
    found: Plane<u8>,
}

impl Trial {
    /// None where the image has under 3 % of cloud. `name` is the image's path in the set.
    fn of(data: &Path, name: &Path, clear: &[Plane<f32>], folder: &Path) -> Option<Self> {
        let (scene, original) = read(&data.join(name));
        let from = FileOptions { band: Some(2), ..FileOptions::default() };
        let mask = mask::from_file(&data.join("s2cloudless").join(name), &scene, &from, &Silent).unwrap();
        if mask.cover().cloud < 0.03 {
            return None;
        }
        let ground = fill_planes(&original, &L1C, Some(Level::L1C), &mask::alpha(&mask, 4, 8));
        let donor = Donor::new(&L1C, &original, &ground, &mask.codes).unwrap();
        let placing = donor.draw(&mut Stream::new(1, 0, &name.to_string_lossy()), (256, 256));
        let under = donor.over(clear, placing.turn, placing.shift);
        let out = folder.join(name.file_name().unwrap());
        let names: Vec<_> = L1C.iter().map(|band| band.name()).collect();
        Raster { width: 256, height: 256, bands: &names, ..Raster::default() }
            .write(&out, |band, x, y| (under.planes[band].get(x, y) * 10_000.0).round().max(1.0) as u16);
        Some(Self { original, donor, found: detected(&read(&out).0), under })
    }

    /// How many pixels of the lent cloud of excess `from` to `to` the detector finds, and how many there are.
    fn hits(&self, from: f32, to: f32) -> [usize; 2] {
        let (codes, excess) = (&self.under.codes.data, &self.under.excess.data);
        let cloud: Vec<usize> =
            (0..codes.len()).filter(|&i| codes[i] == CLOUD && (from..to).contains(&excess[i])).collect();
        [cloud.iter().filter(|&&i| self.found.data[i] == CLOUD).count(), cloud.len()]
    }

    /// The same for cloud where there is none within 6 pixels.
    fn wrong(&self) -> [usize; 2] {
        let cloud = self.under.codes.map(|code| if code == CLOUD { CLOUD } else { CLEAR });
        let near = mask::alpha(&Mask { codes: cloud, source: String::new() }, 6, 0).0;
        let far: Vec<usize> = (0..near.data.len()).filter(|&i| near.data[i] == 0).collect();
        [far.iter().filter(|&&i| self.found.data[i] == CLOUD).count(), far.len()]
    }
}

fn part([hits, all]: [usize; 2]) -> f64 {
    hits as f64 / all.max(1) as f64
}

fn total(counts: impl Iterator<Item = [usize; 2]>) -> [usize; 2] {
    counts.fold([0, 0], |sum, count| [sum[0] + count[0], sum[1] + count[1]])
}

#[test]
fn a_detector_finds_lent_cloud_about_as_often_as_the_original() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let folder = tempfile::tempdir().unwrap();
    let clear = read(&data.join("train/clear/ROIs1868_summer_s2_100_p500.tif")).1;
    let names = ["ROIs1970_fall_s2_85_p492", "ROIs1970_fall_s2_136_p280", "ROIs1158_spring_s2_26_p100"];
    let trials: Vec<_> = names
        .iter()
        .filter_map(|name| {
            Trial::of(&data, Path::new(&format!("train/cloudy/{name}.tif")), &clear, folder.path())
        })
        .collect();
    // The original is found by definition: its mask is the detector's.
    let deep = total(trials.iter().map(|trial| trial.hits(0.3, 2.0)));
    let middle = total(trials.iter().map(|trial| trial.hits(0.1, 0.3)));
    let wrong = total(trials.iter().map(Trial::wrong));
    assert!(deep[1] > 10_000 && middle[1] > 5_000 && wrong[1] > 10_000, "{deep:?} {middle:?} {wrong:?}");
    assert!(part(deep) > 0.98, "{deep:?}");
    assert!(part(middle) > 0.85, "{middle:?}");
    assert!(part(wrong) < 0.05, "{wrong:?}");
}

/// The cloudy images of the training set and the series.
fn cloudy(data: &Path) -> Vec<PathBuf> {
    let mut names = Vec::new();
    for place in ["train/cloudy", "series"] {
        for entry in std::fs::read_dir(data.join(place)).unwrap() {
            names.push(Path::new(place).join(entry.unwrap().file_name()));
        }
    }
    names.sort();
    names
}

/// Grounds for them: clear training patches without snow.
fn grounds(data: &Path) -> Vec<PathBuf> {
    let folder = data.join("train/clear");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.to_string_lossy().contains("_26_"));
    paths.sort();
    paths
}

/// Images with the codes and the excess of their cloud.
type Clouds<'a> = (&'a [Plane<f32>], &'a Plane<u8>, &'a Plane<f32>);

/// 10th, 50th and 90th percentile of the bands shown over cloud of an excess of at least `from`.
fn percentiles(images: &[Clouds<'_>], from: f32) -> Vec<[f32; 3]> {
    let of_band = |band: usize| {
        let mut values = Vec::new();
        for (planes, codes, excess) in images {
            let cloud = (0..codes.data.len()).filter(|&i| codes.data[i] == CLOUD && excess.data[i] >= from);
            values.extend(cloud.map(|i| planes[band].data[i]));
        }
        values.sort_by(f32::total_cmp);
        [0.1, 0.5, 0.9].map(|rank| values[(rank * (values.len() - 1) as f64) as usize])
    };
    SHOWN.iter().map(|&band| of_band(band)).collect()
}

#[test]
#[ignore = "takes a minute and prints the tables of docs/simulate.md (--nocapture)"]
fn lent_clouds_have_the_brightness_of_the_originals() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let folder = tempfile::tempdir().unwrap();
    let grounds = grounds(&data);
    let mut trials = Vec::new();
    for (index, name) in cloudy(&data).iter().enumerate() {
        let clear = read(&grounds[7 * index % grounds.len()]).1;
        trials.extend(Trial::of(&data, name, &clear, folder.path()));
    }
    let real: Vec<Clouds<'_>> =
        trials.iter().map(|t| (t.original.as_slice(), t.donor.codes(), t.donor.excess())).collect();
    let lent: Vec<Clouds<'_>> =
        trials.iter().map(|t| (t.under.planes.as_slice(), &t.under.codes, &t.under.excess)).collect();
    println!(
        "{} donors\n\n| cloud pixels | B02 | B04 | B8A | B10 | B11 | B12 |\n|---|---|---|---|---|---|---|",
        trials.len()
    );
    let mut rows = Vec::new();
    for (name, images, from) in [
        ("real", &real, -1.0),
        ("lent", &lent, -1.0),
        ("real, e > 0.3", &real, 0.3),
        ("lent, e > 0.3", &lent, 0.3),
    ] {
        let row = percentiles(images, from);
        let cells: Vec<_> =
            row.iter().map(|[low, middle, high]| format!("{low:.3} {middle:.3} {high:.3}")).collect();
        println!("| {name} | {} |", cells.join(" | "));
        rows.push(row);
    }
    let rate = |from, to| total(trials.iter().map(|trial| trial.hits(from, to)));
    println!("\n| e > 0.3 | 0.1–0.3 | < 0.1 | clear, 6 px from cloud |\n|---|---|---|---|");
    let rates = [rate(0.3, 2.0), rate(0.1, 0.3), rate(-1.0, 0.1), total(trials.iter().map(Trial::wrong))];
    let cells = rates.map(|counts| format!("{:.1} % of {} px", 100.0 * part(counts), counts[1]));
    println!("| {} |", cells.join(" | "));
    // Thin cloud shows the brightness of its ground, thick cloud its own.
    for (band, (real, lent)) in SHOWN.iter().zip(rows[2].iter().zip(&rows[3])) {
        for (a, b) in real.iter().zip(lent) {
            assert!((a - b).abs() < 0.02 + 0.1 * a, "{}: {real:?} {lent:?}", L1C[*band]);
        }
    }
    assert!(part(rates[0]) > 0.95 && part(rates[1]) > 0.8 && part(rates[3]) < 0.05, "{rates:?}");
}
