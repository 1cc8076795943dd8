//! Sample strips: what a training makes, as a PNG that a person looks at.

use std::io::Cursor;
use std::path::Path;

use super::{Error, Result};
use crate::bands::Band;
use crate::raster::Plane;

/// Pixels between images.
const GAP: usize = 4;
/// Reflectance that is shown as white.
const WHITE: f32 = 0.35;
/// Exponent of the display.
const GAMMA: f32 = 1.0 / 1.6;

/// Keyword of the columns' names in the PNG, one a line.
const KEYWORD: &str = "Columns";

/// A strip that was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The PNG.
    pub png: Vec<u8>,
    /// Its width and height.
    pub size: (u32, u32),
}

/// A strip that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Strip {
    /// Width and height.
    pub size: [usize; 2],
    /// Red, green and blue of every pixel.
    pub rgb: Vec<u8>,
    /// What the columns show, left to right; empty where the file does not say.
    pub columns: Vec<String>,
}

/// Rows of images of equal size, each image a plane a band in reflectance, in named columns. Shown in true
/// colour, or as the first three bands where there is no true colour. None where there is nothing to show.
///
/// # Errors
/// [`Error::Run`] where the file cannot be written.
pub fn write(
    path: &Path,
    bands: &[Band],
    names: &[&str],
    rows: &[Vec<Vec<Plane<f32>>>],
) -> Result<Option<Written>> {
    let Some(first) = rows.first().and_then(|row| row.first()).and_then(|image| image.first()) else {
        return Ok(None);
    };
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let (step_x, step_y) = (first.width + GAP, first.height + GAP);
    let (width, height) = (columns * step_x + GAP, rows.len() * step_y + GAP);
    let mut pixels = vec![40_u8; 3 * width * height];
    let shown = shown(bands);
    for (row, images) in rows.iter().enumerate() {
        for (column, image) in images.iter().enumerate() {
            let corner = (GAP + column * step_x, GAP + row * step_y);
            draw(&mut pixels, width, corner, image, shown);
        }
    }
    let written = || {
        let png = encoded(width, height, &names.join("\n"), &pixels)?;
        // Beside its name first: who looks on sees whole pictures.
        let partial = path.with_extension("partial");
        std::fs::write(&partial, &png)?;
        std::fs::rename(&partial, path)?;
        Ok(Some(Written { png, size: (width as u32, height as u32) }))
    };
    written().map_err(|error: std::io::Error| failed(path, "the samples cannot be written", &error))
}

/// Reads a strip.
///
/// # Errors
/// [`Error::Run`] where it cannot be read.
pub fn read(path: &Path) -> Result<Strip> {
    let unreadable = |error: &dyn std::fmt::Display| failed(path, "the samples cannot be read", error);
    let bytes = std::fs::read(path).map_err(|error| unreadable(&error))?;
    let mut reader = png::Decoder::new(Cursor::new(bytes)).read_info().map_err(|error| unreadable(&error))?;
    let size = reader.output_buffer_size().ok_or_else(|| unreadable(&"it is too large"))?;
    let mut rgb = vec![0; size];
    let info = reader.next_frame(&mut rgb).map_err(|error| unreadable(&error))?;
    if (info.color_type, info.bit_depth) != (png::ColorType::Rgb, png::BitDepth::Eight) {
        return Err(unreadable(&"expected 8-bit RGB"));
    }
    let chunk = reader.info().uncompressed_latin1_text.iter().find(|chunk| chunk.keyword == KEYWORD);
    let columns = chunk.map(|chunk| chunk.text.lines().map(str::to_owned).collect()).unwrap_or_default();
    Ok(Strip { size: [info.width as usize, info.height as usize], rgb, columns })
}

fn failed(path: &Path, what: &str, error: &dyn std::fmt::Display) -> Error {
    Error::Run { path: path.to_owned(), problem: format!("{what} ({error})") }
}

/// Channels shown as red, green and blue.
fn shown(bands: &[Band]) -> [usize; 3] {
    let place = |band| bands.iter().position(|&known| known == band);
    match (place(Band::B04), place(Band::B03), place(Band::B02)) {
        (Some(red), Some(green), Some(blue)) => [red, green, blue],
        _ => [0, 1, 2].map(|channel| channel.min(bands.len().saturating_sub(1))),
    }
}

fn draw(
    pixels: &mut [u8],
    width: usize,
    (left, top): (usize, usize),
    image: &[Plane<f32>],
    shown: [usize; 3],
) {
    for (channel, &band) in shown.iter().enumerate() {
        let Some(plane) = image.get(band) else { continue };
        for y in 0..plane.height {
            for (x, &value) in plane.row(y).iter().enumerate() {
                let light = (value / WHITE).clamp(0.0, 1.0).powf(GAMMA);
                // NaN becomes 0: nothing was measured there.
                pixels[3 * ((top + y) * width + left + x) + channel] = (255.0 * light) as u8;
            }
        }
    }
}

fn encoded(width: usize, height: usize, columns: &str, pixels: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk(KEYWORD.to_owned(), columns.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_shows_every_image_in_its_place() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("strip.png");
        let image = |value: f32| {
            vec![Plane::filled(5, 3, value), Plane::filled(5, 3, 0.0), Plane::filled(5, 3, f32::NAN)]
        };
        let bands = [Band::B04, Band::B03, Band::B02];
        let rows = [vec![image(1.0), image(0.0)], vec![image(0.0), image(1.0)]];
        let written = write(&path, &bands, &["cloudy", "clear"], &rows).expect("written").expect("something");
        let strip = read(&path).expect("a picture");
        assert_eq!(strip.size, [2 * 9 + 4, 2 * 7 + 4]);
        assert_eq!((written.size, strip.columns.join("|")), ((22, 18), "cloudy|clear".to_owned()));
        let at = |x: usize, y: usize| &strip.rgb[3 * (y * strip.size[0] + x)..][..3];
        assert_eq!(at(4, 4), [255, 0, 0]);
        assert_eq!(at(13, 4), [0, 0, 0]);
        assert_eq!(at(13, 11), [255, 0, 0]);
        assert_eq!(at(0, 0), [40, 40, 40]);
        assert!(write(&path, &bands, &[], &[]).expect("nothing").is_none());
        std::fs::write(&path, &written.png[..60]).expect("written");
        assert!(read(&path).expect_err("cut off").to_string().contains("strip.png"));
    }
}
