//! Sheets that are drawn from the memory they were computed in, against sheets that were read back and uploaded.
#![cfg(feature = "desktop")]

use std::path::Path;

use burn::tensor::{Tensor, TensorData};
use declouder::bands::Band;
use declouder::compute::{self, Choice, Compute, Fault, Shared};
use declouder::latents::{Subject, UNMEASURED, prior};
use declouder::networks::{Encoding, Model, ModelInfo, NetworkConfig, Networks, Preset};
use declouder::raster::{self, Plane, SceneOptions, SceneReader, Window};
use declouder::view::{SweepBuffer, SweepLook, SweepRenderer};
use eframe::wgpu;

use super::support::is_alone;
use super::view_shading::target::{SCREEN, Target, canvas};

const FORMAT: wgpu::TextureFormat = wgpu::TextureFormat::Rgba8Unorm;
/// Where sheets lie on the screen.
const PLACE: [f32; 4] = [5.0, 3.0, 135.0, 45.0];
/// Width and height of a cell in texels.
const CELL: (usize, usize) = (64, 20);

/// Burn's GPU, or `None` (with a word on the terminal) where no adapter answers.
fn gpu() -> Option<Compute> {
    compute::open(Choice::Gpu).inspect_err(|error| eprintln!("skipped: {error}")).ok()
}

/// A window that draws with Burn's own device.
struct Drawing {
    renderer: SweepRenderer,
    target: Target,
}

impl Drawing {
    fn new(gpu: &Compute) -> Self {
        let canvas = gpu.canvas().unwrap();
        let target = Target::new(&canvas.device, &canvas.queue, FORMAT);
        Self { renderer: SweepRenderer::new(canvas, FORMAT).unwrap(), target }
    }

    fn pixels(&self, look: &SweepLook, values: &SweepBuffer) -> Vec<[u8; 4]> {
        let prepared = self.renderer.prepare(SCREEN, PLACE, look, values).unwrap();
        self.target.pixels(self.target.encoder(), |pass| self.renderer.encode(&prepared, pass))
    }

    /// The picture of a tensor where it lies, after it was compared with what is read back: uploaded by the same
    /// shader (equal to the last bit), and computed by the twin (to one step of 255).
    fn compare(&self, shared: Shared, read: &[f32], look: &SweepLook) -> Vec<[u8; 4]> {
        let [_, bands, height, width] = shared.shape;
        let there = SweepLook { strides: shared.strides, ..*look };
        let here = SweepLook { strides: [bands * height * width, height * width, width, 1], ..*look };
        let bound = self.renderer.bind(shared).unwrap();
        assert!(bound.is_shared());
        let uploaded = self.renderer.upload(read).unwrap();
        let pictures = [self.pixels(&there, &bound), self.pixels(&here, &uploaded)];
        assert!(pictures[0] == pictures[1], "the same numbers by either way");
        let size = [PLACE[2] - PLACE[0], PLACE[3] - PLACE[1]];
        for (at, found) in pictures[0].iter().enumerate() {
            let (x, y) = (at as u32 % SCREEN[0], at as u32 / SCREEN[0]);
            let position = [x as f32 + 0.5 - PLACE[0], y as f32 + 0.5 - PLACE[1]];
            let wanted = here.color(read, position, size);
            let near = found.iter().zip(wanted).all(|(found, wanted)| found.abs_diff(wanted) <= 1);
            assert!(near, "at {x}, {y}: {found:?} drawn, {wanted:?} computed");
        }
        let [bound, _] = pictures;
        bound
    }
}

/// Two by two cells of three channels.
fn look(width: usize, height: usize) -> SweepLook {
    SweepLook {
        columns: 2,
        rows: 2,
        cells: 4,
        width,
        height,
        offset: 0,
        strides: [0; 4],
        channels: [2, 1, 0],
        lo: [0.05, 0.06, 0.08],
        hi: [0.35, 0.30, 0.33],
        gamma: 1.0,
        gap_px: 2.0,
    }
}

