//! The two passes over a scene: the ground measured, then clouds rendered, composed and written.

use super::super::{CloudField, Clouds, Ground, Site};
use super::outputs::Outputs;
use crate::bands::Band;
use crate::mask;
use crate::progress::Monitor;
use crate::raster::{Error, Plane, Result, Samples, Scene, SceneReader, Window};

/// Pixels of the reference grid in one strip of the second pass, about: some 60 bytes each are held.
const STRIP_PIXELS: usize = 1_000_000;
/// Rows of the strips of the first pass, a multiple of every block of [`Ground`] at ratios 1, 2, 3, 5
/// and 6.
const SURVEY_ROWS: usize = 480;

/// What the first pass finds.
pub(super) struct Survey {
    /// The blurred ground of each band; none for bands that are not optical.
    grounds: Vec<Option<Ground>>,
    /// The valid ones among the sample places of the site.
    pub places: Vec<(usize, usize)>,
}

/// First pass: the blurred ground of every optical band, and the valid sample places.
pub(super) fn survey(scene: &Scene, reference: usize, site: &Site, monitor: &dyn Monitor) -> Result<Survey> {
    let mut reader = SceneReader::new(scene);
    let mut grounds: Vec<_> = scene
        .bands
        .iter()
        .map(|band| {
            let optical = band.band.is_some_and(Band::is_optical);
            optical.then(|| Ground::empty(band.grid.width, band.grid.height, band.ratio))
        })
        .collect();
    let samples = site.sample_places();
    let mut places = Vec::with_capacity(samples.len());
    monitor.stage("measuring", scene.grid.height as u64);
    let mut next = 0;
    for (index, slot) in grounds.iter_mut().enumerate() {
        let Some(ground) = slot else { continue };
        let band = &scene.bands[index];
        let rows = (SURVEY_ROWS / band.ratio).next_multiple_of(Ground::block(band.ratio)).max(1);
        for strip in band.grid.strips(rows) {
            if monitor.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let pixels = reader.reflectance_native(index, strip)?;
            ground.take(strip.y, &pixels);
            if index == reference {
                while let Some(&(x, y)) =
                    samples.get(next).filter(|(_, y)| y / band.ratio < strip.y + strip.height)
                {
                    let column = (x / band.ratio).min(pixels.width - 1);
                    if !pixels.get(column, y / band.ratio - strip.y).is_nan() {
                        places.push((x, y));
                    }
                    next += 1;
                }
                monitor.advance((strip.height * band.ratio) as u64);
            }
        }
    }
    Ok(Survey { grounds, places })
}

/// Pixels of the reference grid by mask code.
#[derive(Default)]
pub(super) struct Counts {
    pub valid: u64,
    pub cloud: u64,
    pub shadow: u64,
}

/// Second pass: strip by strip, every band.
pub(super) fn write_all(
    scene: &Scene,
    reference: usize,
    clouds: &Clouds,
    survey: &Survey,
    outputs: &mut Outputs,
    monitor: &dyn Monitor,
) -> Result<Counts> {
    let mut reader = SceneReader::new(scene);
    let mut counts = Counts::default();
    monitor.stage("simulating", scene.grid.height as u64);
    for window in strips(scene) {
        if monitor.is_cancelled() {
            return Err(Error::Cancelled);
        }
        let mut field = clouds.render(window);
        let codes = truth(&mut field, scene, reference, &mut reader)?;
        for &code in &codes.data {
            counts.valid += u64::from(code != mask::INVALID);
            counts.cloud += u64::from(code == mask::CLOUD);
            counts.shadow += u64::from(code == mask::SHADOW);
        }
        for (file, raster) in &mut outputs.rasters {
            for (position, &index) in file.bands.iter().enumerate() {
                let part = window.coarser(file.ratio, file.grid.width, file.grid.height);
                let samples = cloudy_samples(&field, scene, index, part, &survey.grounds, &mut reader)?;
                raster.write(position, part, &samples)?;
            }
        }
        if let Some(raster) = &mut outputs.mask {
            raster.write(0, window, &Samples::U8(codes.data))?;
        }
        monitor.advance(window.height as u64);
    }
    Ok(counts)
}

/// Strips of whole rows that begin on a pixel of every band, top to bottom.
fn strips(scene: &Scene) -> Vec<Window> {
    let unit =
        scene.ratios().into_iter().fold(1, |unit, ratio| if unit % ratio == 0 { unit } else { unit * ratio });
    let rows = (STRIP_PIXELS / scene.grid.width.max(1)).max(1).next_multiple_of(unit);
    scene.grid.strips(rows).collect()
}

/// The mask of a window; where nothing was measured the field is cleared, so that nothing is touched.
fn truth(
    field: &mut CloudField<'_>,
    scene: &Scene,
    reference: usize,
    reader: &mut SceneReader<'_>,
) -> Result<Plane<u8>> {
    let band = &scene.bands[reference];
    let part = field.window.coarser(band.ratio, band.grid.width, band.grid.height);
    let measured = reader.reflectance_native(reference, part)?;
    let invalid = |i: usize| {
        let (x, y) = (i % field.window.width / band.ratio, i / field.window.width / band.ratio);
        measured.get(x.min(part.width - 1), y.min(part.height - 1)).is_nan()
    };
    let holes: Vec<usize> = (0..field.window.len()).filter(|&i| invalid(i)).collect();
    field.clear(&holes);
    let mut codes = field.codes();
    for i in holes {
        codes.data[i] = mask::INVALID;
    }
    Ok(codes)
}

/// Stored values of a band in a window of its own grid, with cloud and shadow.
fn cloudy_samples(
    field: &CloudField<'_>,
    scene: &Scene,
    index: usize,
    part: Window,
    grounds: &[Option<Ground>],
    reader: &mut SceneReader<'_>,
) -> Result<Samples> {
    let mut samples = reader.samples(index, part)?;
    let info = &scene.bands[index];
    let (Some(ground), Some(band)) = (&grounds[index], info.band) else { return Ok(samples) };
    let clear = samples.reflectance(&info.radiometry, &info.nodata);
    let mut pixels = Plane::from_vec(part.width, part.height, clear);
    let touched = field.apply(band, info.ratio, &mut pixels, &ground.window(part));
    for (i, _) in touched.iter().enumerate().filter(|(_, touched)| **touched) {
        samples.set(i, info.radiometry.dn(f64::from(pixels.data[i]), info.dtype, &info.nodata));
    }
    Ok(samples)
}
