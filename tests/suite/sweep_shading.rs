//! The sweep sheet's shader against its twin on the CPU: every pixel of real cells.
#![cfg(all(feature = "desktop", feature = "gdal"))]

use std::path::Path;

use declouder::raster::{self, SceneOptions, SceneReader, Window};
use declouder::view::{SweepLook, SweepRenderer};
use eframe::wgpu;

use super::view_shading::target::{SCREEN, Target, assert_valid, canvas};

#[test]
fn the_sheets_shader_is_valid() {
    assert_valid("sweep.wgsl");
}

/// Width and height of a cell in texels.
const CELL: (usize, usize) = (31, 20);

/// Five cells of the cloudy demo, all bands, with holes; `[cells, bands, height, width]`.
fn cells() -> (Vec<f32>, usize) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    let scene = raster::open(&path, &SceneOptions::default()).unwrap();
    let mut reader = SceneReader::new(&scene);
    let bands = scene.bands.len();
    let mut values = Vec::new();
    for cell in 0..5 {
        let window = Window::new(40 + 40 * cell, 150 + 25 * cell, CELL.0, CELL.1);
        for band in 0..bands {
            values.extend(reader.reflectance(band, window).unwrap().data);
        }
    }
    for (at, value) in values.iter_mut().enumerate() {
        if at.is_multiple_of(97) {
            *value = [f32::NAN, f32::INFINITY, -1.0e9][at % 3];
        }
    }
    (values, bands)
}

fn look(bands: usize) -> SweepLook {
    let plane = CELL.0 * CELL.1;
    SweepLook {
        columns: 3,
        rows: 2,
        cells: 5,
        width: CELL.0,
        height: CELL.1,
        offset: 0,
        strides: [bands * plane, plane, CELL.0, 1],
        channels: [3, 2, 1],
        lo: [0.05, 0.06, 0.08],
        hi: [0.35, 0.30, 0.33],
        gamma: 1.0,
        gap_px: 2.0,
    }
}

/// Draws a sheet on both sides and compares every pixel of the screen.
fn compare(format: wgpu::TextureFormat, look: &SweepLook, values: &[f32], size: [u32; 2]) {
    let Some(canvas) = canvas() else { return };
    let target = Target::new(&canvas.device, &canvas.queue, format);
    let renderer = SweepRenderer::new(canvas, format).unwrap();
    let buffer = renderer.upload(values).unwrap();
    let (origin, size) = ([5.0, 3.0], size.map(|side| side as f32));
    let place = [origin[0], origin[1], origin[0] + size[0], origin[1] + size[1]];
    let prepared = renderer.prepare(SCREEN, place, look, &buffer).unwrap();
    let drawn = target.pixels(target.encoder(), |pass| renderer.encode(&prepared, pass));
    let (mut painted, mut empty, mut colors) = (0, 0, std::collections::HashSet::new());
    for (at, &found) in drawn.iter().enumerate() {
        let (x, y) = (at as u32 % SCREEN[0], at as u32 / SCREEN[0]);
        let position = [x as f32 + 0.5 - origin[0], y as f32 + 0.5 - origin[1]];
        let wanted = look.color(values, position, size);
        let near = found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= 1);
        assert!(near, "at {x}, {y}: {found:?} drawn, {wanted:?} computed");
        painted += u32::from(found[3] == 255);
        empty += u32::from(found[3] == 0);
        colors.insert(found);
    }
    // Not a comparison of nothing with nothing.
    assert!(painted > 600 && empty > 500 && colors.len() > 200, "{painted} {empty} {}", colors.len());
}

const UNORM: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;

#[test]
fn cells_are_drawn_as_the_cpu_computes_them_at_their_size_magnified_and_minified() {
    let (values, bands) = cells();
    let look = look(bands);
    compare(UNORM, &look, &values, [3 * 31 + 4, 2 * 20 + 2]);
    compare(UNORM, &SweepLook { columns: 2, cells: 4, ..look }, &values, [2 * 62 + 2, 2 * 40 + 2]);
    compare(UNORM, &look, &values, [3 * 16 + 4, 2 * 10 + 2]);
}

#[test]
fn a_stretch_with_gamma_and_an_srgb_target_show_the_same() {
    let (values, bands) = cells();
    let size = [31 * 3 + 4, 20 * 2 + 2];
    let bent = SweepLook { gamma: 1.8, lo: [0.4; 3], hi: [0.05; 3], ..look(bands) };
    compare(UNORM, &bent, &values, size);
    compare(wgpu::TextureFormat::Rgba8UnormSrgb, &look(bands), &values, size);
}

#[test]
fn numbers_in_another_order_are_read_by_their_strides() {
    let (values, bands) = cells();
    let plane = CELL.0 * CELL.1;
    // Bands last and seven numbers before all others, as a tensor of another layout lies in a buffer.
    let mut turned = vec![9.0; 7];
    for cell in 0..5 {
        for pixel in 0..plane {
            turned.extend((0..bands).map(|band| values[(cell * bands + band) * plane + pixel]));
        }
    }
    let strides = [bands * plane, 1, CELL.0 * bands, bands];
    let other = SweepLook { offset: 7, strides, ..look(bands) };
    let size = [31.0 * 3.0 + 4.0, 20.0 * 2.0 + 2.0];
    assert_eq!(
        other.color(&turned, [40.5, 10.5], size),
        look(bands).color(&values, [40.5, 10.5], size),
        "the twin reads both alike"
    );
    compare(UNORM, &other, &turned, size.map(|side| side as u32));
}

#[test]
fn more_than_the_device_binds_is_refused_in_words() {
    let Some(canvas) = canvas() else { return };
    let renderer = SweepRenderer::new(canvas.clone(), UNORM).unwrap();
    assert!(renderer.upload(&[]).is_err_and(|words| words.contains("bytes")));
    assert!(SweepRenderer::new(canvas, wgpu::TextureFormat::Rgba8Uint).is_err());
}
