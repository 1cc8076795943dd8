//! How bands of several native sizes lie on one reference grid.

use std::path::Path;

use crate::bands::Band;
use crate::raster::{Error, Grid, Result, SceneBand, same_crs};

/// Bands may lie this far off their place in the reference grid, in pixels of their own. Crops of
/// real products do: a 60 m band cut at its own pixels begins up to half of one beside the 10 m
/// bands.
const MOST_SHIFT_PX: f64 = 0.501;
/// A shift that is worth a word, in pixels of the reference grid.
const LEAST_SHIFT_PX: f64 = 0.1;

/// Gives bands without a place on Earth that of a band which has one, scaled to their size: some
/// products state it in a few of their files only.
pub(super) fn share_georeference(bands: &mut [SceneBand]) -> Option<String> {
    let has_place = |band: &SceneBand| band.grid.geotransform.is_some() && !band.grid.crs_wkt.is_empty();
    let donor = bands.iter().filter(|band| has_place(band)).max_by_key(|band| band.grid.width)?;
    let (donor_name, donor) = (donor.name.clone(), donor.grid.clone());
    let mut without = Vec::new();
    for band in bands.iter_mut().filter(|band| !has_place(band)) {
        if band.grid.geotransform.is_none() {
            band.grid.geotransform = rescaled(&donor, band.grid.width);
        }
        if band.grid.crs_wkt.is_empty() {
            band.grid.crs_wkt.clone_from(&donor.crs_wkt);
        }
        without.push(band.name.clone());
    }
    (!without.is_empty()).then(|| {
        format!(
            "{} have no coordinate reference system of their own; that of {donor_name} is used",
            without.join(", ")
        )
    })
}

/// The geotransform of a grid over the same area with another number of columns.
fn rescaled(donor: &Grid, width: usize) -> Option<[f64; 6]> {
    let step = ratio_of_sizes(width.max(donor.width), width.min(donor.width)) as f64;
    let step = if width < donor.width { step } else { 1.0 / step };
    donor.geotransform.map(|g| [g[0], g[1] * step, g[2] * step, g[3], g[4] * step, g[5] * step])
}

fn ratio_of_sizes(fine: usize, coarse: usize) -> usize {
    (fine as f64 / coarse as f64).round().max(1.0) as usize
}

/// The grid of the finest band.
pub(super) fn finest_grid(bands: &[SceneBand], path: &Path) -> Result<Grid> {
    bands
        .iter()
        .max_by_key(|band| (band.grid.width, band.grid.height, !band.grid.crs_wkt.is_empty()))
        .map(|band| band.grid.clone())
        .ok_or_else(|| Error::NotAScene { path: path.to_owned(), reason: "it holds no band".into() })
}

/// Says which bands of a scene lie beside its grid, in one sentence; none where all nest.
pub(super) fn shift_warning(shifts: &[(String, f64)]) -> Option<String> {
    let most = shifts.iter().map(|(_, shift)| *shift).fold(0.0, f64::max);
    let names: Vec<_> = shifts.iter().map(|(name, _)| name.as_str()).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{} lie up to {most:.1} pixels beside the finest band's grid; they are taken as if they nested",
            names.join(", ")
        )
    })
}

/// How many reference pixels lie along one pixel of a band, and how far it lies beside the grid
/// (in reference pixels; 0 where that is nothing to speak of).
///
/// # Errors
/// [`Error::GridMismatch`] where sizes, pixel sizes, origins or reference systems do not fit.
pub(super) fn nest(grid: &Grid, band: &SceneBand, path: &Path) -> Result<(usize, f64)> {
    let mismatch = |problem: String| Error::GridMismatch { path: path.to_owned(), problem };
    let ratio = candidates(grid, band)
        .into_iter()
        .find(|&ratio| {
            let fits = |fine: usize, coarse: usize| ratio > 0 && fine.div_ceil(ratio) == coarse;
            fits(grid.width, band.grid.width) && fits(grid.height, band.grid.height)
        })
        .ok_or_else(|| {
            mismatch(format!(
                "band {} has {} × {} pixels, which do not nest in the finest band's {} × {}; expected the same size or a whole fraction of it",
                band.name, band.grid.width, band.grid.height, grid.width, grid.height
            ))
        })?;
    let both_placed = !grid.crs_wkt.is_empty() && !band.grid.crs_wkt.is_empty();
    if both_placed && !same_crs(&grid.crs_wkt, &band.grid.crs_wkt) {
        return Err(mismatch(format!(
            "band {} has another coordinate reference system than the finest band; reproject it first",
            band.name
        )));
    }
    let Some((shift, stretch)) = misplacement(grid, &band.grid, ratio) else { return Ok((ratio, 0.0)) };
    if shift > MOST_SHIFT_PX * ratio as f64 || stretch > 0.01 {
        return Err(mismatch(format!(
            "band {} does not lie on the finest band's grid (its corner is {shift:.1} pixels off, its pixels {:.1} % too large or small); expected the same area",
            band.name,
            stretch * 100.0
        )));
    }
    Ok((ratio, if shift > LEAST_SHIFT_PX { shift } else { 0.0 }))
}

