//! A cloudy image made ready to lend its cloud, and the image that borrows it.

use super::spectrum::Thick;
use super::{Optics, Placing, Turn, opacity, shade};
use crate::bands::{Band, Level};
use crate::mask::{self, CLEAR, CLOUD, DEFAULT_FEATHER_PX, INVALID, Mask, SHADOW};
use crate::random::Stream;
use crate::raster::{Plane, Window};
use crate::simulate::Ground;

/// Draws of a place before one with too little or too much cloud is taken.
const DRAWS: usize = 8;
/// The cover (cloud and shadow) that is looked for.
const WANTED_COVER: std::ops::RangeInclusive<f64> = 0.05..=0.95;

/// What a donor is made of.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// The bands, in the order of the planes.
    pub bands: &'a [Band],
    /// Reflectance of the cloudy image, a plane a band on one grid; NaN where nothing was measured.
    pub cloudy: &'a [Plane<f32>],
    /// The estimated ground under it in the same bands, never NaN.
    pub ground: &'a [Plane<f32>],
    /// The image's mask: codes of [`crate::mask`].
    pub codes: &'a Plane<u8>,
    /// Level of the pixels: an L2A ground has no air above it. Unknown counts as L1C.
    pub level: Option<Level>,
    /// How far outside the mask cloud and shadow fade to nothing, in pixels.
    pub fade_px: u32,
}

/// The opacity, shadow and light of one real cloudy image.
///
/// It keeps 16 bytes a pixel and band: 13 MiB for 256 × 256 pixels and 13 bands.
#[derive(Debug, Clone)]
pub struct Donor {
    bands: Vec<Band>,
    air: Vec<f32>,
    /// [`CLOUD`] where the mask says so, else [`SHADOW`] where shadow was found, else [`CLEAR`].
    codes: Plane<u8>,
    /// Visible excess, faded.
    excess: Plane<f32>,
    fade_px: u32,
    /// How far each pixel is touched, in 255ths: 0 for not at all.
    fade: Plane<u8>,
    /// One list a band, row by row; empty for radar.
    effects: Vec<Vec<Effect>>,
    spectrum: &'static str,
}

/// What happens to a pixel of the ground: `own·x_s + mean·x̄ + light`, where `x_s` is x in shadow.
#[derive(Debug, Clone, Copy)]
struct Effect {
    /// Part of the ground's light that reaches the pixel: the rest is shadow.
    sunlit: f32,
    own: f32,
    mean: f32,
    light: f32,
}

/// A clear image under a donor's cloud.
#[derive(Debug, Clone, PartialEq)]
pub struct Transplanted {
    /// Reflectance, a plane a band in the donor's order. A pixel farther than the fade from every cloud
    /// and shadow of `codes` is the clear image's, bit for bit.
    pub planes: Vec<Plane<f32>>,
    /// What was put there: cloud, shadow or clear; [`INVALID`] where the clear image lacks a value,
    /// and there nothing is touched.
    pub codes: Plane<u8>,
    /// How far each pixel has moved from the ground's brightness to the cloud's in the visible, 0..1.
    pub excess: Plane<f32>,
}

impl Donor {
    /// The cloud of an L1C image over its estimated ground, faded over [`DEFAULT_FEATHER_PX`] outside
    /// the mask; see [`Source`] and [`Donor::from_source`].
    #[must_use]
    pub fn new(
        bands: &[Band],
        cloudy: &[Plane<f32>],
        ground: &[Plane<f32>],
        codes: &Plane<u8>,
    ) -> Option<Self> {
        let level = Some(Level::L1C);
        Self::from_source(&Source { bands, cloudy, ground, codes, level, fade_px: DEFAULT_FEATHER_PX })
    }

