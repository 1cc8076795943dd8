//! The map's shader against its twin on the CPU: every pixel of real tiles, in every mode.
#![cfg(all(feature = "desktop", feature = "gdal"))]

pub mod target;
mod twin;

use std::path::Path;
use std::sync::Arc;

use declouder::bands::Band;
use declouder::raster::{self, Plane, SceneOptions, SceneReader, Window};
use declouder::view::{ColorMap, Mode, NODATA, OverlayStyle, Renderer, Shading, TileDraw, paint, shade};
use eframe::{egui_wgpu, wgpu};
use proptest::prelude::*;

use super::support::shared;
use target::{SCREEN, Target, device};
use twin::{SCALE, Tile};

const CLOUD: [u8; 4] = [255, 120, 40, 110];
const SHADOW: [u8; 4] = [70, 60, 255, 128];
const CLASSES: OverlayStyle = OverlayStyle::Classes { cloud: CLOUD, shadow: SHADOW };
const WEIGHTS: OverlayStyle = OverlayStyle::Weights { color: CLOUD };
const UNORM: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

#[test]
fn the_shader_is_valid() {
    target::assert_valid("map.wgsl");
}

/// Bands of the clear demonstration scene, each at its own resolution, over one part of the ground.
fn demo(bands: [Band; 3], window: Window) -> [Plane<f32>; 3] {
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/virginia"), bands, window)
}

fn read(path: &Path, bands: [Band; 3], window: Window) -> [Plane<f32>; 3] {
    let scene = raster::open(path, &SceneOptions::default()).unwrap();
    let mut reader = SceneReader::new(&scene);
    bands.map(|band| {
        let index = scene.bands.iter().position(|found| found.band == Some(band)).unwrap();
        let info = &scene.bands[index];
        let native = window.coarser(info.ratio, info.grid.width, info.grid.height);
        assert_eq!(native.height, window.height.div_ceil(info.ratio), "the window lies in the scene");
        reader.reflectance_native(index, native).unwrap()
    })
}

/// Codes made of pixels: bright ones 1, dark ones 2, some 3; or weights.
fn codes(plane: &Plane<f32>, weights: bool) -> Plane<u8> {
    let mut sorted = plane.data.clone();
    sorted.sort_by(f32::total_cmp);
    let [low, high] = [0.3, 0.7].map(|share| sorted[(sorted.len() as f64 * share) as usize]);
    plane.map(|value| match value {
        _ if weights => (value / high * 200.0).clamp(0.0, 255.0) as u8,
        value if value > high => 1,
        value if value < low => 2,
        value if value < low + 0.1 * (high - low) => 3,
        _ => 0,
    })
}

/// Nodata as files bring it: a corner, a row, a few pixels of one band only.
fn punched(mut planes: [Plane<f32>; 3]) -> [Plane<f32>; 3] {
    for (band, plane) in planes.iter_mut().enumerate() {
        let width = plane.width;
        for (at, value) in plane.data.iter_mut().enumerate() {
            let (x, y) = (at % width, at / width);
            let own = x * 7 + y * 13 + band * 5;
            if x + y < 20 || y == 31 || own.is_multiple_of(41) {
                *value = [f32::NAN, NODATA, f32::NEG_INFINITY][band];
            }
        }
    }
    planes
}

/// Real ground at 1:1, magnified, minified, and of mixed resolutions, with holes and overlays.
fn tiles(weights: bool) -> Vec<Tile> {
    let [here, there] = [Window::new(300, 360, 96, 64), Window::new(330, 384, 96, 64)];
    let bands = [Band::B04, Band::B03, Band::B02];
    let whole = Tile {
        place: [0.0, 0.0, 96.0, 64.0],
        a: punched(demo(bands, here)),
        uv: [0.0, 0.0, 96.0, 64.0],
        b: Some(demo(bands, there)),
        overlay: Some(codes(&demo(bands, here)[0], weights)),
    };
    let mixed = demo([Band::B04, Band::B8A, Band::B11], here);
    assert_eq!((mixed[0].width, mixed[1].width), (96, 48));
    let magnified = Tile { place: [96.0, 0.0, 192.0, 63.0], uv: [10.0, 15.0, 42.0, 36.0], ..whole.clone() };
    let minified = Tile { place: [0.0, 64.0, 64.0, 106.0], uv: [0.0, 0.0, 96.0, 63.0], ..whole.clone() };
    let mixed = Tile { place: [96.0, 64.0, 192.0, 128.0], a: mixed, overlay: None, ..whole.clone() };
    vec![whole, magnified, minified, mixed]
}