/// Four places of the cloudy demo in three bands, 40 rows high.
fn places() -> Vec<f32> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/demo/betsiboka.tif");
    let scene = raster::open(&path, &SceneOptions::default()).unwrap();
    let mut reader = SceneReader::new(&scene);
    let mut values = Vec::new();
    for place in 0..4 {
        for band in 0..3 {
            let window = Window::new(40 + 40 * place, 150 + 25 * place, CELL.0, 40);
            values.extend(reader.reflectance(band, window).unwrap().data);
        }
    }
    values
}

#[test]
fn a_view_into_a_tensor_is_drawn_where_it_lies() {
    let Some(gpu) = gpu() else { return };
    let (shared, read) = gpu
        .attempt(|| {
            let places = TensorData::new(places(), [4, 3, 40, CELL.0]);
            // Computed, not only uploaded by Burn; and rows from the ninth on, so that it begins somewhere inside.
            let made = Tensor::<4>::from_data(places, &gpu.device) * 1.25;
            let rows = made.slice([0..4, 0..3, 8..8 + CELL.1, 0..CELL.0]);
            (gpu.share(rows.clone()).unwrap(), rows.into_data().try_to_vec().unwrap())
        })
        .unwrap();
    assert_eq!(shared.strides, [3 * 40 * CELL.0, 40 * CELL.0, CELL.0, 1], "a view, not a copy");
    let drawn = Drawing::new(&gpu).compare(shared, &read, &look(CELL.0, CELL.1));
    let colors: std::collections::HashSet<_> = drawn.iter().collect();
    assert!(colors.len() > 200, "{} colours", colors.len());
}

#[test]
fn surfaces_of_a_network_are_drawn_without_being_read() {
    let Some(gpu) = gpu() else { return };
    // Texels end where pixels end.
    let (width, height) = (40, 40);
    let value = |i: usize| 0.05 + 0.3 * ((i * 31) % 97) as f32 / 97.0;
    let plane = |band: usize| {
        Plane::from_vec(width, height, (0..width * height).map(|i| value(i + 7 * band)).collect())
    };
    let mut cloudy: Vec<_> = (0..3).map(plane).collect();
    for row in 0..2 {
        cloudy[1].row_mut(row)[..4].fill(f32::NAN);
    }
    let context = (3..6).map(plane).collect();
    let mut alpha = Plane::filled(width, height, 0_u8);
    alpha.data[width * 8..].fill(255);
    let bands = vec![Band::B02, Band::B03, Band::B04];
    let subject = Subject::of_planes(&bands, cloudy, context, alpha);
    let config = NetworkConfig {
        bands,
        conditioning: vec![],
        width: 8,
        z_land: 3,
        ..NetworkConfig::of(Preset::Declouder)
    };
    let (shared, read) = gpu
        .attempt(|| {
            let encoding = Encoding { mean: vec![0.2; 3], std: vec![0.1; 3] };
            let networks = Networks::new(&config, 3, &gpu.device);
            let model = Model { encoding, info: ModelInfo::default(), networks, config };
            let held = subject.held(&model, &gpu.device);
            // Decoded in two turns, as a sheet is.
            let codes: Vec<_> = (0..4).map(|sample| prior(7, sample, 3)).collect();
            let sheet = Tensor::cat(codes.chunks(2).map(|codes| held.drawable(codes)).collect(), 0);
            let read: Vec<f32> = sheet.clone().into_data().try_to_vec().unwrap();
            (gpu.share(sheet).unwrap(), read)
        })
        .unwrap();
    assert!(read.iter().all(|value| value.is_finite()));
    assert_eq!(
        read.iter().filter(|value| **value < 0.5 * UNMEASURED).count(),
        4 * 8,
        "one band of eight pixels"
    );
    let drawn = Drawing::new(&gpu).compare(shared, &read, &look(width, height));
    let inside = |x: usize, y: usize| drawn[(3 + y) * SCREEN[0] as usize + 5 + x];
    assert_eq!(inside(0, 0), [0; 4], "what was not measured is not drawn");
    assert_ne!(inside(20, 15), inside(86, 15), "another code, another surface");
}

