//! A cloud and the ground below it, told apart by the model: the cloud moved, thickened and taken away over the same
//! ground.

use burn::tensor::Device;
use serde::{Deserialize, Serialize};

use super::cloud::{Cloud, cloud_of, intersection_over_union, render};
use super::subject::{Held, Subject};
use crate::evaluation::honesty::place::{CHANGED, change};
use crate::networks::Model;
use crate::raster::{Plane, Window};

/// Side of a cell of a cloud's maps in pixels.
pub const MAP_CELL_PX: usize = 8;
/// How thick a cloud can be made, in parts of what was found.
pub const THICKNESS: std::ops::RangeInclusive<f32> = 0.0..=3.0;

/// What is done to a cloud.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CloudChange {
    /// Cells of 8 pixels to the right; negative to the left.
    pub right: i32,
    /// Cells of 8 pixels down; negative up.
    pub down: i32,
    /// Factor of opacity and shadow, in [`THICKNESS`]; 0 takes the cloud away.
    pub thickness: f32,
}

impl Default for CloudChange {
    /// The cloud as it was found.
    fn default() -> Self {
        Self { right: 0, down: 0, thickness: 1.0 }
    }
}

/// What is shown of a [`Subject`]: its cloud as `E_cloud` finds it, and the ground that clouds are put over.
pub struct Sky<'m> {
    model: &'m Model,
    device: Device,
    cloud: Cloud,
    /// Reflectance, a plane a band, with a value everywhere.
    ground: Vec<Plane<f32>>,
    /// Whether a pixel was measured, a plane a band.
    measured: Vec<Plane<bool>>,
}

impl<'m> Sky<'m> {
    /// The cloud of a subject over the surface that a land code makes below it: the way from cloudy to clear and back.
    /// `None` for a preset whose cloud code is no map.
    #[must_use]
    pub fn of(
        subject: &Subject,
        held: &Held<'_>,
        code: &[f32],
        model: &'m Model,
        device: &Device,
    ) -> Option<Self> {
        let inner = subject.inner();
        let shown = |planes: &[Plane<f32>]| planes.iter().map(|plane| plane.crop(inner)).collect::<Vec<_>>();
        let (cloudy, fill) = (shown(&subject.cloudy), shown(&subject.context));
        let measured: Vec<_> = cloudy.iter().map(|plane| plane.map(f32::is_finite)).collect();
        let surface = held.images(&[code.to_vec()]).remove(0);
        let cloudy = instead(cloudy, &measured, &fill);
        let ground = instead(surface, &measured, &fill);
        let cloud = cloud_of(model, &cloudy, &ground, device)?;
        Some(Self { model, device: device.clone(), cloud, ground, measured })
    }

    /// The same cloud over other ground, such as a clear date (a plane a band in reflectance, of the same size); where
    /// that was not measured (NaN) the surface stays.
    ///
    /// # Panics
    /// When sizes differ: a programming error.
    #[must_use]
    pub fn over(self, ground: Vec<Plane<f32>>) -> Self {
        let known: Vec<_> = ground.iter().map(|plane| plane.map(f32::is_finite)).collect();
        assert!(ground.len() == self.ground.len(), "a plane for each band");
        Self { ground: instead(ground, &known, &self.ground), ..self }
    }

    /// What `E_cloud` found.
    #[must_use]
    pub fn cloud(&self) -> &Cloud {
        &self.cloud
    }

    /// The changed cloud over the ground, in reflectance, a plane a band; NaN where nothing was measured.
    #[must_use]
    pub fn image(&self, changed: CloudChange) -> Vec<Plane<f32>> {
        let mut image = self.rendered(changed);
        for (plane, measured) in image.iter_mut().zip(&self.measured) {
            for (value, _) in plane.data.iter_mut().zip(&measured.data).filter(|(_, known)| !**known) {
                *value = f32::NAN;
            }
        }
        image
    }

    /// How well a rendered cloud follows its map: intersection over union of where the moved cloud is seen and where
    /// the unmoved one (as thick) is seen, moved by as much, over the pixels that both places have. Seen is what
    /// changes the ground by more than [`CHANGED`]. None where neither is seen, or moved out of the image.
    #[must_use]
    pub fn follows(&self, changed: CloudChange) -> Option<f64> {
        let still = self.seen(CloudChange { right: 0, down: 0, ..changed });
        let moved = self.seen(changed);
        let (from, to) = overlap((still.width, still.height), changed)?;
        let (still, moved) = (still.crop(from), moved.crop(to));
        let any = still.data.iter().chain(&moved.data).any(|&seen| seen);
        any.then(|| intersection_over_union(&still, &moved))
    }

    fn rendered(&self, changed: CloudChange) -> Vec<Plane<f32>> {
        let cloud = self.cloud.moved(changed.right as isize, changed.down as isize);
        let cloud = cloud.thickened(changed.thickness);
        // The preset was checked when the cloud was found.
        render(self.model, &self.ground, &cloud, &self.device).unwrap_or_else(|| self.ground.clone())
    }

    /// Where a rendered cloud is seen.
    fn seen(&self, changed: CloudChange) -> Plane<bool> {
        change(&self.ground, &self.rendered(changed)).map(|change| change > CHANGED)
    }
}

/// Planes with those of `other` where a pixel is not known.
fn instead(mut planes: Vec<Plane<f32>>, known: &[Plane<bool>], other: &[Plane<f32>]) -> Vec<Plane<f32>> {
    for ((plane, known), other) in planes.iter_mut().zip(known).zip(other) {
        for ((value, &known), &other) in plane.data.iter_mut().zip(&known.data).zip(&other.data) {
            if !known {
                *value = other;
            }
        }
    }
    planes
}

/// The part of an image that is still inside it after a move, before and after; none where nothing is.
fn overlap((width, height): (usize, usize), changed: CloudChange) -> Option<(Window, Window)> {
    let axis = |cells: i32, size: usize| {
        let shift = cells.unsigned_abs() as usize * MAP_CELL_PX;
        let left = size.checked_sub(shift).filter(|left| *left > 0)?;
        Some(if cells >= 0 { (0, shift, left) } else { (shift, 0, left) })
    };
    let (x, x_moved, width) = axis(changed.right, width)?;
    let (y, y_moved, height) = axis(changed.down, height)?;
    Some((Window::new(x, y, width, height), Window::new(x_moved, y_moved, width, height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_after_a_move_lies_at_opposite_edges() {
        let change = |right, down| CloudChange { right, down, thickness: 1.0 };
        let (from, to) = overlap((40, 24), change(2, -1)).expect("a part is left");
        assert_eq!((from, to), (Window::new(0, 8, 24, 16), Window::new(16, 0, 24, 16)));
        assert!(overlap((40, 24), change(5, 0)).is_none() && overlap((40, 24), change(0, -3)).is_none());
        let whole = Window::new(0, 0, 40, 24);
        assert_eq!(overlap((40, 24), change(0, 0)), Some((whole, whole)));
    }
}
