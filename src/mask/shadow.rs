//! Cloud shadow: dark pixels where a cloud's shadow can fall.
//!
//! *Dark* is relative: near and short-wave infrared both below [`DARK`] of the local clear
//! background (the 60 % quantile of clear land in blocks of 64 pixels, interpolated), and not
//! water. Infrared is used because little of it is scattered into a shadow by the air.
//!
//! Where the metadata has the sun's position, every connected cloud is moved along the sun's
//! direction over the range of cloud heights, and the dark pixels under the best match are its
//! shadow (Zhu and Woodcock 2012, "object matching"). Elsewhere, dark pixels within
//! [`NEAR_M`] of a cloud are shadow.

use super::background::Background;
use super::{CLEAR, CLOUD, Mask, Result, SHADOW, alpha, smooth};
use crate::bands::Band;
use crate::progress::Monitor;
use crate::raster::{Error, Plane, Scene, Sun};

/// Part of the local clear background below which a pixel is dark.
const DARK: f32 = 0.65;
/// Farthest shadow from its cloud where the sun's position is unknown.
const NEAR_M: f64 = 1500.0;
/// Cloud heights that are tried.
const HEIGHTS_M: (f64, f64) = (200.0, 10_000.0);
/// Part of a moved cloud that must be dark for a match.
const MATCH: f64 = 0.4;
/// Pixels of a cloud that are looked at for one height.
const SAMPLES: usize = 2000;
/// Radius of the disc that removes single dark pixels.
const SPECK_PX: usize = 2;
/// Pixel size taken where the scene has none.
const ASSUMED_PIXEL_M: f64 = 10.0;

/// What shadow detection needs of a scene, in ten-thousandths of reflectance.
#[derive(Debug, Clone, Default)]
pub(super) struct Surface {
    pub nir: Vec<u16>,
    pub swir: Vec<u16>,
    pub water: Vec<bool>,
}

/// Near infrared, short-wave infrared and green, where the scene has them.
pub(super) fn bands(scene: &Scene) -> Option<[usize; 3]> {
    let nir = scene.index_of(Band::B08).or_else(|| scene.index_of(Band::B8A))?;
    let swir = scene.index_of(Band::B11).or_else(|| scene.index_of(Band::B12))?;
    Some([nir, swir, scene.index_of(Band::B03)?])
}

impl Surface {
    /// From planes of reflectance in the order of [`bands`].
    pub(super) fn of(planes: &[&Plane<f32>]) -> Self {
        let [nir, swir, green] = planes else { return Self::default() };
        let stored = |plane: &Plane<f32>| -> Vec<u16> {
            plane.data.iter().map(|&value| (value * 10_000.0).clamp(0.0, 65_535.0) as u16).collect()
        };
        let water = green
            .data
            .iter()
            .zip(&nir.data)
            .zip(&swir.data)
            .map(|((&green, &nir), &swir)| (green - nir) / (green + nir).max(1e-6) > 0.1 && swir < 0.06);
        Self { nir: stored(nir), swir: stored(swir), water: water.collect() }
    }

    /// Puts the next strip below.
    pub(super) fn append(&mut self, next: Self) {
        self.nir.extend(next.nir);
        self.swir.extend(next.swir);
        self.water.extend(next.water);
    }
}

/// Marks shadow among the clear pixels of a cloud mask on a grid `factor` times coarser than the
/// scene's. Returns words for [`super::Mask::source`].
pub(super) fn add(
    codes: &mut Plane<u8>,
    surface: &Surface,
    scene: &Scene,
    factor: usize,
    monitor: &dyn Monitor,
) -> Result<&'static str> {
    let clouds: u64 = codes.data.iter().map(|&code| u64::from(code == CLOUD)).sum();
    if clouds == 0 {
        return Ok("");
    }
    let north_up = scene.grid.geotransform.filter(|_| !scene.grid.is_rotated());
    let sun = scene.sun.zip(north_up);
    // Every pixel is looked at three times for what is dark and once to smooth what was found; in between every
    // cloud is moved.
    let pixels = codes.data.len() as u64;
    monitor.stage("shadow", 4 * pixels + clouds);
    let dark = darkness(codes, surface, monitor);
    let pixel_m = pixel_size_m(scene) * factor as f64;
    let (found, words) = if let Some((sun, transform)) = sun {
        let step = direction(sun, transform);
        (project(codes, &dark, sun, step, pixel_m, monitor)?, ", shadow by projection along the sun")
    } else {
        let found = near(codes, &dark, pixel_m);
        monitor.advance(clouds);
        (found, ", shadow by darkness near cloud")
    };
    let smooth = smooth::disc_mean(&found.map(f32::from), SPECK_PX, monitor);
    for ((code, &share), &water) in codes.data.iter_mut().zip(&smooth.data).zip(&surface.water) {
        if *code == CLEAR && share > 0.5 && !water {
            *code = SHADOW;
        }
    }
    Ok(words)
}