    /// Takes the cloud off an image. None where its mask has no cloud pixel that was measured in every
    /// band, or no visible band tells how opaque the cloud is.
    ///
    /// # Panics
    /// When numbers of planes and bands or sizes differ: a programming error, never a user's.
    #[must_use]
    pub fn from_source(source: &Source<'_>) -> Option<Self> {
        let &Source { bands, cloudy, ground, codes, level, fade_px } = source;
        check(source);
        let thick = Thick::of(bands, cloudy, ground, codes)?;
        let optics: Vec<_> = bands.iter().map(|&band| Optics::of(band, thick.ice, level)).collect();
        let fade = |kind: &dyn Fn(usize) -> bool| fades(codes, kind, fade_px);
        let by_cloud = fade(&|i| codes.data[i] == CLOUD);
        let clear: Vec<usize> =
            (0..codes.data.len()).filter(|&i| codes.data[i] == CLEAR && by_cloud[i] == 0.0).collect();
        let detail = opacity::detail(cloudy, ground, &optics, &clear);
        let excess = opacity::visible_excess(bands, cloudy, ground, &thick, &detail);
        let dark = shade::dark(bands, cloudy, ground, &optics, codes, &excess);
        let by_shadow = fade(&|i| dark[i]);
        let effects = (0..bands.len())
            .map(|b| {
                let Some(optics) = &optics[b] else { return Vec::new() };
                let sunlit = shade::ratio(&cloudy[b], &ground[b], optics, &excess);
                let one = |i: usize| {
                    let (x, g) = (cloudy[b].data[i], ground[b].data[i]);
                    let cloud = optics.cloud(excess.data[i], x, g, thick.reflectance[b], detail[b]);
                    Effect::faded(cloud, by_cloud[i], sunlit.data[i], by_shadow[i])
                };
                (0..codes.data.len()).map(one).collect()
            })
            .collect();
        let measured = |i: usize| codes.data[i] != INVALID && cloudy.iter().all(|x| !x.data[i].is_nan());
        let fade = (0..codes.data.len())
            .map(|i| if measured(i) { (255.0 * by_cloud[i].max(by_shadow[i])).round() as u8 } else { 0 });
        let faded = excess.data.iter().zip(&by_cloud).map(|(e, weight)| e * weight);
        Some(Self {
            bands: bands.to_vec(),
            air: optics.iter().map(|optics| optics.map_or(0.0, |optics| optics.air)).collect(),
            codes: coded(codes, &dark),
            excess: Plane::from_vec(codes.width, codes.height, faded.collect()),
            fade_px,
            fade: Plane::from_vec(codes.width, codes.height, fade.collect()),
            effects,
            spectrum: thick.source,
        })
    }

    /// The bands it was made of, which those of a clear image must be.
    #[must_use]
    pub fn bands(&self) -> &[Band] {
        &self.bands
    }

