//! The fill against GDAL's.

use super::turns::Turns;
use super::{Figure, Options, Result, measured};
use crate::bands::{Band, Level};
use crate::fill::fill_planes;
use crate::mask::{self, CLEAR, CLOUD, Mask};
use crate::progress::Monitor;
use crate::random::Stream;
use crate::raster::{Plane, fill_nodata};

/// Side of the image.
const SIDE: usize = 768;
/// Its bands.
const BANDS: [Band; 4] = [Band::B02, Band::B03, Band::B04, Band::B08];
/// Discs of cloud over it.
const CLOUDS: usize = 24;

/// Both fill the same pixels of the same planes, a band after the other in GDAL, whose call has no threads.
pub(super) fn fill(options: &Options, monitor: &dyn Monitor) -> Result<Figure> {
    let codes = codes();
    let mask = Mask { codes, source: "benchmark".into() };
    let alpha = mask::alpha(&mask, 0, 0);
    let planes: Vec<_> = (0..BANDS.len() as u64).map(plane).collect();
    let keep = alpha.0.map(|m| u8::from(m == 0));
    let ours = || {
        std::hint::black_box(fill_planes(&planes, &BANDS, Some(Level::L1C), &alpha));
        Ok(())
    };
    let peer = || {
        for plane in &planes {
            let filled = fill_nodata(plane, &keep, 2.0 * SIDE as f64, 0);
            std::hint::black_box(filled.map_err(|error| super::Error::File {
                path: "FillNodata".into(),
                problem: error.to_string(),
            })?);
        }
        Ok(())
    };
    let turns = Turns::measure(options.rounds, monitor, ours, peer)?;
    let cover = mask.cover().cloud;
    let what =
        format!("fill of {} bands of {SIDE} x {SIDE} pixels, {:.0} % cloud", BANDS.len(), 100.0 * cover);
    Ok(measured("fill", what, "GDAL FillNodata", turns))
}

fn codes() -> Plane<u8> {
    let mut stream = Stream::new(1, 0, "benchmark/clouds");
    let discs: Vec<[f64; 3]> = (0..CLOUDS)
        .map(|_| {
            let side = SIDE as f64;
            [stream.between(0.0, side), stream.between(0.0, side), stream.between(0.03 * side, 0.1 * side)]
        })
        .collect();
    let code = |i: usize| {
        let (x, y) = ((i % SIDE) as f64, (i / SIDE) as f64);
        let covered = discs.iter().any(|[cx, cy, r]| (x - cx).hypot(y - cy) < *r);
        if covered { CLOUD } else { CLEAR }
    };
    Plane::from_vec(SIDE, SIDE, (0..SIDE * SIDE).map(code).collect())
}

fn plane(band: u64) -> Plane<f32> {
    let mut stream = Stream::new(1, band, "benchmark/ground");
    let pixel = |i: usize| {
        let wave = ((i % SIDE) as f64 / 19.0).sin() * ((i / SIDE) as f64 / 23.0).cos();
        (0.12 + 0.04 * wave + 0.01 * stream.normal()) as f32
    };
    Plane::from_vec(SIDE, SIDE, (0..SIDE * SIDE).map(pixel).collect())
}
