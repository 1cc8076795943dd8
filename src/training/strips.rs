//! Sample strips: what a training makes, as a PNG that a person looks at.

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

/// Rows of images of equal size, each image a plane a band in reflectance. Shown in true colour, or as the
/// first three bands where there is no true colour.
///
/// # Errors
/// [`Error::Run`] where the file cannot be written.
pub fn write(path: &Path, bands: &[Band], rows: &[Vec<Vec<Plane<f32>>>]) -> Result<()> {
    let Some(first) = rows.first().and_then(|row| row.first()).and_then(|image| image.first()) else {
        return Ok(());
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
    encoded(width, height, &pixels).and_then(|bytes| std::fs::write(path, bytes)).map_err(|error| {
        Error::Run { path: path.to_owned(), problem: format!("the samples cannot be written ({error})") }
    })
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

fn encoded(width: usize, height: usize, pixels: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
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
        write(&path, &bands, &[vec![image(1.0), image(0.0)], vec![image(0.0), image(1.0)]]).expect("written");
        let decoder = png::Decoder::new(std::io::BufReader::new(std::fs::File::open(&path).expect("a file")));
        let mut reader = decoder.read_info().expect("a picture");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!((info.width, info.height), (2 * 9 + 4, 2 * 7 + 4));
        let at = |x: usize, y: usize| &pixels[3 * (y * info.width as usize + x)..][..3];
        assert_eq!(at(4, 4), [255, 0, 0]);
        assert_eq!(at(13, 4), [0, 0, 0]);
        assert_eq!(at(13, 11), [255, 0, 0]);
        assert_eq!(at(0, 0), [40, 40, 40]);
    }
}
