//! Planes of an image into tensors, and back.

use burn::tensor::{Device, Tensor, TensorData};

use super::Encoding;
use crate::raster::Plane;

/// Planes as `[1, C, H, W]` of what `encode` makes of band and value, with H and W filled up to multiples of 8 by the edge pixel.
pub(crate) fn planes(
    planes: &[Plane<f32>],
    device: &Device,
    encode: impl Fn(usize, f32) -> f32,
) -> Tensor<4> {
    let (width, height) = planes.first().map_or((0, 0), |plane| (plane.width, plane.height));
    let (wide, high) = (width.next_multiple_of(8), height.next_multiple_of(8));
    let mut values = Vec::with_capacity(planes.len() * wide * high);
    for (band, plane) in planes.iter().enumerate() {
        for y in 0..high {
            let row = plane.row(y.min(height - 1));
            values.extend(row.iter().map(|&value| encode(band, value)));
            let last = values.last().copied().unwrap_or_default();
            values.extend(std::iter::repeat_n(last, wide - width));
        }
    }
    Tensor::from_data(TensorData::new(values, [1, planes.len(), high, wide]), device)
}

/// `[1, C, H, W]` as planes of a size, the rows and columns that were filled up cut off.
pub(super) fn cut(
    image: Tensor<4>,
    size: (usize, usize),
    decode: impl Fn(usize, f32) -> f32,
) -> Vec<Plane<f32>> {
    each(image, size, decode).remove(0)
}

/// Images `[N, C, H, W]` in network range as reflectance: the first `(width, height)` pixels of each, a plane a
/// band.
pub(crate) fn read(images: Tensor<4>, encoding: &Encoding, size: (usize, usize)) -> Vec<Vec<Plane<f32>>> {
    each(images, size, |band, value| encoding.decode(band, value))
}

/// Images `[N, C, H, W]` as planes of a size, an image after another.
fn each(
    images: Tensor<4>,
    (width, height): (usize, usize),
    decode: impl Fn(usize, f32) -> f32,
) -> Vec<Vec<Plane<f32>>> {
    let [count, bands, high, wide] = images.dims();
    let values: Vec<f32> = images.into_data().try_to_vec().unwrap_or_default();
    let plane = |image: usize, band: usize| {
        let at = (image * bands + band) * high * wide;
        let rows = values[at..at + high * wide].chunks_exact(wide).take(height).flat_map(|row| &row[..width]);
        Plane::from_vec(width, height, rows.map(|&value| decode(band, value)).collect())
    };
    (0..count).map(|image| (0..bands).map(|band| plane(image, band)).collect()).collect()
}
