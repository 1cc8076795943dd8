//! Another scene of the same place on a scene's grid: radar, another date.

use super::{Error, Grid, Plane, Result, Scene, SceneReader, Window};

/// Positions closer to a pixel's centre than this are on it: rounding must not blend neighbours.
const ON_CENTRE_PX: f64 = 1e-4;
/// Positions along a side at which the cover is told.
const LOOKS: usize = 512;
/// Most samples along a pixel's side where the other scene is finer.
const MOST_SAMPLES: usize = 8;

/// Another scene, some of its bands, and where a scene's pixels lie in it.
///
/// A pixel's value is a function of its place in the scene, never of the window that is read: bilinear, the mean
/// over the pixel's area where the other scene is finer, NaN beyond the other scene's edges.
#[derive(Debug, Clone)]
pub struct Aligned {
    other: Scene,
    bands: Vec<usize>,
    /// Column and row in the other scene: `c[0] + c[1]·x + c[2]·y`.
    place: [[f64; 3]; 2],
    /// Where the scene begins in the one it was cut out of.
    shift: (f64, f64),
    /// Samples along a pixel's side.
    samples: usize,
    /// The scene's own columns and rows.
    size: (usize, usize),
}

impl Aligned {
    /// Lays some bands of `other` (indices) over a scene. `what` names it in messages: `the reference`.
    ///
    /// # Errors
    /// [`Error::GridMismatch`] for another coordinate reference system, another size where one of both
    /// has none, or another place.
    pub fn new(scene: &Scene, other: Scene, bands: Vec<usize>, what: &str) -> Result<Self> {
        let (place, shift) = place(scene, &other, what)?;
        let [x, y] = place;
        let step = x[1].hypot(y[1]).max(x[2].hypot(y[2]));
        // A hair more than one is still one.
        let samples = ((step - 0.01).ceil().max(1.0) as usize).min(MOST_SAMPLES);
        let aligned =
            Self { bands, place, shift, samples, size: (scene.grid.width, scene.grid.height), other };
        if aligned.cover() == 0.0 {
            let problem = format!("{what} lies nowhere on the scene; expected one of the same place");
            return Err(Error::GridMismatch { path: aligned.other.path, problem });
        }
        Ok(aligned)
    }

    /// The other scene.
    #[must_use]
    pub fn scene(&self) -> &Scene {
        &self.other
    }

    /// The part of the scene's grid that it covers, 0 to 1, told at up to 512 × 512 places.
    #[must_use]
    pub fn cover(&self) -> f64 {
        let (width, height) = self.size;
        let at = |index: usize, count: usize, size: usize| (index * size / count) as f64 + 0.5;
        let (columns, rows) = (width.min(LOOKS), height.min(LOOKS));
        let hits = (0..columns * rows).filter(|index| {
            let (x, y) = (at(index % columns, columns, width), at(index / columns, rows, height));
            self.position(x, y).is_some()
        });
        hits.count() as f64 / (columns * rows).max(1) as f64
    }

    /// The bands over a window of the scene's grid, one plane a band, in the unit that the other scene's
    /// radiometry gives (reflectance; dB for radar). `reader` reads the other scene.
    ///
    /// # Errors
    /// What reading meets.
    pub fn read(&self, reader: &mut SceneReader<'_>, window: Window) -> Result<Vec<Plane<f32>>> {
        let around = self.around(window);
        let mut planes = Vec::with_capacity(self.bands.len());
        for &band in &self.bands {
            if around.is_empty() {
                planes.push(Plane::filled(window.width, window.height, f32::NAN));
                continue;
            }
            let source = reader.reflectance(band, around)?;
            planes.push(self.resampled(&source, around, window));
        }
        Ok(planes)
    }

    /// The other scene's pixel coordinates of a position in the scene; none outside it.
    fn position(&self, x: f64, y: f64) -> Option<(f64, f64)> {
        let (x, y) = (x + self.shift.0, y + self.shift.1);
        let along = |c: [f64; 3]| c[0] + c[1] * x + c[2] * y;
        let (u, v) = (along(self.place[0]), along(self.place[1]));
        let (width, height) = (self.other.grid.width as f64, self.other.grid.height as f64);
        let inside = |value: f64, size: f64| (-ON_CENTRE_PX..=size + ON_CENTRE_PX).contains(&value);
        (inside(u, width) && inside(v, height)).then_some((u, v))
    }

    /// The other scene's pixels that a window needs.
    fn around(&self, window: Window) -> Window {
        let (x, y) = (window.x as f64 + self.shift.0, window.y as f64 + self.shift.1);
        let (right, bottom) = (x + window.width as f64, y + window.height as f64);
        let corners = [(x, y), (right, y), (x, bottom), (right, bottom)];
        let span = |c: [f64; 3], size: usize| {
            let places = corners.map(|(x, y)| c[0] + c[1] * x + c[2] * y);
            let low = places.iter().copied().fold(f64::INFINITY, f64::min).floor() - 1.0;
            let high = places.iter().copied().fold(f64::NEG_INFINITY, f64::max).ceil() + 1.0;
            let clamp = |value: f64| value.clamp(0.0, size as f64) as usize;
            (clamp(low), clamp(high))
        };
        let (left, right) = span(self.place[0], self.other.grid.width);
        let (top, bottom) = span(self.place[1], self.other.grid.height);
        Window::new(left, top, right - left, bottom - top)
    }