/// Every mode, with stretches that cut at both ends.
fn shadings() -> Vec<Shading> {
    let base = Shading {
        mode: Mode::Rgb,
        lo: [0.03, 0.04, 0.06],
        hi: [0.10, 0.09, 0.11],
        gamma: 1.0,
        map: ColorMap::Viridis,
    };
    let single = Shading { mode: Mode::Single, ..base };
    let index = Shading { mode: Mode::Index, lo: [-0.2; 3], hi: [0.2; 3], map: ColorMap::RdYlGn, ..base };
    let mut all = vec![base, Shading { gamma: 2.2, ..base }, index];
    all.push(Shading { lo: [0.12; 3], hi: [0.02; 3], gamma: 0.7, ..base });
    all.extend(ColorMap::ALL.map(|map| Shading { map, gamma: 1.4, ..single }));
    all.push(Shading { mode: Mode::Difference, hi: [0.04; 3], ..base });
    all
}

/// Draws tiles on both sides and compares every pixel of the screen.
fn compare(target: &Target, renderer: &Renderer, tiles: &[Tile], shading: &Shading, style: OverlayStyle) {
    let draws: Vec<_> = tiles.iter().map(|tile| tile.upload(renderer)).collect();
    let prepared = renderer.prepare(SCREEN, SCALE, &draws, shading, style).unwrap();
    let drawn = target.pixels(target.encoder(), |pass| renderer.encode(&prepared, pass));
    let (mut painted, mut holes) = (0, 0);
    for (at, &found) in drawn.iter().enumerate() {
        let (x, y) = (at as u32 % SCREEN[0], at as u32 / SCREEN[0]);
        let wanted = tiles.iter().find_map(|tile| tile.pixel(shading, style, x, y));
        painted += u32::from(found[3] == 255);
        holes += u32::from(wanted == Some([0; 4]));
        let wanted = wanted.unwrap_or([0; 4]);
        let near = found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= 1);
        assert!(near, "{shading:?} at {x}, {y}: {found:?} drawn, {wanted:?} computed");
    }
    // Not a comparison of nothing with nothing.
    assert!(painted > 4000 && holes > 100, "{shading:?}: {painted} painted, {holes} holes");
}

#[test]
fn the_gpu_draws_what_the_cpu_computes_in_every_mode() {
    let Some((device, queue)) = device() else { return };
    let target = Target::new(&device, &queue, UNORM);
    let renderer = Renderer::new(&device, &queue, UNORM).unwrap();
    let tiles = tiles(false);
    for shading in shadings() {
        compare(&target, &renderer, &tiles, &shading, CLASSES);
    }
}

#[test]
fn weights_are_drawn_as_strong_as_they_are() {
    let Some((device, queue)) = device() else { return };
    let target = Target::new(&device, &queue, UNORM);
    let renderer = Renderer::new(&device, &queue, UNORM).unwrap();
    compare(&target, &renderer, &tiles(true), &shadings()[0], WEIGHTS);
}

#[test]
fn an_srgb_target_gets_the_same_colours() {
    let Some((device, queue)) = device() else { return };
    let format = wgpu::TextureFormat::Rgba8UnormSrgb;
    let target = Target::new(&device, &queue, format);
    let renderer = Renderer::new(&device, &queue, format).unwrap();
    compare(&target, &renderer, &tiles(false), &shadings()[1], CLASSES);
}

