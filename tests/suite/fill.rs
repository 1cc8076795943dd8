//! The fill: as good as promised on pairs it was not tuned on, and the same however it is computed.

use declouder::bands::L1C;
use declouder::fill::{FillContext, fill_planes};
use declouder::mask::{self, FileOptions};
use declouder::progress::Silent;
use declouder::raster::{Plane, Scene, SceneOptions, SceneReader, Window, open};

use super::support::shared;

/// Squared errors of clipped reflectance, summed, and their number.
#[derive(Default)]
struct Errors(f64, f64);

impl Errors {
    fn add(&mut self, a: f32, b: f32) {
        let difference = f64::from(a.clamp(0.0, 1.0)) - f64::from(b.clamp(0.0, 1.0));
        self.0 += difference * difference;
        self.1 += 1.0;
    }

    fn psnr(&self) -> f64 {
        -10.0 * (self.0 / self.1).log10()
    }
}

fn planes(scene: &Scene) -> Vec<Plane<f32>> {
    let mut reader = SceneReader::new(scene);
    (0..scene.bands.len()).map(|band| reader.reflectance(band, scene.grid.window()).unwrap()).collect()
}

/// PSNR over all pixels and under cloud of one pair.
fn pair(
    cloudy: &std::path::Path,
    clear: &std::path::Path,
    reference_mask: &std::path::Path,
) -> (f64, Option<f64>) {
    let options = SceneOptions { level: Some(declouder::bands::Level::L1C), ..SceneOptions::default() };
    let (scene, truth) = (open(cloudy, &options).unwrap(), open(clear, &options).unwrap());
    let from = FileOptions { band: Some(2), ..FileOptions::default() };
    let mask = mask::from_file(reference_mask, &scene, &from, &Silent).unwrap();
    let alpha = mask::alpha(&mask, 0, 8);
    let bands: Vec<usize> = (0..scene.bands.len()).collect();
    let filled = FillContext::build(&scene, &alpha, &Silent).unwrap().render(&bands, scene.grid.window());
    let (mut all, mut under) = (Errors::default(), Errors::default());
    for ((source, filled), truth) in planes(&scene).iter().zip(&filled).zip(&planes(&truth)) {
        for (i, &m) in alpha.0.data.iter().enumerate() {
            let m_part = f32::from(m) / 255.0;
            let value = (1.0 - m_part) * source.data[i] + m_part * filled.data[i];
            all.add(value, truth.data[i]);
            if mask.codes.data[i] == mask::CLOUD {
                under.add(value, truth.data[i]);
            }
        }
    }
    let cover = mask.cover().cloud;
    (all.psnr(), (cover >= 0.02).then(|| under.psnr()))
}

#[test]
fn the_test_pairs_reach_28_db_and_27_5_db_under_cloud() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let mut results = Vec::new();
    for entry in std::fs::read_dir(data.join("test/cloudy")).unwrap() {
        let cloudy = entry.unwrap().path();
        let name = cloudy.file_name().unwrap().to_owned();
        let clear = data.join("test/clear").join(&name);
        results.push(pair(&cloudy, &clear, &data.join("s2cloudless/test/cloudy").join(&name)));
    }
    let mean = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let all = mean(results.iter().map(|&(all, _)| all).collect());
    let under = mean(results.iter().filter_map(|&(_, under)| under).collect());
    assert_eq!(results.len(), 7);
    assert!(all >= 28.0 && under >= 27.5, "all {all:.2} dB, under cloud {under:.2} dB");
}

#[test]
fn planes_in_memory_get_the_fill_of_the_scene_on_disk() {
    let Some(data) = shared("sen12ms-cr") else { return };
    let options = SceneOptions { level: Some(declouder::bands::Level::L1C), ..SceneOptions::default() };
    let name = "ROIs1158_spring_s2_39_p500.tif";
    let scene = open(&data.join("test/cloudy").join(name), &options).unwrap();
    let from = FileOptions { band: Some(2), ..FileOptions::default() };
    let mask = data.join("s2cloudless/test/cloudy").join(name);
    let mask = mask::from_file(&mask, &scene, &from, &Silent).unwrap();
    let alpha = mask::alpha(&mask, 4, 8);
    assert!(mask.cover().cloud > 0.2);
    let bands: Vec<usize> = (0..scene.bands.len()).collect();
    let of_scene = FillContext::build(&scene, &alpha, &Silent).unwrap().render(&bands, scene.grid.window());
    let of_planes = fill_planes(&planes(&scene), &L1C, scene.level, &alpha);
    assert_eq!(of_planes.len(), of_scene.len());
    for (band, (a, b)) in scene.bands.iter().zip(of_planes.iter().zip(&of_scene)) {
        let furthest = a.data.iter().zip(&b.data).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
        assert!(furthest <= 1e-6, "{}: {furthest}", band.name);
    }
}

#[test]
fn native_sizes_number_of_threads_and_windows_do_not_change_the_fill() {
    let Some(data) = shared("s2-l1c-virginia-clear") else { return };
    let scene = open(&data, &SceneOptions::default()).unwrap();
    let (width, height) = (scene.grid.width, scene.grid.height);
    let mut alpha = mask::Alpha(Plane::filled(width, height, 0));
    for y in 300..620 {
        alpha.0.row_mut(y)[410..800].fill(255);
    }
    let with = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| FillContext::build(&scene, &alpha, &Silent).unwrap())
    };
    let bands: Vec<usize> = (0..scene.bands.len()).collect();
    let whole = with(1).render(&bands, scene.grid.window());
    let parallel = with(3);
    for window in
        [Window::new(0, 0, width, height), Window::new(401, 297, 113, 59), Window::new(7, 1001, 1, 3)]
    {
        for (plane, part) in whole.iter().zip(parallel.render(&bands, window)) {
            assert_eq!(plane.crop(window), part);
        }
    }
    // Under the square the fill is a mean of what lies around it, so it must be near the truth's.
    let under = Window::new(410, 300, 390, 320);
    let mean =
        |plane: &Plane<f32>| plane.data.iter().map(|&v| f64::from(v)).sum::<f64>() / plane.data.len() as f64;
    for (band, (truth, filled)) in scene.bands.iter().zip(planes(&scene).iter().zip(&whole)) {
        let (truth, filled) = (mean(&truth.crop(under)), mean(&filled.crop(under)));
        assert!((truth - filled).abs() < 0.05, "{}: {truth:.3} against {filled:.3}", band.name);
    }
}

#[test]
fn a_cancelled_fill_ends_with_that_error() {
    struct Stop;
    impl declouder::progress::Monitor for Stop {
        fn is_cancelled(&self) -> bool {
            true
        }
    }
    let Some(data) = shared("betsiboka") else { return };
    let scene = open(&data.join("scene.tif"), &SceneOptions::default()).unwrap();
    let alpha = mask::Alpha(Plane::filled(scene.grid.width, scene.grid.height, 0));
    let error = FillContext::build(&scene, &alpha, &Stop).unwrap_err();
    assert!(matches!(error, declouder::raster::Error::Cancelled));
}
