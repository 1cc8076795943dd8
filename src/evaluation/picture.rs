//! Small pictures of images, all in one stretch, so that they can be laid beside each other.

use crate::bands::Band;
use crate::mask::{CLEAR, CLOUD, INVALID};
use crate::raster::Plane;

/// Reflectance that is shown as white, in every picture alike.
pub const WHITE: f32 = 0.35;
/// Exponent of the display.
const GAMMA: f32 = 1.0 / 1.6;
/// Absolute error, reflectance, at the bright end of the scale.
pub const WORST_ERROR: f32 = 0.1;
/// Outline of cloud.
pub const CLOUD_RGB: [u8; 3] = [255, 80, 80];
/// Outline of shadow.
pub const SHADOW_RGB: [u8; 3] = [96, 150, 255];
/// Colours of errors from 0 to [`WORST_ERROR`], evenly spaced (matplotlib's inferno at five places).
const ERROR_RGB: [[f32; 3]; 5] =
    [[0.0, 0.0, 4.0], [87.0, 16.0, 110.0], [188.0, 55.0, 84.0], [249.0, 142.0, 9.0], [252.0, 255.0, 164.0]];

/// A picture, 8 bits a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Red, green, blue of each pixel, row by row.
    pub rgb: Vec<u8>,
}

impl Picture {
    /// An image (reflectance, a plane a band) in true colour, or its first three bands where it has none. Pixels
    /// are averaged in squares so that no side is longer than `side_px`. What is not measured is black.
    #[must_use]
    pub fn of(bands: &[Band], planes: &[Plane<f32>], side_px: usize) -> Self {
        let channels = shown(bands).map(|band| planes.get(band).map(|plane| reduced(plane, side_px)));
        let (width, height) = channels[0].as_ref().map_or((0, 0), |plane| (plane.width, plane.height));
        let mut rgb = vec![0; 3 * width * height];
        for (channel, plane) in channels.iter().enumerate() {
            for (i, &value) in plane.iter().flat_map(|plane| plane.data.iter().enumerate()) {
                // NaN becomes 0.
                rgb[3 * i + channel] = (255.0 * (value / WHITE).clamp(0.0, 1.0).powf(GAMMA)).round() as u8;
            }
        }
        Self { width, height, rgb }
    }

    /// The absolute error of an image, a mean over bands, from black (0) to pale yellow ([`WORST_ERROR`] and
    /// more).
    #[must_use]
    pub fn of_error(image: &[Plane<f32>], truth: &[Plane<f32>], side_px: usize) -> Self {
        let Some(first) = image.first() else { return Self { width: 0, height: 0, rgb: Vec::new() } };
        let mut sums = Plane::filled(first.width, first.height, 0.0_f32);
        for (image, truth) in image.iter().zip(truth) {
            for ((sum, a), b) in sums.data.iter_mut().zip(&image.data).zip(&truth.data) {
                *sum += (a.clamp(0.0, 1.0) - b.clamp(0.0, 1.0)).abs();
            }
        }
        let count = image.len().min(truth.len()).max(1) as f32;
        let mean = reduced(&sums.map(|sum| sum / count), side_px);
        let rgb = mean.data.iter().flat_map(|&error| error_rgb(error)).collect();
        Self { width: mean.width, height: mean.height, rgb }
    }

    /// Draws the outline of cloud and shadow of a mask on the image's full grid.
    #[must_use]
    pub fn outlined(mut self, codes: &Plane<u8>) -> Self {
        let factor = codes.width.div_ceil(self.width.max(1)).max(1);
        let at = |x: usize, y: usize| {
            let middle = |i: usize, end: usize| (i * factor + factor / 2).min(end.saturating_sub(1));
            match codes.get(middle(x, codes.width), middle(y, codes.height)) {
                INVALID => CLEAR,
                code => code,
            }
        };
        let mut rgb = self.rgb.clone();
        for y in 0..self.height {
            for x in 0..self.width {
                let own = at(x, y);
                let differs =
                    |nx: usize, ny: usize| nx < self.width && ny < self.height && at(nx, ny) == CLEAR;
                let edge = differs(x.wrapping_sub(1), y)
                    || differs(x + 1, y)
                    || differs(x, y.wrapping_sub(1))
                    || differs(x, y + 1);
                if own != CLEAR && edge {
                    let color = if own == CLOUD { CLOUD_RGB } else { SHADOW_RGB };
                    rgb[3 * (y * self.width + x)..][..3].copy_from_slice(&color);
                }
            }
        }
        self.rgb = rgb;
        self
    }

    /// The picture as a PNG file.
    #[must_use]
    pub fn png(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        // Writing to memory fails only for a picture without pixels, which is then no file.
        if self.encode(&mut bytes).is_err() {
            bytes.clear();
        }
        bytes
    }