#[test]
fn the_edge_of_an_orbit_is_transparent() {
    let Some(path) = shared("s2-l1c-jp2-160m-cloudy") else { return };
    let Some((device, queue)) = device() else { return };
    let target = Target::new(&device, &queue, UNORM);
    let renderer = Renderer::new(&device, &queue, UNORM).unwrap();
    let bands = [Band::B04, Band::B03, Band::B02];
    let whole = read(&path, bands, Window::new(0, 0, 687, 687));
    // The first part of the scene that the edge runs through.
    let empty = |window: Window| whole[0].crop(window).data.iter().filter(|value| value.is_nan()).count();
    let window = (0..7 * 10)
        .map(|at| Window::new(at % 7 * 96, at / 7 * 64, 96, 64))
        .find(|&window| (500..4000).contains(&empty(window)))
        .expect("the scene has an edge");
    let tile = Tile {
        place: [0.0, 0.0, 192.0, 128.0],
        a: whole.each_ref().map(|plane| plane.crop(window)),
        uv: [0.0, 0.0, 96.0, 64.0],
        b: None,
        overlay: None,
    };
    let shading = Shading { lo: [0.0; 3], hi: [0.9; 3], ..shadings()[0] };
    compare(&target, &renderer, &[tile], &shading, CLASSES);
}

#[test]
fn a_difference_without_its_other_half_shows_nothing() {
    let Some((device, queue)) = device() else { return };
    let target = Target::new(&device, &queue, UNORM);
    let renderer = Renderer::new(&device, &queue, UNORM).unwrap();
    let draws: Vec<_> =
        tiles(false).iter().map(|tile| TileDraw { b: None, ..tile.upload(&renderer) }).collect();
    let shading = Shading { mode: Mode::Difference, ..shadings()[0] };
    let prepared = renderer.prepare(SCREEN, SCALE, &draws, &shading, CLASSES).unwrap();
    let drawn = target.pixels(target.encoder(), |pass| renderer.encode(&prepared, pass));
    assert!(drawn.iter().all(|pixel| *pixel == [0; 4]));
}

#[test]
fn a_format_that_cannot_be_drawn_on_is_refused_in_words() {
    let Some((device, queue)) = device() else { return };
    let refused = Renderer::new(&device, &queue, wgpu::TextureFormat::Rgba8Uint);
    assert!(!refused.expect_err("an integer target cannot be blended").is_empty());
}

/// Two maps of one place, swiped: egui draws each within its own clip.
#[test]
fn egui_draws_a_swipe_as_two_clips() {
    let Some((device, queue)) = device() else { return };
    let target = Target::new(&device, &queue, UNORM);
    let renderer = Arc::new(Renderer::new(&device, &queue, UNORM).unwrap());
    let tiles = tiles(false);
    let [left, right] = [shadings()[0], shadings()[2]];
    let screen = egui::Rect::from_min_size(
        egui::Pos2::ZERO,
        egui::vec2(SCREEN[0] as f32 / SCALE, SCREEN[1] as f32 / SCALE),
    );
    let line = 30.0;
    let context = egui::Context::default();
    let mut input = egui::RawInput { screen_rect: Some(screen), ..egui::RawInput::default() };
    input.viewports.entry(egui::ViewportId::ROOT).or_default().native_pixels_per_point = Some(SCALE);
    let mut output = context.run_ui(input, |ui| {
        let map = |shading| {
            let draws = tiles.iter().map(|tile| tile.upload(&renderer)).collect();
            paint(screen, &renderer, draws, shading, CLASSES)
        };
        let halves = [screen.with_max_x(line), screen.with_min_x(line)];
        for (clip, shading) in halves.into_iter().zip([left, right]) {
            ui.painter().with_clip_rect(clip).add(map(shading));
        }
    });
    assert_eq!(output.pixels_per_point, SCALE);
    // The fonts: this picture has no text.
    output.textures_delta.clear();
    let jobs = context.tessellate(output.shapes, SCALE);
    let options = egui_wgpu::RendererOptions::PREDICTABLE;
    let mut painter = egui_wgpu::Renderer::new(&device, UNORM, options);
    let descriptor = egui_wgpu::ScreenDescriptor { size_in_pixels: SCREEN, pixels_per_point: SCALE };
    let mut encoder = target.encoder();
    painter.update_buffers(&device, &queue, &mut encoder, &jobs, &descriptor);
    let drawn = target.pixels(encoder, |pass| painter.render(pass, &jobs, &descriptor));
    for (at, found) in drawn.iter().enumerate() {
        let (x, y) = (at as u32 % SCREEN[0], at as u32 / SCREEN[0]);
        let shading = if x < (line * SCALE) as u32 { &left } else { &right };
        let wanted = tiles.iter().find_map(|tile| tile.pixel(shading, CLASSES, x, y)).unwrap_or([0; 4]);
        let near = found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= 1);
        assert!(near, "at {x}, {y}: {found:?} drawn, {wanted:?} computed");
    }
}

