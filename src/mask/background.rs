//! What the ground is like around a pixel where no cloud is: a quantile in blocks, interpolated.

/// Side of a block in pixels.
const BLOCK: usize = 64;
/// The quantile: above the middle, because shadow is among the clear pixels.
const QUANTILE: f64 = 0.6;
/// Usable pixels without which a block says nothing.
const LEAST: usize = BLOCK * BLOCK / 50;

/// A smooth surface of background values.
pub(super) struct Background {
    columns: usize,
    rows: usize,
    values: Vec<f32>,
}

impl Background {
    /// From the values of the usable pixels. Blocks without enough of them take the mean of the
    /// others, weighted by inverse squared distance; 0 everywhere where there is none at all.
    pub(super) fn of(values: &[u16], width: usize, height: usize, usable: impl Fn(usize) -> bool) -> Self {
        let (columns, rows) = (width.div_ceil(BLOCK).max(1), height.div_ceil(BLOCK).max(1));
        let mut known = Vec::new();
        let mut surface: Vec<Option<f32>> = Vec::with_capacity(columns * rows);
        for block in 0..columns * rows {
            let (left, top) = (block % columns * BLOCK, block / columns * BLOCK);
            let mut inside: Vec<u16> = (top..(top + BLOCK).min(height))
                .flat_map(|y| (left..(left + BLOCK).min(width)).map(move |x| y * width + x))
                .filter(|&index| usable(index))
                .map(|index| values[index])
                .collect();
            let value = (inside.len() >= LEAST).then(|| {
                let at = ((inside.len() - 1) as f64 * QUANTILE) as usize;
                f32::from(*inside.select_nth_unstable(at).1)
            });
            known.extend(value.map(|value| (block, value)));
            surface.push(value);
        }
        let values = (0..surface.len())
            .map(|block| surface[block].unwrap_or_else(|| around(block, columns, &known)))
            .collect();
        Self { columns, rows, values }
    }

    /// The background at a pixel.
    #[inline]
    pub(super) fn at(&self, x: usize, y: usize) -> f32 {
        let place = |pixel: usize, blocks: usize| {
            let position = ((pixel as f32 + 0.5) / BLOCK as f32 - 0.5).clamp(0.0, (blocks - 1) as f32);
            let first = position as usize;
            (first, (first + 1).min(blocks - 1), position - first as f32)
        };
        let (left, right, across) = place(x, self.columns);
        let (above, below, down) = place(y, self.rows);
        let at = |column: usize, row: usize| self.values[row * self.columns + column];
        let top = at(left, above) * (1.0 - across) + at(right, above) * across;
        let bottom = at(left, below) * (1.0 - across) + at(right, below) * across;
        top * (1.0 - down) + bottom * down
    }
}

fn around(block: usize, columns: usize, known: &[(usize, f32)]) -> f32 {
    let (x, y) = ((block % columns) as f32, (block / columns) as f32);
    let (mut sum, mut total) = (0.0, 0.0);
    for &(other, value) in known {
        let (u, v) = ((other % columns) as f32, (other / columns) as f32);
        let weight = 1.0 / ((u - x).powi(2) + (v - y).powi(2)).max(1e-6);
        sum += value * weight;
        total += weight;
    }
    if total > 0.0 { sum / total } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_under_cloud_takes_what_lies_around_it() {
        let (width, height) = (192, 64);
        let values: Vec<u16> =
            (0..width * height).map(|i| if i % width < 64 { 1000 } else { 3000 }).collect();
        let background = Background::of(&values, width, height, |i| !(64..128).contains(&(i % width)));
        assert!((background.at(10, 30) - 1000.0).abs() < 1.0);
        assert!((background.at(96, 30) - 2000.0).abs() < 20.0);
        assert_eq!(Background::of(&values, width, height, |_| false).at(5, 5), 0.0);
    }
}