/// 1 where a clear pixel is dark, else 0. Tells every pixel three times.
fn darkness(codes: &Plane<u8>, surface: &Surface, monitor: &dyn Monitor) -> Plane<u8> {
    let usable = |index: usize| codes.data[index] == CLEAR && !surface.water[index];
    let [nir, swir] = [&surface.nir, &surface.swir].map(|values| {
        let background = Background::of(values, codes.width, codes.height, usable);
        monitor.advance(codes.data.len() as u64);
        background
    });
    let mut dark = Plane::filled(codes.width, codes.height, 0_u8);
    for y in 0..codes.height {
        for x in 0..codes.width {
            let index = y * codes.width + x;
            let below = |value: u16, background: &Background| f32::from(value) < DARK * background.at(x, y);
            if usable(index) && below(surface.nir[index], &nir) && below(surface.swir[index], &swir) {
                dark.data[index] = 1;
            }
        }
        monitor.advance(codes.width as u64);
    }
    dark
}

/// Length of a pixel's side on the ground.
fn pixel_size_m(scene: &Scene) -> f64 {
    let Some(g) = scene.grid.geotransform else { return ASSUMED_PIXEL_M };
    let side = (g[1] * g[5] - g[2] * g[4]).abs().sqrt();
    // A side below a hundredth of a unit can only be degrees.
    let metres = if side < 0.01 { side * 111_320.0 } else { side };
    if metres.is_finite() && metres > 0.0 { metres } else { ASSUMED_PIXEL_M }
}

/// Unit vector in pixels from a cloud to its shadow.
fn direction(sun: Sun, transform: [f64; 6]) -> (f64, f64) {
    let azimuth = sun.azimuth_deg.to_radians();
    (-azimuth.sin() * transform[1].signum(), -azimuth.cos() * transform[5].signum())
}

/// Dark pixels within reach of a cloud.
fn near(codes: &Plane<u8>, dark: &Plane<u8>, pixel_m: f64) -> Plane<u8> {
    let clouds = codes.map(|code| if code == CLOUD { CLOUD } else { CLEAR });
    let reach = alpha(&Mask { codes: clouds, source: String::new() }, (NEAR_M / pixel_m).ceil() as u32, 0);
    let mut found = dark.clone();
    for (found, reach) in found.data.iter_mut().zip(reach.0.data) {
        *found &= u8::from(reach == 255);
    }
    found
}

/// Dark pixels under the best match of every cloud, moved along the sun.
fn project(
    codes: &Plane<u8>,
    dark: &Plane<u8>,
    sun: Sun,
    step: (f64, f64),
    pixel_m: f64,
    monitor: &dyn Monitor,
) -> Result<Plane<u8>> {
    let tangent = sun.zenith_deg.clamp(0.0, 85.0).to_radians().tan();
    let first = (HEIGHTS_M.0 * tangent / pixel_m).floor().max(1.0) as usize;
    let last = (HEIGHTS_M.1 * tangent / pixel_m).ceil() as usize;
    let mut found = Plane::filled(codes.width, codes.height, 0_u8);
    for cloud in Clouds::of(codes) {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled.into());
        }
        let stride = cloud.len().div_ceil(SAMPLES).max(1);
        let moved = |pixel: u32, length: usize| shifted(pixel, codes, step, length);
        let score = |length: usize| {
            let (mut hits, mut seen, mut all) = (0_u32, 0_u32, 0_u32);
            for &pixel in cloud.iter().step_by(stride) {
                all += 1;
                let Some(target) = moved(pixel, length).filter(|&target| codes.data[target] == CLEAR) else {
                    continue;
                };
                seen += 1;
                hits += u32::from(dark.data[target]);
            }
            // A match of a sliver says nothing.
            if seen * 10 < all { 0.0 } else { f64::from(hits) / f64::from(seen) }
        };
        let best = (first..=last)
            .map(|length| (score(length), length))
            .fold((0.0, 0), |best, next| if next.0 > best.0 { next } else { best });
        if best.0 >= MATCH {
            for length in best.1.saturating_sub(2)..=best.1 + 2 {
                for target in cloud.iter().filter_map(|&pixel| moved(pixel, length)) {
                    found.data[target] |= dark.data[target];
                }
            }
        }
        monitor.advance(cloud.len() as u64);
    }
    Ok(found)
}