/// Ratios to try, most trustworthy first: by the stated pixel sizes, by the band's nature, by the
/// sizes in pixels.
fn candidates(grid: &Grid, band: &SceneBand) -> Vec<usize> {
    let stated = grid.geotransform.zip(band.grid.geotransform).and_then(|(fine, coarse)| {
        let ratio = (coarse[1].hypot(coarse[4]) / fine[1].hypot(fine[4])).round();
        (1.0..=1000.0).contains(&ratio).then_some(ratio as usize)
    });
    let by_size = ratio_of_sizes(grid.width.max(grid.height), band.grid.width.max(band.grid.height));
    let by_nature = band.band.map_or(1, |band: Band| band.resolution_m() as usize / 10);
    stated.into_iter().chain([by_size, by_nature]).collect()
}

/// How far a band's corner lies off the reference grid's (in its pixels) and how much its pixels
/// deviate from `ratio` times the reference's.
fn misplacement(grid: &Grid, own: &Grid, ratio: usize) -> Option<(f64, f64)> {
    let (fine, coarse) = (grid.geotransform?, own.geotransform?);
    let determinant = fine[1] * fine[5] - fine[2] * fine[4];
    if determinant == 0.0 {
        return None;
    }
    // Vectors of the coarse grid, in pixels of the fine one.
    let in_pixels = |x: f64, y: f64| {
        ((x * fine[5] - y * fine[2]) / determinant, (y * fine[1] - x * fine[4]) / determinant)
    };
    let origin = in_pixels(coarse[0] - fine[0], coarse[3] - fine[3]);
    let column = in_pixels(coarse[1], coarse[4]);
    let row = in_pixels(coarse[2], coarse[5]);
    let step = ratio as f64;
    let stretch = [(column.0 - step), column.1, row.0, (row.1 - step)]
        .iter()
        .fold(0.0_f64, |most, part| most.max(part.abs() / step));
    Some((origin.0.abs().max(origin.1.abs()), stretch))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(width: usize, pixel: f64, x: f64) -> Grid {
        Grid {
            width,
            height: width,
            geotransform: Some([x, pixel, 0.0, 1000.0, 0.0, -pixel]),
            crs_wkt: String::new(),
        }
    }

    #[test]
    fn a_shift_is_measured_in_pixels_of_the_finest_grid() {
        let (shift, stretch) = misplacement(&grid(60, 10.0, 0.0), &grid(10, 60.0, -10.0), 6).expect("placed");
        assert!((shift - 1.0).abs() < 1e-9 && stretch < 1e-9);
        let (_, stretch) = misplacement(&grid(60, 10.0, 0.0), &grid(10, 66.0, 0.0), 6).expect("placed");
        assert!((stretch - 0.1).abs() < 1e-9);
    }

    #[test]
    fn a_borrowed_georeference_keeps_the_area() {
        let coarse = rescaled(&grid(60, 10.0, 5.0), 10).expect("placed");
        assert_eq!((coarse[0], coarse[1], coarse[5]), (5.0, 60.0, -60.0));
        let fine = rescaled(&grid(10, 60.0, 5.0), 60).expect("placed");
        assert_eq!((fine[1], fine[5]), (10.0, -10.0));
    }
}