    fn resampled(&self, source: &Plane<f32>, around: Window, window: Window) -> Plane<f32> {
        let count = self.samples;
        let step = 1.0 / count as f64;
        let mut data = Vec::with_capacity(window.len());
        for y in window.y..window.y + window.height {
            for x in window.x..window.x + window.width {
                let (mut sum, mut found) = (0.0_f64, 0_u32);
                for sample in 0..count * count {
                    let (i, j) = ((sample % count) as f64, (sample / count) as f64);
                    let (at_x, at_y) = (x as f64 + (i + 0.5) * step, y as f64 + (j + 0.5) * step);
                    let value =
                        self.position(at_x, at_y).map_or(f32::NAN, |place| bilinear(source, around, place));
                    if !value.is_nan() {
                        sum += f64::from(value);
                        found += 1;
                    }
                }
                data.push(if found == 0 { f32::NAN } else { (sum / f64::from(found)) as f32 });
            }
        }
        Plane::from_vec(window.width, window.height, data)
    }
}

/// The value at a position in pixel coordinates of the raster that `source` is the window `around` of. NaN
/// takes no part; beyond the outermost centres the edge pixel continues.
fn bilinear(source: &Plane<f32>, around: Window, (u, v): (f64, f64)) -> f32 {
    let axis = |position: f64, start: usize, length: usize| {
        let centre = position - 0.5;
        let near = centre.round();
        let centre = if (centre - near).abs() < ON_CENTRE_PX { near } else { centre };
        let first = centre.floor();
        let index = |value: f64| (value.max(0.0) as usize).clamp(start, start + length - 1) - start;
        (index(first), index(first + 1.0), (centre - first) as f32)
    };
    let (left, right, across) = axis(u, around.x, around.width);
    let (top, bottom, down) = axis(v, around.y, around.height);
    let corners = [
        (source.get(left, top), (1.0 - across) * (1.0 - down)),
        (source.get(right, top), across * (1.0 - down)),
        (source.get(left, bottom), (1.0 - across) * down),
        (source.get(right, bottom), across * down),
    ];
    super::resample::blend(corners)
}

/// An affine map from one grid's pixels to another's, and a shift in pixels before it.
type Placed = ([[f64; 3]; 2], (f64, f64));