    /// Width and height in pixels.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        (self.codes.width, self.codes.height)
    }

    /// Its own codes: [`CLOUD`], [`SHADOW`] or [`CLEAR`].
    #[must_use]
    pub fn codes(&self) -> &Plane<u8> {
        &self.codes
    }

    /// Its visible excess, 0..1.
    #[must_use]
    pub fn excess(&self) -> &Plane<f32> {
        &self.excess
    }

    /// Where its thick cloud's spectrum comes from.
    #[must_use]
    pub fn spectrum(&self) -> &'static str {
        self.spectrum
    }

    /// Draws a place over an image of `image` pixels (width, height) in which 5 to 95 % of the image are
    /// under cloud or shadow; the last of a few draws where none is.
    #[must_use]
    pub fn draw(&self, stream: &mut Stream, image: (usize, usize)) -> Placing {
        let cover = |placing: &Placing| {
            let sources = placing.sources(self.size(), image);
            let covered = sources.iter().filter(|&&i| self.codes.data[i] != CLEAR).count();
            covered as f64 / sources.len().max(1) as f64
        };
        let mut placing = Placing::default();
        for _ in 0..DRAWS {
            placing = Placing::draw(stream, self.size(), image);
            if WANTED_COVER.contains(&cover(&placing)) {
                break;
            }
        }
        placing
    }

    /// Puts the cloud over a clear image: one plane a band of [`Donor::bands`], of any one size. The
    /// donor is turned and lies with its first pixel on `shift` (see [`Placing`]).
    ///
    /// # Panics
    /// When the number of planes is not that of the bands, or their sizes differ: a programming error,
    /// never a user's.
    #[must_use]
    pub fn over(&self, clear: &[Plane<f32>], turn: Turn, shift: (isize, isize)) -> Transplanted {
        assert_eq!(clear.len(), self.bands.len(), "a plane for each band");
        let (width, height) = clear.first().map_or((0, 0), |plane| (plane.width, plane.height));
        let whole = Window::new(0, 0, width, height);
        let sources = Placing { turn, shift }.sources(self.size(), (width, height));
        let code = |(i, &source): (usize, &usize)| {
            let lacking =
                |(plane, effects): (&Plane<f32>, &Vec<_>)| !effects.is_empty() && plane.data[i].is_nan();
            if clear.iter().zip(&self.effects).any(lacking) { INVALID } else { self.codes.data[source] }
        };
        let codes = Plane::from_vec(width, height, sources.iter().enumerate().map(code).collect());
        let touched = self.touched(&codes, &sources);
        let mut planes = clear.to_vec();
        for ((plane, effects), &air) in planes.iter_mut().zip(&self.effects).zip(&self.air) {
            if effects.is_empty() || touched.is_empty() {
                continue;
            }
            let mean = Ground::of(plane, 1).window(whole);
            for &(i, source, part) in &touched {
                plane.data[i] = effects[source].over(plane.data[i], mean.data[i], air, part);
            }
        }
        let mut excess = Plane::filled(width, height, 0.0);
        for &(i, source, part) in &touched {
            excess.data[i] = part * self.excess.data[source];
        }
        Transplanted { planes, codes, excess }
    }

    /// The pixels of an image that are touched, each with the donor's pixel over it and the part of its
    /// effect that it feels: where the nearest cloud lies outside the image, that inside tells how far
    /// effects have faded, so that the mask of the image alone says which pixels are touched.
    fn touched(&self, codes: &Plane<u8>, sources: &[usize]) -> Vec<(usize, usize, f32)> {
        let mask = Mask { codes: codes.clone(), source: String::new() };
        let near = mask::alpha(&mask, 0, self.fade_px).0;
        let part = |(i, (&source, &near)): (usize, (&usize, &u8))| {
            let fade = self.fade.data[source];
            (near > 0 && fade > 0).then(|| (i, source, (f32::from(near) / f32::from(fade)).min(1.0)))
        };
        sources.iter().zip(&near.data).enumerate().filter_map(part).collect()
    }
}

impl Effect {
    /// Cloud and shadow, each faded towards nothing by its weight.
    fn faded(cloud: opacity::Opaque, by_cloud: f32, sunlit: f32, by_shadow: f32) -> Self {
        let opacity::Opaque { e, t, light } = cloud;
        Self {
            sunlit: 1.0 - by_shadow * (1.0 - sunlit),
            own: 1.0 - by_cloud * (1.0 - t),
            mean: by_cloud * (1.0 - e - t),
            light: by_cloud * light,
        }
    }

    /// A part of the effect on a pixel of the ground.
    #[inline]
    fn over(self, x: f32, mean: f32, air: f32, part: f32) -> f32 {
        let shaded = x - (1.0 - self.sunlit) * (x - air).max(0.0);
        x + part * (self.own * shaded + self.mean * mean + self.light - x)
    }
}

fn check(source: &Source<'_>) {
    let size = |plane: &Plane<f32>| (plane.width, plane.height);
    let expected = (source.codes.width, source.codes.height);
    assert_eq!(source.cloudy.len(), source.bands.len(), "a cloudy plane for each band");
    assert_eq!(source.ground.len(), source.bands.len(), "a ground plane for each band");
    assert!(source.cloudy.iter().chain(source.ground).all(|plane| size(plane) == expected), "one grid");
}

/// 1 on the pixels of a kind, falling to 0 over the fade around them.
fn fades(codes: &Plane<u8>, kind: &dyn Fn(usize) -> bool, fade_px: u32) -> Vec<f32> {
    let only = (0..codes.data.len()).map(|i| if kind(i) { CLOUD } else { CLEAR }).collect();
    let mask = Mask { codes: Plane::from_vec(codes.width, codes.height, only), source: String::new() };
    mask::alpha(&mask, 0, fade_px).0.data.into_iter().map(|m| f32::from(m) / 255.0).collect()
}

fn coded(codes: &Plane<u8>, dark: &[bool]) -> Plane<u8> {
    let code = |(&code, &dark): (&u8, &bool)| match code {
        CLOUD => CLOUD,
        _ if dark => SHADOW,
        _ => CLEAR,
    };
    Plane::from_vec(codes.width, codes.height, codes.data.iter().zip(dark).map(code).collect())
}
