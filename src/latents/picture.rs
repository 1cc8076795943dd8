//! A sweep sheet as a picture: every cell under one stretch, with labels on the axes.

use super::Sheet;
use super::glyphs::{self, GLYPH_PX};
use crate::bands::Band;
use crate::raster::Plane;

/// Pixels between cells.
const GAP: usize = 2;
/// Grey between cells.
const GROUND: u8 = 28;
/// Grey of labels.
const INK: u8 = 230;
/// Shares of the values of all cells that are drawn darkest and brightest.
const TAILS: (f64, f64) = (0.02, 0.98);

/// Limits of a stretch for red, green and blue, shared by all cells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stretch {
    /// Channels drawn, as places among the bands.
    pub channels: [usize; 3],
    /// Reflectance drawn darkest.
    pub lo: [f32; 3],
    /// Reflectance drawn brightest.
    pub hi: [f32; 3],
}

impl Stretch {
    /// True colour (the first three bands where there is none) from the 2nd to the 98th percentile of all
    /// images together.
    #[must_use]
    pub fn of(images: &[Vec<Plane<f32>>], bands: &[Band]) -> Self {
        Self::over(images, Self::shown(bands))
    }

    /// Which bands are drawn red, green and blue.
    pub(super) fn shown(bands: &[Band]) -> [usize; 3] {
        let place = |band| bands.iter().position(|&known| known == band);
        let last = bands.len().saturating_sub(1);
        match (place(Band::B04), place(Band::B03), place(Band::B02)) {
            (Some(red), Some(green), Some(blue)) => [red, green, blue],
            _ => [0, 1, 2].map(|channel: usize| channel.min(last)),
        }
    }

    /// From the 2nd to the 98th percentile of all images together, of some of their planes.
    pub(super) fn over(images: &[Vec<Plane<f32>>], channels: [usize; 3]) -> Self {
        let limits = channels.map(|channel| {
            let values = images.iter().flat_map(|image| &image[channel].data).copied();
            let mut values: Vec<f32> = values.filter(|value| value.is_finite()).collect();
            values.sort_by(f32::total_cmp);
            let at = |share: f64| {
                values.get((share * values.len().saturating_sub(1) as f64) as usize).copied().unwrap_or(0.0)
            };
            (at(TAILS.0), at(TAILS.1))
        });
        Self { channels, lo: limits.map(|(lo, _)| lo), hi: limits.map(|(_, hi)| hi) }
    }

    /// The colour of a pixel; what is not finite is black.
    #[must_use]
    pub fn color(&self, image: &[Plane<f32>], i: usize) -> [u8; 3] {
        [0, 1, 2].map(|c| {
            let width = (self.hi[c] - self.lo[c]).max(1e-6);
            let light = ((image[self.channels[c]].data[i] - self.lo[c]) / width).clamp(0.0, 1.0);
            (255.0 * light).round() as u8
        })
    }
}

/// A picture in memory, three bytes a pixel.
#[derive(Debug, Clone, PartialEq)]
pub struct Picture {
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Red, green, blue, row by row.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// An image (a plane a band) by itself.
    #[must_use]
    pub fn of_image(image: &[Plane<f32>], stretch: &Stretch) -> Self {
        let (width, height) = image.first().map_or((0, 0), |plane| (plane.width, plane.height));
        let rgb = (0..width * height).flat_map(|i| stretch.color(image, i)).collect();
        Self { width, height, rgb }
    }

    /// A sheet's cells (one image a code, a plane a band) with its labels.
    ///
    /// # Panics
    /// Where there are fewer images than cells: a programming error.
    #[must_use]
    pub fn of_sheet(sheet: &Sheet, images: &[Vec<Plane<f32>>], stretch: &Stretch) -> Self {
        let (cell_x, cell_y) = images.first().map_or((0, 0), |image| (image[0].width, image[0].height));
        let widest = sheet.row_labels.iter().map(|label| glyphs::width(label)).max().unwrap_or(0);
        let left = widest + 2 * GAP;
        let top = if sheet.column_labels.is_empty() { GAP } else { GLYPH_PX.1 + 2 * GAP };
        let (width, height) = (left + sheet.columns * (cell_x + GAP), top + sheet.rows * (cell_y + GAP));
        let mut picture = Self { width, height, rgb: vec![GROUND; 3 * width * height] };
        for (cell, image) in images.iter().enumerate().take(sheet.columns * sheet.rows) {
            let (x, y) =
                (left + cell % sheet.columns * (cell_x + GAP), top + cell / sheet.columns * (cell_y + GAP));
            for i in 0..cell_x * cell_y {
                picture.set(x + i % cell_x, y + i / cell_x, stretch.color(image, i));
            }
        }
        for (column, label) in sheet.column_labels.iter().enumerate() {
            picture.write(label, left + column * (cell_x + GAP), GAP, cell_x);
        }
        for (row, label) in sheet.row_labels.iter().enumerate() {
            picture.write(label, GAP, top + row * (cell_y + GAP), left);
        }
        picture
    }

    fn set(&mut self, x: usize, y: usize, color: [u8; 3]) {
        if x < self.width && y < self.height {
            self.rgb[3 * (y * self.width + x)..][..3].copy_from_slice(&color);
        }
    }

    /// Writes a label from its left upper corner, no wider than `room`.
    fn write(&mut self, label: &str, x: usize, y: usize, room: usize) {
        glyphs::draw(label, |dx, dy| {
            if dx < room {
                self.set(x + dx, y + dy, [INK; 3]);
            }
        });
    }

    /// The picture as a PNG; equal pictures are equal bytes.
    ///
    /// # Errors
    /// Where the encoder refuses its size, as for a sheet without a cell.
    pub fn png(&self) -> std::io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        let mut encoder = png::Encoder::new(&mut bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()?;
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latents::Axes;

    fn image(value: f32) -> Vec<Plane<f32>> {
        vec![Plane::filled(40, 30, value); 3]
    }

    #[test]
    fn cells_share_one_stretch_and_stand_in_their_places() {
        let bands = [Band::B02, Band::B03, Band::B04];
        let images: Vec<_> = [0.0, 0.1, 0.2, 0.4].map(image).into();
        let stretch = Stretch::of(&images, &bands);
        assert_eq!((stretch.channels, stretch.lo, stretch.hi), ([2, 1, 0], [0.0; 3], [0.4; 3]));
        let sheet = Sheet::of(Axes::Raw(0, 1), &[0.0; 2], &[], 0, (2, 2)).expect("both axes are there");
        let picture = Picture::of_sheet(&sheet, &images, &stretch);
        let (left, top) = (picture.width - 2 * (40 + GAP), picture.height - 2 * (30 + GAP));
        let at = |x: usize, y: usize| picture.rgb[3 * (y * picture.width + x)];
        assert_eq!(
            [at(left, top), at(left + 42, top), at(left, top + 32), at(left + 42, top + 32)],
            [0, 64, 128, 255]
        );
        assert!(picture.rgb.chunks(3 * picture.width).take(top).flatten().any(|&byte| byte == INK), "labels");
        assert_eq!(picture.png().expect("encoded"), picture.png().expect("encoded"));
    }
}
