//! Surfaces one after the other: an animation that goes through some codes and back, for ever.

use std::borrow::Cow;
use std::ops::RangeInclusive;

use gif::{Encoder, EncodingError, Frame, Repeat};

use super::palette::Palette;
use super::{Error, Picture, Result, Stretch, Subject, interpolated};
use crate::bands::Band;
use crate::raster::Plane;

/// Frames a second. Delays of a GIF are hundredths of a second, and viewers slow down delays of less than two.
pub const FPS: RangeInclusive<u16> = 1..=50;
/// Steps from one code to the next.
pub const STEPS: RangeInclusive<u16> = 1..=240;
/// Pixels of all frames on the way there: 768 MB of three bands in memory.
const MOST_PX: usize = 64 << 20;

/// How an animation goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// Steps from one code to the next, within [`STEPS`].
    pub steps: u16,
    /// Frames a second, within [`FPS`], to the nearest hundredth of a second a frame.
    pub fps: u16,
}

impl Default for Pace {
    fn default() -> Self {
        Self { steps: 24, fps: 12 }
    }
}

impl Pace {
    /// How long a frame stays, in hundredths of a second.
    #[must_use]
    pub fn delay_cs(self) -> u16 {
        (100.0 / f32::from(self.fps.max(1))).round() as u16
    }

    /// The codes from the first to the last of some, along the arcs between them: `steps` steps for each.
    #[must_use]
    pub fn through(self, codes: &[Vec<f32>]) -> Vec<Vec<f32>> {
        let legs = codes.windows(2).flat_map(|pair| {
            let share = move |step: u16| f32::from(step) / f32::from(self.steps);
            (0..self.steps).map(move |step| interpolated(&pair[0], &pair[1], share(step)))
        });
        legs.chain(codes.last().cloned()).collect()
    }

    /// Refuses a pace out of range, and `frames` frames of `pixels` pixels that memory would not hold.
    ///
    /// # Errors
    /// [`Error::Option`].
    pub fn check(self, frames: usize, pixels: usize) -> Result<()> {
        let fail = |option, problem| Err(Error::Option { option, problem });
        if !FPS.contains(&self.fps) {
            return fail("--fps", format!("{}; expected {} to {}", self.fps, FPS.start(), FPS.end()));
        }
        if !STEPS.contains(&self.steps) {
            return fail("--steps", format!("{}; expected {} to {}", self.steps, STEPS.start(), STEPS.end()));
        }
        if frames.saturating_mul(pixels) > MOST_PX {
            let most = MOST_PX / pixels.max(1);
            let problem = format!(
                "{frames} frames of {pixels} pixels; expected at most {most}: take fewer steps, or a smaller part"
            );
            return fail("--steps", problem);
        }
        Ok(())
    }
}

/// The frames of an animation on the way there, as they are made.
#[derive(Debug, Clone, Default)]
pub struct Film {
    channels: [usize; 3],
    /// Red, green and blue in reflectance.
    frames: Vec<Vec<Plane<f32>>>,
}

impl Film {
    /// A film of images of some bands, in true colour where they have it.
    #[must_use]
    pub fn new(bands: &[Band]) -> Self {
        Self { channels: Stretch::shown(bands), frames: Vec::new() }
    }

    /// Takes the next images (a plane a band each) of a subject in.
    pub fn add(&mut self, subject: &Subject, images: &[Vec<Plane<f32>>]) {
        self.frames.extend(images.iter().map(|image| {
            let shown = |channel: usize| subject.measured(channel, image[channel].clone());
            self.channels.map(shown).into()
        }));
    }

    /// Frames on the way there.
    #[must_use]
    pub fn len(&self) -> usize {
        self.frames.len()
    }

    /// Whether nothing was taken in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The stretch that all frames share, its channels those of the images that were taken in.
    #[must_use]
    pub fn stretch(&self) -> Stretch {
        Stretch { channels: self.channels, ..Stretch::over(&self.frames, [0, 1, 2]) }
    }

    /// The animation: there and back without stopping at either end, repeated for ever. Equal frames at an equal
    /// pace are equal bytes.
    ///
    /// # Errors
    /// Where the encoder refuses the frames' size (none, or over 65535 pixels a side).
    pub fn gif(&self, pace: Pace) -> std::io::Result<Vec<u8>> {
        let stretch = Stretch { channels: [0, 1, 2], ..self.stretch() };
        let pictures: Vec<_> = self.frames.iter().map(|frame| Picture::of_image(frame, &stretch)).collect();
        let palette = Palette::of(pictures.iter().map(|picture| picture.rgb.as_slice()));
        let size = |side: usize| u16::try_from(side).map_err(std::io::Error::other);
        let first = pictures.first().ok_or_else(|| std::io::Error::other("an animation without a frame"))?;
        let (width, height) = (first.width, first.height);
        let (width, height) = (size(width)?, size(height)?);
        let frame = |picture: &Picture| {
            let buffer = Cow::Owned(palette.entries(&picture.rgb));
            let mut frame = Frame { width, height, delay: pace.delay_cs(), buffer, ..Frame::default() };
            // Packed once, though it is shown twice.
            frame.make_lzw_pre_encoded();
            frame
        };
        let frames: Vec<_> = pictures.iter().map(frame).collect();
        let mut bytes = Vec::new();
        let mut write = || -> std::result::Result<(), EncodingError> {
            let mut encoder = Encoder::new(&mut bytes, width, height, &palette.rgb)?;
            encoder.set_repeat(Repeat::Infinite)?;
            for at in there_and_back(frames.len()) {
                encoder.write_lzw_pre_encoded_frame(&frames[at])?;
            }
            encoder.into_inner().map(drop)
        };
        write().map_err(std::io::Error::other)?;
        Ok(bytes)
    }
}