#[test]
fn memory_that_is_drawn_is_given_to_no_other_tensor() {
    let Some(gpu) = gpu() else { return };
    let shape = [4, 3, CELL.1, CELL.0];
    let made = |value: f32| Tensor::<4>::full(shape, value, &gpu.device) + 0.01;
    let shared = gpu.attempt(|| gpu.share(made(0.2)).unwrap()).unwrap();
    let look = SweepLook { strides: shared.strides, ..look(CELL.0, CELL.1) };
    let place = (shared.buffer.clone(), shared.offset);
    let drawing = Drawing::new(&gpu);
    let bound = drawing.renderer.bind(shared).unwrap();
    let before = drawing.pixels(&look, &bound);
    let others = gpu
        .attempt(|| {
            let others: Vec<_> = (0..12).map(|_| gpu.share(made(0.3)).unwrap()).collect();
            others.iter().map(|other| (other.buffer.clone(), other.offset)).collect::<Vec<_>>()
        })
        .unwrap();
    assert!(!others.contains(&place));
    assert!(drawing.pixels(&look, &bound) == before);
    assert!(before.iter().any(|pixel| pixel[3] == 255));
}

#[test]
fn only_a_window_on_the_same_device_takes_a_tensor() {
    let cpu = compute::open(Choice::Cpu).unwrap();
    let (Some(gpu), Some(other)) = (gpu(), canvas()) else { return };
    assert_eq!(gpu.canvas(), gpu.clone().canvas());
    assert!(gpu.canvas() != Some(other.clone()) && cpu.canvas().is_none());
    let tensor = |compute: &Compute| Tensor::<4>::zeros([1, 1, 8, 8], &compute.device);
    let shared = gpu.attempt(|| gpu.share(tensor(&gpu)).unwrap()).unwrap();
    let refused = SweepRenderer::new(other, FORMAT).unwrap().bind(shared);
    assert!(refused.is_err_and(|words| words.contains("another device")));
    assert!(matches!(cpu.share(tensor(&cpu)), Err(Fault::Panic(_))));
    let foreign = gpu.attempt(|| gpu.share(tensor(&cpu))).unwrap();
    assert!(matches!(foreign, Err(Fault::Panic(_))));
}

#[test]
fn a_lost_device_fails_the_sheet_in_words_and_not_the_program() {
    let name = "suite::sweep_shared::a_lost_device_fails_the_sheet_in_words_and_not_the_program";
    if !is_alone(name, "the loss was survived") {
        return;
    }
    let Some(gpu) = gpu() else { return };
    let drawing = Drawing::new(&gpu);
    let tensor = || Tensor::<4>::full([4, 3, CELL.1, CELL.0], 0.2, &gpu.device);
    let shared = gpu.attempt(|| gpu.share(tensor()).unwrap()).unwrap();
    let look = SweepLook { strides: shared.strides, ..look(CELL.0, CELL.1) };
    let bound = drawing.renderer.bind(shared).unwrap();
    gpu.setup.as_ref().unwrap().device.destroy();
    assert!(drawing.renderer.prepare(SCREEN, PLACE, &look, &bound).is_err());
    let after = gpu.attempt(|| gpu.share(tensor() + 1.0));
    assert!(matches!(after, Err(Fault::Lost(_)) | Ok(Err(Fault::Lost(_)))), "{after:?}");
    drop(bound);
    assert!(compute::lost().is_some());
    assert_eq!(compute::open(Choice::Auto).unwrap().summary.backend, "flex");
    eprintln!("the loss was survived");
}