/// Where a scene's pixels lie in the other scene, and where it begins in the one it was cut out of.
fn place(scene: &Scene, other: &Scene, what: &str) -> Result<Placed> {
    let mismatch = |problem: String| Error::GridMismatch { path: other.path.clone(), problem };
    // A scene that was cut out of another lies where it was cut.
    let (whole, shift) = match &scene.part_of {
        Some((whole, window)) => (whole, (window.x as f64, window.y as f64)),
        None => (&scene.grid, (0.0, 0.0)),
    };
    let placed = |grid: &Grid| !grid.crs_wkt.is_empty() && grid.geotransform.is_some();
    let place = if placed(whole) && placed(&other.grid) {
        if !super::same_crs(&whole.crs_wkt, &other.grid.crs_wkt) {
            return Err(mismatch(format!(
                "{what} has another coordinate reference system than the scene; warp it to the scene's first (gdalwarp -r bilinear)"
            )));
        }
        georeferenced(whole, &other.grid)
            .ok_or_else(|| mismatch(format!("the geotransform of {what} cannot be inverted")))?
    } else if (whole.width, whole.height) == (other.grid.width, other.grid.height) {
        [[0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    } else {
        return Err(mismatch(format!(
            "{what} has {} × {} pixels and the scene {} × {}, and one of them has no coordinate reference system to place it by; expected the same size",
            other.grid.width, other.grid.height, whole.width, whole.height
        )));
    };
    Ok((place, shift))
}

/// The affine map from one grid's pixels to another's; none where it cannot be inverted.
fn georeferenced(scene: &Grid, other: &Grid) -> Option<[[f64; 3]; 2]> {
    let (s, o) = (scene.geotransform?, other.geotransform?);
    let determinant = o[1] * o[5] - o[2] * o[4];
    if determinant == 0.0 || !determinant.is_finite() {
        return None;
    }
    let invert =
        |wx: f64, wy: f64| ((wx * o[5] - wy * o[2]) / determinant, (wy * o[1] - wx * o[4]) / determinant);
    let origin = invert(s[0] - o[0], s[3] - o[3]);
    let (per_x, per_y) = (invert(s[1], s[4]), invert(s[2], s[5]));
    Some([[origin.0, per_x.0, per_y.0], [origin.1, per_x.1, per_y.1]])
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::bands::Band;
    use crate::raster::{MemoryBand, Samples};

    const UTM: &str = "EPSG:32633";

    fn scene(width: usize, height: usize, grid: Option<[f64; 6]>) -> Scene {
        let values = (0..width * height).map(|i| (i % width) as f32 + 100.0 * (i / width) as f32);
        let samples = Samples::F32(values.collect());
        let bands = vec![MemoryBand { band: Band::VV, size: (width, height), samples }];
        let mut scene = Scene::in_memory(Path::new("s1"), None, bands).expect("a scene");
        for own in std::iter::once(&mut scene.grid).chain(scene.bands.iter_mut().map(|band| &mut band.grid)) {
            own.geotransform = grid;
            own.crs_wkt = if grid.is_some() { UTM.into() } else { String::new() };
        }
        scene
    }

    fn read(aligned: &Aligned, window: Window) -> Plane<f32> {
        aligned.read(&mut SceneReader::new(aligned.scene()), window).expect("read").remove(0)
    }

    #[test]
    fn a_shifted_grid_is_read_exactly_and_has_nothing_beyond_its_edge() {
        let here = scene(8, 6, Some([1000.0, 10.0, 0.0, 2000.0, 0.0, -10.0]));
        let other = scene(8, 6, Some([1020.0, 10.0, 0.0, 1990.0, 0.0, -10.0]));
        let aligned = Aligned::new(&here, other, vec![0], "the radar").expect("same place");
        let plane = read(&aligned, here.grid.window());
        assert_eq!((plane.get(2, 1), plane.get(7, 5)), (0.0, 405.0));
        assert!(plane.get(1, 1).is_nan() && plane.get(2, 0).is_nan());
        assert!((aligned.cover() - 6.0 * 5.0 / 48.0).abs() < 1e-9);
    }

    #[test]
    fn windows_and_parts_see_what_the_whole_sees() {
        let here = scene(40, 30, Some([1000.0, 10.0, 0.0, 2000.0, 0.0, -10.0]));
        for pixel in [25.0, 10.0, 7.0, 4.0] {
            let grid = Some([1033.0, pixel, 0.0, 1961.0, 0.0, -pixel]);
            let aligned = Aligned::new(&here, scene(70, 60, grid), vec![0], "the radar").expect("there");
            let whole = read(&aligned, here.grid.window());
            let mut part = here.clone();
            let window = Window::new(5, 3, 30, 22);
            part.part_of = Some((here.grid.clone(), window));
            part.grid = Grid { width: 30, height: 22, ..Grid::default() };
            let cut = Aligned::new(&part, aligned.scene().clone(), vec![0], "the radar").expect("there");
            let bits = |plane: &Plane<f32>| plane.data.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
            for own in [Window::new(0, 0, 30, 22), Window::new(7, 2, 9, 13)] {
                let there = Window::new(5 + own.x, 3 + own.y, own.width, own.height);
                assert_eq!(bits(&read(&aligned, there)), bits(&whole.crop(there)));
                assert_eq!(bits(&read(&cut, own)), bits(&whole.crop(there)), "{pixel} m");
            }
        }
    }

    #[test]
    fn finer_pixels_are_averaged_and_coarser_ones_interpolated() {
        let here = scene(4, 4, Some([0.0, 20.0, 0.0, 80.0, 0.0, -20.0]));
        let fine = scene(8, 8, Some([0.0, 10.0, 0.0, 80.0, 0.0, -10.0]));
        let aligned = Aligned::new(&here, fine, vec![0], "the radar").expect("there");
        // Pixels 2, 3 of rows 2, 3.
        assert!((read(&aligned, here.grid.window()).get(1, 1) - 252.5).abs() < 1e-3);
        let coarse = scene(2, 2, Some([0.0, 40.0, 0.0, 80.0, 0.0, -40.0]));
        let aligned = Aligned::new(&here, coarse, vec![0], "the radar").expect("there");
        assert!((read(&aligned, here.grid.window()).get(1, 1) - 25.25).abs() < 1e-3);
    }

    #[test]
    fn another_place_system_or_size_is_refused() {
        let here = scene(4, 4, Some([0.0, 10.0, 0.0, 40.0, 0.0, -10.0]));
        let words =
            |other: Scene| Aligned::new(&here, other, vec![0], "the radar").expect_err("refused").to_string();
        assert!(words(scene(4, 4, Some([900.0, 10.0, 0.0, 40.0, 0.0, -10.0]))).contains("nowhere"));
        let mut other = here.clone();
        other.grid.crs_wkt = "EPSG:32634".into();
        assert!(words(other).contains("gdalwarp"));
        assert!(words(scene(5, 4, None)).contains("expected the same size"));
        assert!(Aligned::new(&here, scene(4, 4, None), vec![0], "the radar").is_ok());
    }
}
