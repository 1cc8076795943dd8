//! Simulated clouds: cover, repeatability, what is left untouched, physics, bad input.

use std::path::Path;

use declouder::bands::{Band, L1C};
use declouder::mask;
use declouder::raster::{Plane, Sun, Window};
use declouder::simulate::{Clouds, Config, Error, Ground, Kind, Site};
use proptest::prelude::*;

fn site(width: usize, height: usize) -> Site {
    Site { width, height, pixel_m: 10.0, sun: None, level: None }
}

fn whole(site: &Site) -> Window {
    Window::new(0, 0, site.width, site.height)
}

fn part_of(codes: &Plane<u8>, code: u8) -> f64 {
    codes.data.iter().map(|&c| f64::from(u8::from(c == code))).sum::<f64>() / codes.data.len() as f64
}

/// Field, vegetation-like ground and its cloudy version in one band.
fn cloudy(clouds: &Clouds, site: &Site, band: Band, value: f32) -> (Plane<f32>, Vec<bool>, Plane<u8>) {
    let field = clouds.render(whole(site));
    let mut pixels = Plane::filled(site.width, site.height, value);
    for (i, pixel) in pixels.data.iter_mut().enumerate() {
        *pixel *= 1.0 + 0.1 * ((i % 7) as f32 - 3.0) / 3.0;
    }
    let ground = Ground::of(&pixels, 1).window(whole(site));
    let touched = field.apply(band, 1, &mut pixels, &ground);
    (pixels, touched, field.codes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cover_asked_for_is_hit_within_one_per_cent(
        cover in 0.0..=1.0_f64, seed in any::<u64>(), kind in 0..3_usize,
        width in 64..300_usize, height in 64..300_usize,
    ) {
        let kind = [Kind::Thick, Kind::Thin, Kind::Mixed][kind];
        let site = site(width, height);
        let clouds = Clouds::over(Config { kind, cover }, seed, site).unwrap();
        let codes = clouds.render(whole(&site)).codes();
        prop_assert!((part_of(&codes, mask::CLOUD) - cover).abs() < 0.01);
    }

    #[test]
    fn a_window_of_the_field_is_the_crop_of_the_whole(
        seed in any::<u64>(), x in 0..150_usize, y in 0..150_usize, width in 1..90_usize, height in 1..90_usize,
    ) {
        let site = site(240, 240);
        let clouds = Clouds::over(Config::default(), seed, site).unwrap();
        let all = clouds.render(whole(&site));
        let window = Window::new(x, y, width, height);
        let cut = clouds.render(window);
        prop_assert_eq!(cut.codes(), all.codes().crop(window));
        prop_assert_eq!(cut.opacity(), all.opacity().crop(window));
        prop_assert_eq!(cut.shadow, all.shadow.crop(window));
    }
}

#[test]
fn a_large_site_is_sampled_and_still_hits_its_cover() {
    let site = site(2400, 1700);
    assert!(site.sample_places().len() < 600_000);
    let clouds = Clouds::over(Config { kind: Kind::Mixed, cover: 0.3 }, 5, site).unwrap();
    assert!((part_of(&clouds.render(whole(&site)).codes(), mask::CLOUD) - 0.3).abs() < 0.01);
}

#[test]
fn pixels_that_the_mask_calls_clear_keep_every_bit() {
    let site = site(256, 256);
    for kind in [Kind::Thick, Kind::Thin, Kind::Mixed] {
        let clouds = Clouds::over(Config { kind, cover: 0.4 }, 11, site).unwrap();
        let field = clouds.render(whole(&site));
        let codes = field.codes();
        assert!(part_of(&codes, mask::CLEAR) > 0.05 && part_of(&codes, mask::SHADOW) > 0.005);
        for band in [Band::B02, Band::B8A, Band::B12] {
            let clear = Plane::filled(256, 256, 0.234_567_8);
            let mut pixels = clear.clone();
            let touched = field.apply(band, 1, &mut pixels, &clear);
            for (i, &touched) in touched.iter().enumerate() {
                assert_eq!(touched, codes.data[i] != mask::CLEAR);
                assert!(touched || pixels.data[i].to_bits() == clear.data[i].to_bits());
            }
        }
    }
}

#[test]
fn a_coarse_pixel_changes_exactly_when_one_of_its_fine_pixels_does() {
    let site = site(252, 246);
    let clouds = Clouds::over(Config { kind: Kind::Thick, cover: 0.3 }, 4, site).unwrap();
    let field = clouds.render(whole(&site));
    let codes = field.codes();
    for ratio in [2, 6] {
        let (width, height) = (252 / ratio, 246 / ratio);
        let clear = Plane::filled(width, height, 0.2);
        let mut pixels = clear.clone();
        let touched = field.apply(Band::B11, ratio, &mut pixels, &clear);
        for y in 0..height {
            for x in 0..width {
                let children = codes.crop(Window::new(x * ratio, y * ratio, ratio, ratio));
                let any = children.data.iter().any(|&code| code != mask::CLEAR);
                assert_eq!(touched[y * width + x], any);
                assert!(any || pixels.get(x, y).to_bits() == 0.2_f32.to_bits());
            }
        }
    }
}

#[test]
fn nodata_stays_and_radar_is_left_alone() {
    let site = site(64, 64);
    let clouds = Clouds::over(Config { kind: Kind::Thick, cover: 1.0 }, 1, site).unwrap();
    let field = clouds.render(whole(&site));
    let mut pixels = Plane::filled(64, 64, f32::NAN);
    let ground = pixels.clone();
    assert!(field.apply(Band::B04, 1, &mut pixels, &ground).iter().all(|&touched| !touched));
    assert!(pixels.data.iter().all(|value| value.is_nan()));
    let mut radar = Plane::filled(64, 64, -12.0);
    let ground = radar.clone();
    assert!(field.apply(Band::VV, 1, &mut radar, &ground).iter().all(|&touched| !touched));
    assert!(radar.data.iter().all(|&value| value == -12.0));
}

#[test]
fn long_waves_let_more_of_the_ground_through() {
    // With the sun overhead no shadow falls beside its cloud.
    let site = Site { sun: Some(Sun { zenith_deg: 0.0, azimuth_deg: 0.0 }), ..site(200, 200) };
    let clouds = Clouds::over(Config { kind: Kind::Thin, cover: 1.0 }, 3, site).unwrap();
    assert!(clouds.render(whole(&site)).shadow.data.iter().all(|&depth| depth == 0.0));
    // Contrast that survives: the same cloud over ground with and without a pattern.
    let contrast = |band: Band| {
        let (pixels, ..) = cloudy(&clouds, &site, band, 0.3);
        let field = clouds.render(whole(&site));
        let mut flat = Plane::filled(200, 200, 0.3);
        let ground = flat.clone();
        let _ = field.apply(band, 1, &mut flat, &ground);
        pixels.data.iter().zip(&flat.data).map(|(a, b)| f64::from((a - b).abs())).sum::<f64>()
    };
    let passed = [Band::B02, Band::B04, Band::B8A, Band::B11, Band::B12].map(contrast);
    assert!(passed[0] > 0.0 && passed.windows(2).all(|pair| pair[0] < pair[1]), "{passed:?}");
}

#[test]
fn shadows_are_deeper_in_long_waves_and_never_brighten() {
    let site = site(256, 256);
    let clouds = Clouds::over(Config { kind: Kind::Thick, cover: 0.3 }, 11, site).unwrap();
    let mean = |band: Band| {
        let (pixels, _, codes) = cloudy(&clouds, &site, band, 0.3);
        let shadow: Vec<f32> = (0..codes.data.len())
            .filter(|&i| codes.data[i] == mask::SHADOW)
            .map(|i| pixels.data[i])
            .collect();
        assert!(shadow.iter().all(|&value| value <= 0.3 * 1.1001));
        shadow.iter().sum::<f32>() / shadow.len() as f32
    };
    let by_band = [Band::B02, Band::B04, Band::B06, Band::B12].map(mean);
    assert!(by_band.windows(2).all(|pair| pair[0] > pair[1]), "{by_band:?}");
}

#[test]
fn shadows_fall_away_from_the_sun() {
    let sun = |azimuth_deg| Some(Sun { zenith_deg: 45.0, azimuth_deg });
    let drift = |azimuth_deg, seed| {
        let site = Site { sun: sun(azimuth_deg), ..site(400, 400) };
        let clouds = Clouds::over(Config { kind: Kind::Thick, cover: 0.15 }, seed, site).unwrap();
        let reach = clouds.layers()[0].height_m / 10.0;
        let field = clouds.render(whole(&site));
        let opacity = field.opacity();
        // Correlation of shadow and cloud at the displacement the sun asks for, and at its opposite.
        let (dx, dy) = (-azimuth_deg.to_radians().sin() * reach, azimuth_deg.to_radians().cos() * reach);
        let at = |sign: f64| {
            let mut sum = 0.0;
            for y in 0..400_i32 {
                for x in 0..400_i32 {
                    let (u, v) = (x + (sign * dx) as i32, y + (sign * dy) as i32);
                    if (0..400).contains(&u) && (0..400).contains(&v) {
                        sum += f64::from(
                            opacity.get(x as usize, y as usize) * field.shadow.get(u as usize, v as usize),
                        );
                    }
                }
            }
            sum
        };
        (at(1.0), at(-1.0))
    };
    for azimuth in [90.0, 135.0, 200.0] {
        // Clouds also lie opposite each other by chance; over several scenes that evens out.
        let (mut away, mut towards) = (0.0, 0.0);
        for seed in 21..29 {
            let (along, against) = drift(azimuth, seed);
            away += along;
            towards += against;
        }
        assert!(away > 1.5 * towards, "{azimuth}: {away} {towards}");
    }
}

#[test]
fn seeds_decide_everything() {
    let site = site(128, 128);
    let field = |seed| {
        let clouds = Clouds::over(Config::default(), seed, site).unwrap();
        cloudy(&clouds, &site, Band::B03, 0.1).0.data
    };
    assert_eq!(field(3), field(3));
    assert_ne!(field(3), field(4));
}

#[test]
fn no_cover_touches_nothing_and_full_cover_leaves_nothing() {
    let site = site(100, 90);
    let codes = |cover| {
        Clouds::over(Config { kind: Kind::Mixed, cover }, 1, site).unwrap().render(whole(&site)).codes()
    };
    assert_eq!(part_of(&codes(0.0), mask::CLEAR), 1.0);
    assert_eq!(part_of(&codes(1.0), mask::CLOUD), 1.0);
}

#[test]
fn a_cover_that_is_no_part_is_refused() {
    for cover in [-0.1, 1.1, f64::NAN] {
        let result = Clouds::over(Config { kind: Kind::Thick, cover }, 1, site(8, 8));
        assert!(matches!(result, Err(Error::Cover(_))));
    }
    assert_eq!(Clouds::new(Config::default(), 1, site(8, 8), &[]).err(), Some(Error::NoPixels));
}

#[test]
fn every_band_stays_finite_and_clouds_may_exceed_one() {
    let site = site(96, 96);
    let mut brightest = 0.0_f32;
    for seed in 0..24 {
        let clouds = Clouds::over(Config { kind: Kind::Thick, cover: 1.0 }, seed, site).unwrap();
        for band in L1C {
            let (pixels, ..) = cloudy(&clouds, &site, band, 0.1);
            assert!(pixels.data.iter().all(|value| value.is_finite() && *value >= 0.0));
            brightest = pixels.data.iter().copied().fold(brightest, f32::max);
        }
    }
    assert!(brightest > 1.0 && brightest < 3.0, "{brightest}");
}

#[test]
fn a_site_of_one_pixel_or_one_row_works() {
    for (width, height) in [(1, 1), (300, 1), (1, 300)] {
        let site = site(width, height);
        let codes = Clouds::over(Config::default(), 9, site).unwrap().render(whole(&site)).codes();
        assert_eq!(codes.data.len(), width * height);
    }
}

#[cfg(feature = "gdal")]
mod files {
    use super::*;
    use crate::suite::support::{declouder, outcome, shared};
    use declouder::raster::{self, SceneOptions, SceneReader};

    fn simulate(scene: &Path, output: &Path, more: &[&str]) -> (i32, String, String) {
        let mut args = vec!["simulate", scene.to_str().unwrap(), "-o", output.to_str().unwrap()];
        args.extend(more);
        outcome(&declouder(&args))
    }

    fn everything(path: &Path) -> Vec<raster::Samples> {
        let scene = raster::open(path, &SceneOptions::default()).unwrap();
        let mut reader = SceneReader::new(&scene);
        (0..scene.bands.len()).map(|i| reader.samples(i, scene.bands[i].grid.window()).unwrap()).collect()
    }

    #[test]
    fn a_native_folder_keeps_its_sizes_and_its_clear_pixels() {
        let Some(source) = shared("s2-l1c-virginia-clear") else { return };
        let folder = tempfile::tempdir().unwrap();
        let (output, mask_path) = (folder.path().join("cloudy"), folder.path().join("mask.tif"));
        let mask_arg = mask_path.to_str().unwrap();
        let slash = Path::new(&format!("{}/", output.display())).to_owned();
        let (code, out, err) =
            simulate(&source, &slash, &["--mask-out", mask_arg, "--cover", "0.3", "--seed", "2", "--json"]);
        assert_eq!(code, 0, "{err}");
        let report: serde_json::Value = serde_json::from_str(out.lines().last().unwrap()).unwrap();
        assert!((report["cover"].as_f64().unwrap() - 0.3).abs() < 0.01);
        let before = raster::open(&source, &SceneOptions::default()).unwrap();
        let after = raster::open(&output, &SceneOptions::default()).unwrap();
        let codes = everything(&mask_path).remove(0);
        let (clear, cloudy) = (everything(&source), everything(&output));
        for (index, (old, new)) in before.bands.iter().zip(&after.bands).enumerate() {
            assert_eq!((old.band, &old.grid), (new.band, &new.grid));
            let (width, ratio) = (old.grid.width, old.ratio);
            for i in 0..clear[index].len() {
                let (x, y) = (i % width * ratio, i / width * ratio);
                let any = (0..ratio * ratio)
                    .any(|k| codes.get((y + k / ratio) * before.grid.width + x + k % ratio) != 0.0);
                assert!(any || clear[index].get(i) == cloudy[index].get(i), "{} {i}", old.name);
            }
        }
    }

    #[test]
    fn equal_seeds_give_equal_bytes_and_others_do_not() {
        let Some(set) = shared("sen12ms-cr") else { return };
        let source = set.join("train/clear/ROIs1868_summer_s2_101_p840.tif");
        let folder = tempfile::tempdir().unwrap();
        let bytes = |name: &str, seed: &str| {
            let path = folder.path().join(name);
            let (code, _, err) = simulate(&source, &path, &["--seed", seed]);
            assert_eq!(code, 0, "{err}");
            std::fs::read(path).unwrap()
        };
        let first = bytes("a.tif", "7");
        assert!(first == bytes("b.tif", "7"));
        assert!(first != bytes("c.tif", "8"));
        assert!(folder.path().join("a.report.json").exists());
    }

    #[test]
    fn wrong_usage_is_told_from_failure() {
        let Some(set) = shared("sen12ms-cr") else { return };
        let source = set.join("train/clear/ROIs1868_summer_s2_101_p840.tif");
        let folder = tempfile::tempdir().unwrap();
        let output = folder.path().join("out.tif");
        for more in [["--cover", "1.5"], ["--cover", "x"], ["--kind", "fluffy"], ["--seed", "one"]] {
            let (code, _, err) = simulate(&source, &output, &more);
            assert_eq!(code, 2, "{err}");
            assert!(err.contains(more[0]), "{err}");
        }
        let (code, _, err) = simulate(&source, &source, &["--overwrite"]);
        assert_eq!(code, 2, "{err}");
        let (code, _, err) = simulate(&source, &output, &["--mask-out", output.to_str().unwrap()]);
        assert_eq!(code, 2, "{err}");
        let (code, _, err) = simulate(&folder.path().join("none.tif"), &output, &[]);
        assert_eq!(code, 1, "{err}");
        let (code, _, err) = simulate(&set.join("sar/ROIs1970_fall_139_p839/s1.tif"), &output, &[]);
        assert_eq!(code, 1, "{err}");
        assert!(err.contains("optical"), "{err}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_scene_of_several_strips_and_any_width_is_written_whole() {
        let folder = tempfile::tempdir().unwrap();
        let (source, output) = (folder.path().join("wide.tif"), folder.path().join("out.tif"));
        let (width, height) = (1800, 700);
        super::super::fixtures::Raster { width, height, bands: &["B04", "B11"], ..Default::default() }
            .write(&source, |_, x, y| (1000 + x % 13 + y % 7) as u16);
        let mask_path = folder.path().join("mask.tif");
        let more = ["--mask-out", mask_path.to_str().unwrap(), "--cover", "0.3", "--seed", "1"];
        let (code, _, err) = simulate(&source, &output, &more);
        assert_eq!(code, 0, "{err}");
        let (clear, cloudy) = (everything(&source), everything(&output));
        let codes = everything(&mask_path).remove(0);
        assert_eq!(codes.len(), width * height);
        for (clear, cloudy) in clear.iter().zip(&cloudy) {
            assert!((0..codes.len()).all(|i| codes.get(i) != 0.0 || clear.get(i) == cloudy.get(i)));
            // Cloud stands in the last rows too, so no strip was left as it was.
            let mut last = codes.len() - 100 * width..codes.len();
            assert!(last.any(|i| clear.get(i) != cloudy.get(i)));
        }
    }

    #[test]
    fn a_scene_of_nothing_but_nodata_is_refused_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (empty, output) = (folder.path().join("empty.tif"), folder.path().join("out.tif"));
        super::super::fixtures::Raster::default().write(&empty, |_, _, _| 0_u16);
        let (code, _, err) = simulate(&empty, &output, &[]);
        assert_eq!(code, 1, "{err}");
        assert!(err.contains("nodata"), "{err}");
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    }
}