/// The pixel at a distance along the direction of shadow.
#[inline]
fn shifted(pixel: u32, codes: &Plane<u8>, step: (f64, f64), length: usize) -> Option<usize> {
    let (x, y) = (pixel as usize % codes.width, pixel as usize / codes.width);
    let x = x as isize + (step.0 * length as f64).round() as isize;
    let y = y as isize + (step.1 * length as f64).round() as isize;
    let inside = x >= 0 && y >= 0 && (x as usize) < codes.width && (y as usize) < codes.height;
    inside.then(|| y as usize * codes.width + x as usize)
}

/// Connected clouds (8 neighbours), one after the other.
struct Clouds<'a> {
    codes: &'a Plane<u8>,
    seen: Vec<bool>,
    next: usize,
}

impl<'a> Clouds<'a> {
    fn of(codes: &'a Plane<u8>) -> Self {
        Self { codes, seen: vec![false; codes.data.len()], next: 0 }
    }
}

impl Iterator for Clouds<'_> {
    type Item = Vec<u32>;

    fn next(&mut self) -> Option<Vec<u32>> {
        let open = |seen: &[bool], index: usize| self.codes.data[index] == CLOUD && !seen[index];
        let start = (self.next..self.codes.data.len()).find(|&index| open(&self.seen, index))?;
        self.next = start + 1;
        self.seen[start] = true;
        let mut cloud = vec![start as u32];
        let mut done = 0;
        while let Some(&pixel) = cloud.get(done) {
            done += 1;
            let (x, y) = (pixel as usize % self.codes.width, pixel as usize / self.codes.width);
            for v in y.saturating_sub(1)..=(y + 1).min(self.codes.height - 1) {
                for u in x.saturating_sub(1)..=(x + 1).min(self.codes.width - 1) {
                    let index = v * self.codes.width + u;
                    if open(&self.seen, index) {
                        self.seen[index] = true;
                        cloud.push(index as u32);
                    }
                }
            }
        }
        Some(cloud)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn a_shadow_is_found_on_the_side_away_from_the_sun_and_only_there() {
        let (width, height) = (128, 128);
        let mut codes = Plane::filled(width, height, CLEAR);
        let mut dark = Plane::filled(width, height, 0_u8);
        for y in 0..12 {
            for x in 0..12 {
                codes.set(60 + x, 50 + y, CLOUD);
                dark.set(30 + x, 50 + y, 1); // 30 px west: the sun stands in the east
                dark.set(95 + x, 50 + y, 1); // a dark field towards the sun
            }
        }
        let sun = Sun { zenith_deg: 45.0, azimuth_deg: 90.0 };
        let step = direction(sun, [0.0, 10.0, 0.0, 0.0, 0.0, -10.0]);
        let found = project(&codes, &dark, sun, step, 10.0, &Silent).unwrap();
        assert_eq!(found.data.iter().map(|&f| usize::from(f)).sum::<usize>(), 144);
        assert_eq!((found.get(35, 55), found.get(100, 55)), (1, 0));
    }

    #[test]
    fn shadow_falls_north_when_the_sun_stands_in_the_south() {
        let (x, y) =
            direction(Sun { zenith_deg: 40.0, azimuth_deg: 180.0 }, [0.0, 10.0, 0.0, 0.0, 0.0, -10.0]);
        assert!(x.abs() < 1e-9 && y < -0.99);
    }
}