/// Any value a plane may hold, the hostile ones often.
fn any_value() -> impl Strategy<Value = f32> {
    prop_oneof![
        4 => -0.2_f32..1.5,
        1 => Just(NODATA),
        1 => prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(f32::MAX)],
        1 => any::<f32>(),
    ]
}

fn any_mode() -> impl Strategy<Value = Mode> {
    prop_oneof![Just(Mode::Rgb), Just(Mode::Single), Just(Mode::Index), Just(Mode::Difference)]
}

/// The values that a mode looks at.
fn used(mode: Mode, a: [f32; 3], b: [f32; 3]) -> Vec<f32> {
    match mode {
        Mode::Rgb => a.to_vec(),
        Mode::Single => vec![a[0]],
        Mode::Index => vec![a[0], a[1]],
        Mode::Difference => [a, b].concat(),
    }
}

proptest! {
    #[test]
    fn more_is_never_darker(low in 0.0_f32..0.5, more in 0.0_f32..0.5, gamma in 0.3_f32..3.0) {
        let (a, b) = ([low; 3], [low + more; 3]);
        for mode in [Mode::Rgb, Mode::Single] {
            let shading =
                Shading { mode, lo: [0.05; 3], hi: [0.4; 3], gamma, map: ColorMap::Gray };
            prop_assert!(shade(&shading, a, [0.0; 3])[0] <= shade(&shading, b, [0.0; 3])[0]);
        }
        // A greater first band is a greater index.
        let index = Shading { mode: Mode::Index, lo: [-1.0; 3], hi: [1.0; 3], gamma, map: ColorMap::Gray };
        let other = 0.2;
        let [before, after] = [low, low + more].map(|first| shade(&index, [first, other, 0.0], [0.0; 3])[0]);
        prop_assert!(before <= after);
    }

    #[test]
    fn a_pixel_is_opaque_or_nothing(
        mode in any_mode(),
        a in prop::array::uniform3(any_value()),
        b in prop::array::uniform3(any_value()),
        limits in prop::array::uniform3(any_value()),
        gamma in any_value(),
    ) {
        let [lo, hi, _] = limits;
        let shading = Shading { mode, lo: [lo; 3], hi: [hi; 3], gamma, map: ColorMap::Magma };
        let pixel = shade(&shading, a, b);
        let used = used(mode, a, b);
        let hole = used.iter().any(|value| value.is_nan() || value.abs() > 1.0e8);
        let dark = mode == Mode::Index && used[0] + used[1] < 1.0e-6;
        prop_assert_eq!(pixel[3], if hole || dark { 0 } else { 255 });
        if pixel[3] == 0 {
            prop_assert_eq!(pixel, [0; 4]);
        }
    }

    #[test]
    fn colours_are_numbers_between_0_and_1(t in any_value(), map in prop::sample::select(&ColorMap::ALL[..])) {
        for channel in map.color(t) {
            prop_assert!((0.0..=1.0).contains(&channel));
        }
    }
}