/// Numbers of frames from the first to the last and back, neither of both twice.
fn there_and_back(count: usize) -> impl Iterator<Item = usize> {
    (0..count).chain((1..count.saturating_sub(1)).rev())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_begins_and_ends_at_its_codes_and_passes_those_between() {
        let codes = [vec![0.0, 1.0], vec![1.0, 0.0], vec![2.0, 0.0]];
        let path = Pace { steps: 4, fps: 10 }.through(&codes);
        assert_eq!(path.len(), 9);
        assert_eq!((&path[0], &path[4], &path[8]), (&codes[0], &codes[1], &codes[2]));
        assert_eq!(path[2], interpolated(&codes[0], &codes[1], 0.5));
        assert_eq!(Pace::default().through(&codes[..1]), codes[..1]);
    }

    #[test]
    fn the_way_back_repeats_neither_end() {
        assert_eq!(there_and_back(4).collect::<Vec<_>>(), [0, 1, 2, 3, 2, 1]);
        assert_eq!(there_and_back(2).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(there_and_back(1).collect::<Vec<_>>(), [0]);
        assert_eq!(there_and_back(0).count(), 0);
    }

    #[test]
    fn what_cannot_be_shown_or_held_is_refused_by_the_option_at_fault() {
        let pace = Pace::default();
        assert!(pace.check(25, 1 << 20).is_ok());
        for (pace, frames, option) in [
            (Pace { fps: 60, ..pace }, 2, "--fps"),
            (Pace { steps: 0, ..pace }, 2, "--steps"),
            (pace, 999, "--steps"),
        ] {
            let words = pace.check(frames, 1 << 20).expect_err("refused").to_string();
            assert!(words.starts_with(option), "{words}");
        }
        assert_eq!((pace.delay_cs(), Pace { fps: 50, ..pace }.delay_cs()), (8, 2));
    }

    /// Frames of a GIF, three bytes a pixel.
    fn decoded(bytes: &[u8]) -> (Repeat, Vec<(u16, Vec<u8>)>) {
        let mut options = gif::DecodeOptions::new();
        options.set_color_output(gif::ColorOutput::RGBA);
        let mut decoder = options.read_info(bytes).expect("a GIF");
        let mut frames = Vec::new();
        while let Some(frame) = decoder.read_next_frame().expect("a frame") {
            let rgb = frame.buffer.chunks_exact(4).flat_map(|pixel| pixel[..3].to_vec()).collect();
            frames.push((frame.delay, rgb));
        }
        (decoder.repeat(), frames)
    }

    #[test]
    fn frames_share_a_stretch_and_what_does_not_change_stays_still() {
        let bands = [Band::B02, Band::B03, Band::B04];
        let subject = Subject::of_planes(
            &bands,
            vec![Plane::filled(20, 10, 0.1); 3],
            vec![Plane::filled(20, 10, 0.1); 3],
            Plane::filled(20, 10, 255),
        );
        let image = |value: f32| {
            let mut plane = Plane::filled(20, 10, 0.2);
            plane.row_mut(3).fill(value);
            vec![plane; 3]
        };
        let mut film = Film::new(&bands);
        film.add(&subject, &[0.0, 0.1, 0.4].map(image));
        let bytes = film.gif(Pace { steps: 1, fps: 10 }).expect("encoded");
        let (repeat, frames) = decoded(&bytes);
        assert_eq!((repeat, frames.len()), (Repeat::Infinite, 4));
        let stretch = film.stretch();
        let light = |value: f32| {
            (255.0 * ((value - stretch.lo[0]) / (stretch.hi[0] - stretch.lo[0])).clamp(0.0, 1.0)).round()
                as u8
        };
        for ((delay, rgb), value) in frames.iter().zip([0.0, 0.1, 0.4, 0.1]) {
            assert_eq!(*delay, 10);
            assert_eq!((rgb[0], rgb[3 * 20 * 3]), (light(0.2), light(value)));
        }
        assert_eq!(bytes, film.gif(Pace { steps: 1, fps: 10 }).expect("encoded"));
        assert!(Film::new(&bands).gif(Pace::default()).is_err(), "no frame is no animation");
    }
}