    fn encode(&self, bytes: &mut Vec<u8>) -> Result<(), png::EncodingError> {
        let mut encoder = png::Encoder::new(bytes, self.width as u32, self.height as u32);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header()?;
        writer.write_image_data(&self.rgb)?;
        writer.finish()
    }
}

/// Channels shown as red, green and blue.
fn shown(bands: &[Band]) -> [usize; 3] {
    let place = |band| bands.iter().position(|&known| known == band);
    match (place(Band::B04), place(Band::B03), place(Band::B02)) {
        (Some(red), Some(green), Some(blue)) => [red, green, blue],
        _ => [0, 1, 2].map(|channel| channel.min(bands.len().saturating_sub(1))),
    }
}

/// Means over squares of pixels, so that no side is longer than `side_px`; NaN where nothing was measured.
fn reduced(plane: &Plane<f32>, side_px: usize) -> Plane<f32> {
    let factor = plane.width.max(plane.height).div_ceil(side_px.max(1)).max(1);
    let (width, height) = (plane.width.div_ceil(factor), plane.height.div_ceil(factor));
    let mut data = Vec::with_capacity(width * height);
    for y in 0..height {
        for x in 0..width {
            let (mut sum, mut count) = (0.0, 0.0_f32);
            for row in y * factor..((y + 1) * factor).min(plane.height) {
                let end = ((x + 1) * factor).min(plane.width);
                for &value in plane.row(row)[x * factor..end].iter().filter(|value| !value.is_nan()) {
                    sum += value;
                    count += 1.0;
                }
            }
            data.push(sum / count);
        }
    }
    Plane::from_vec(width, height, data)
}

/// The colour of an error; what is not measured is grey.
#[must_use]
pub fn error_rgb(error: f32) -> [u8; 3] {
    if error.is_nan() {
        return [60; 3];
    }
    let place = (error / WORST_ERROR).clamp(0.0, 1.0) * (ERROR_RGB.len() - 1) as f32;
    let below = (place as usize).min(ERROR_RGB.len() - 2);
    let part = place - below as f32;
    [0, 1, 2].map(|channel| {
        let (a, b) = (ERROR_RGB[below][channel], ERROR_RGB[below + 1][channel]);
        (a + part * (b - a)).round() as u8
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const BANDS: [Band; 3] = [Band::B02, Band::B03, Band::B04];

    #[test]
    fn colours_are_true_and_squares_are_averaged_without_what_is_missing() {
        let mut red = Plane::filled(4, 2, WHITE);
        red.data[0] = f32::NAN;
        let planes = [Plane::filled(4, 2, 0.0), Plane::filled(4, 2, f32::NAN), red];
        let whole = Picture::of(&BANDS, &planes, 4);
        assert_eq!((whole.width, whole.height), (4, 2));
        assert_eq!((&whole.rgb[..3], &whole.rgb[3..6]), (&[0, 0, 0][..], &[255, 0, 0][..]));
        let half = Picture::of(&BANDS, &planes, 2);
        assert_eq!((half.width, half.height), (2, 1));
        assert_eq!(&half.rgb[..3], [255, 0, 0], "the mean of what was measured");
    }

    #[test]
    fn an_error_is_a_mean_over_bands_on_one_scale() {
        let planes = |value: f32| vec![Plane::filled(2, 2, value), Plane::filled(2, 2, 0.2)];
        let none = Picture::of_error(&planes(0.2), &planes(0.2), 8);
        assert_eq!(&none.rgb[..3], error_rgb(0.0));
        let some = Picture::of_error(&planes(0.3), &planes(0.2), 8);
        assert_eq!(&some.rgb[..3], error_rgb(0.05));
        assert_eq!(error_rgb(7.0), error_rgb(WORST_ERROR));
        assert_ne!(error_rgb(f32::NAN), error_rgb(0.0));
    }

    #[test]
    fn cloud_and_shadow_are_outlined_inside_and_the_rest_stays() {
        let mut codes = Plane::filled(8, 8, CLEAR);
        for y in 2..6 {
            for x in 2..6 {
                codes.data[8 * y + x] = CLOUD;
            }
        }
        let planes = vec![Plane::filled(8, 8, 0.0); 3];
        let picture = Picture::of(&BANDS, &planes, 8).outlined(&codes);
        let at = |x: usize, y: usize| &picture.rgb[3 * (8 * y + x)..][..3];
        assert_eq!((at(2, 2), at(3, 3), at(1, 2)), (&CLOUD_RGB[..], &[0, 0, 0][..], &[0, 0, 0][..]));
        assert_eq!(at(5, 4), CLOUD_RGB);
    }

    #[test]
    fn a_picture_is_a_png_of_its_size() {
        let picture = Picture { width: 3, height: 2, rgb: (0..18).collect() };
        let bytes = picture.png();
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().expect("a picture");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("pixels");
        assert_eq!(pixels, picture.rgb);
    }
}
