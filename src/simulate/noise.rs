//! Noise by position: gradient noise in octaves, a pure function of place and key.
//!
//! Because nothing but the position enters, a window of a field is the crop of the whole, and a
//! scene of any size streams.

use crate::random::{Stream, mix};

/// Standard deviation of gradient noise as here: √(8/3 · ∫s² · ∫s²t²) over the cell, s = 1 − fade(t), for
/// gradients even in −1..1.
const DEVIATION: f32 = 0.1761;

/// One octave: noise on a turned, shifted lattice.
#[derive(Debug, Clone)]
pub(super) struct Octave {
    key: u64,
    /// From metres to lattice cells: first row of the rotation and scaling.
    u: [f64; 2],
    /// Second row.
    v: [f64; 2],
    shift: [f64; 2],
}

impl Octave {
    /// An octave of a wavelength in metres, stretched along a direction (radians from the x axis).
    pub(super) fn new(stream: &mut Stream, wavelength_m: f64, stretch: f64, direction: f64) -> Self {
        let scale = 1.0 / wavelength_m;
        let (sin, cos) = direction.sin_cos();
        Self {
            key: stream.next_u64(),
            u: [cos * scale / stretch, sin * scale / stretch],
            v: [-sin * scale, cos * scale],
            shift: [stream.between(0.0, 4096.0), stream.between(0.0, 4096.0)],
        }
    }

    /// Noise of mean 0 and deviation 1 at a place in metres.
    #[inline]
    pub(super) fn at(&self, x: f64, y: f64) -> f32 {
        let u = self.u[0] * x + self.u[1] * y + self.shift[0];
        let v = self.v[0] * x + self.v[1] * y + self.shift[1];
        let (cell_u, cell_v) = (u.floor(), v.floor());
        let (fu, fv) = ((u - cell_u) as f32, (v - cell_v) as f32);
        let (iu, iv) = (cell_u as i64 as u32, cell_v as i64 as u32);
        let near =
            lerp(self.corner(iu, iv, fu, fv), self.corner(iu.wrapping_add(1), iv, fu - 1.0, fv), fade(fu));
        let iv = iv.wrapping_add(1);
        let far = lerp(
            self.corner(iu, iv, fu, fv - 1.0),
            self.corner(iu.wrapping_add(1), iv, fu - 1.0, fv - 1.0),
            fade(fu),
        );
        lerp(near, far, fade(fv)) / DEVIATION
    }

    /// The ramp of one lattice point at an offset from it.
    #[inline]
    fn corner(&self, u: u32, v: u32, du: f32, dv: f32) -> f32 {
        let bits = mix(self.key ^ (u64::from(u) << 32 | u64::from(v)));
        let gradient = |bits: u64| (bits & 0xFFFF) as f32 / 32_768.0 - 1.0;
        gradient(bits) * du + gradient(bits >> 16) * dv
    }
}

/// Perlin's fifth-degree fade: smooth to the second derivative.
#[inline]
fn fade(t: f32) -> f32 {
    t * t * t * (t * (t * 6.0 - 15.0) + 10.0)
}

#[inline]
fn lerp(a: f32, b: f32, t: f32) -> f32 {
    a + (b - a) * t
}

/// How a fractal is built.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    /// Longest wavelength, metres.
    pub wavelength_m: f64,
    /// Shortest wavelength, metres: nothing finer is added.
    pub finest_m: f64,
    /// Amplitude of an octave over the one before.
    pub gain: f32,
    /// 0 = plain octaves, 1 = puffs: round bumps with creases between them, in the finer octaves.
    pub puff: f32,
    /// Length over width of its structures.
    pub stretch: f64,
    /// Direction of the stretch, radians from the x axis.
    pub direction: f64,
    /// How far the field is bent, in parts of the longest wavelength.
    pub bend: f64,
}

/// Octaves summed on a bent plane.
#[derive(Debug, Clone)]
pub(super) struct Fractal {
    octaves: Vec<(Octave, f32, f32)>,
    bend: [Octave; 2],
    bend_m: f64,
}

impl Fractal {
    /// Draws a fractal of a shape.
    pub(super) fn new(stream: &mut Stream, shape: &Shape) -> Self {
        let mut octaves = Vec::new();
        let (mut wavelength, mut amplitude, mut turn) = (shape.wavelength_m, 1.0, shape.direction);
        while wavelength >= shape.finest_m && octaves.len() < 14 {
            let puff = if octaves.len() >= 2 { shape.puff } else { 0.0 };
            octaves.push((Octave::new(stream, wavelength, shape.stretch, turn), amplitude, puff));
            amplitude *= shape.gain;
            wavelength /= 1.93;
            if shape.stretch == 1.0 {
                turn += 0.65;
            }
        }
        let bend = [(); 2].map(|()| Octave::new(stream, shape.wavelength_m * 0.8, 1.0, 0.4));
        Self { octaves, bend, bend_m: shape.bend * shape.wavelength_m }
    }

    /// Its value at a place in metres.
    #[inline]
    pub(super) fn at(&self, x: f64, y: f64) -> f32 {
        let bent_x = x + self.bend_m * f64::from(self.bend[0].at(x, y));
        let bent_y = y + self.bend_m * f64::from(self.bend[1].at(x, y));
        let mut sum = 0.0;
        for (octave, amplitude, puff) in &self.octaves {
            let value = octave.at(bent_x, bent_y);
            // |n| has creases where n = 0 and round tops between; 0.8 is its mean.
            sum += amplitude * (value + puff * (1.8 * (value.abs() - 0.8) - value));
        }
        sum
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_has_mean_zero_and_deviation_one() {
        let octave = Octave::new(&mut Stream::new(1, 0, "noise"), 10.0, 1.0, 0.3);
        let values: Vec<f64> = (0..250_000)
            .map(|i| f64::from(octave.at(f64::from(i % 500) * 7.3, f64::from(i / 500) * 7.7)))
            .collect();
        let mean = values.iter().sum::<f64>() / 250_000.0;
        let deviation = (values.iter().map(|v| v * v).sum::<f64>() / 250_000.0).sqrt();
        assert!(mean.abs() < 0.02 && (deviation - 1.0).abs() < 0.02, "{mean} {deviation}");
    }

    #[test]
    fn noise_is_smooth_across_cells() {
        let octave = Octave::new(&mut Stream::new(2, 0, "noise"), 10.0, 1.0, 0.0);
        let steps = (0..20_000).map(|i| f64::from(i) * 0.01);
        let jump = steps.map(|x| (octave.at(x + 0.01, 3.0) - octave.at(x, 3.0)).abs()).fold(0.0, f32::max);
        assert!(jump < 0.02, "{jump}");
    }

    #[test]
    fn a_stretched_octave_varies_less_along_than_across() {
        let octave = Octave::new(&mut Stream::new(3, 0, "noise"), 10.0, 6.0, 0.0);
        let change = |dx: f64, dy: f64| -> f32 {
            (0..2000)
                .map(|i| {
                    let (x, y) = (f64::from(i) * 13.7, f64::from(i) * 5.1);
                    (octave.at(x + dx, y + dy) - octave.at(x, y)).abs()
                })
                .sum()
        };
        assert!(change(2.0, 0.0) * 3.0 < change(0.0, 2.0));
    }
}
