//! One palette for many pictures.
//!
//! Colours are counted in cells of 5 bits a channel. A box of cells is cut in two again and again, across the
//! channel and at the mean where its squared deviations sum highest, until there are 256 boxes (after Wan et al.
//! 1990); a colour is the mean of its box. One palette for all frames of an animation keeps what does not change still.

/// Colours that a GIF's table holds.
const COLORS: usize = 256;
/// Bits a channel that are told apart before the cut.
const BITS: u32 = 5;

/// At most 256 colours, and which of them stands for each cell.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Palette {
    /// Red, green, blue, one after the other.
    pub rgb: Vec<u8>,
    /// An entry a cell.
    entry: Vec<u8>,
}

/// The pixels of one cell.
#[derive(Debug, Clone, Copy)]
struct Cell {
    at: usize,
    count: f64,
    mean: [f64; 3],
}

/// Cells that are to share a colour.
struct Group {
    cells: Vec<Cell>,
    mean: [f64; 3],
    /// The channel of the largest sum of squared deviations, and that.
    channel: usize,
    deviation: f64,
}

impl Group {
    fn of(cells: Vec<Cell>) -> Self {
        let count: f64 = cells.iter().map(|cell| cell.count).sum();
        let over =
            |value: &dyn Fn(&Cell) -> f64| cells.iter().map(|cell| cell.count * value(cell)).sum::<f64>();
        let mean = [0, 1, 2].map(|c| over(&|cell| cell.mean[c]) / count.max(1.0));
        let deviations = [0, 1, 2].map(|c| over(&|cell| (cell.mean[c] - mean[c]).powi(2)));
        let channel = usize::from(deviations[1] >= deviations[0]);
        let channel = if deviations[2] > deviations[channel] { 2 } else { channel };
        Self { cells, mean, channel, deviation: deviations[channel] }
    }

    /// Both halves; none where all cells are of one colour.
    fn cut(&self) -> Option<[Self; 2]> {
        let (low, high): (Vec<_>, Vec<_>) =
            self.cells.iter().partition(|cell| cell.mean[self.channel] <= self.mean[self.channel]);
        (!low.is_empty() && !high.is_empty()).then(|| [Self::of(low), Self::of(high)])
    }
}

fn cell_of(pixel: &[u8]) -> usize {
    pixel.iter().take(3).fold(0, |cell, &value| cell << BITS | usize::from(value >> (8 - BITS)))
}

impl Palette {
    /// The palette of pictures of three bytes a pixel.
    pub fn of<'p>(pictures: impl Iterator<Item = &'p [u8]>) -> Self {
        let mut sums = vec![[0_u64; 4]; 1 << (3 * BITS)];
        for pixel in pictures.flat_map(|rgb| rgb.chunks_exact(3)) {
            let sum = &mut sums[cell_of(pixel)];
            sum[3] += 1;
            for (sum, &value) in sum.iter_mut().zip(pixel) {
                *sum += u64::from(value);
            }
        }
        let cells = sums.iter().enumerate().filter(|(_, sum)| sum[3] > 0).map(|(at, sum)| {
            let count = sum[3] as f64;
            Cell { at, count, mean: [0, 1, 2].map(|c| sum[c] as f64 / count) }
        });
        let mut groups = vec![Group::of(cells.collect())];
        while groups.len() < COLORS {
            let widest = |a: &(usize, &Group), b: &(usize, &Group)| a.1.deviation.total_cmp(&b.1.deviation);
            let Some((index, _)) = groups.iter().enumerate().max_by(widest) else { break };
            let Some([low, high]) = groups[index].cut() else { break };
            groups[index] = low;
            groups.push(high);
        }
        let mut entry = vec![0; sums.len()];
        for (number, group) in groups.iter().enumerate() {
            group.cells.iter().for_each(|cell| entry[cell.at] = number as u8);
        }
        let rgb = groups.iter().flat_map(|group| group.mean.map(|value| value.round() as u8)).collect();
        Self { rgb, entry }
    }

    /// The entry of each pixel of a picture that the palette was made of.
    pub fn entries(&self, rgb: &[u8]) -> Vec<u8> {
        rgb.chunks_exact(3).map(|pixel| self.entry[cell_of(pixel)]).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_colours_are_kept_as_they_are() {
        let rgb: Vec<u8> = (0..200_u8).flat_map(|i| [8 * (i % 25), 8 * (i / 25), 255]).collect();
        let palette = Palette::of([rgb.as_slice()].into_iter());
        assert_eq!(palette.rgb.len(), 3 * 200);
        let shown: Vec<u8> = palette
            .entries(&rgb)
            .iter()
            .flat_map(|&at| palette.rgb[3 * usize::from(at)..][..3].to_vec())
            .collect();
        assert_eq!(shown, rgb);
    }

    #[test]
    fn many_colours_stay_near() {
        // A ramp through the whole cube: the worst that a palette can be asked for.
        let rgb: Vec<u8> =
            (0..1 << 15_u32).flat_map(|i| [i << 3, i >> 5 << 3, i >> 10 << 3].map(|v| v as u8)).collect();
        let palette = Palette::of([rgb.as_slice()].into_iter());
        assert_eq!(palette.rgb.len(), 3 * COLORS);
        let entries = palette.entries(&rgb);
        let error = |i: usize| rgb[i].abs_diff(palette.rgb[3 * usize::from(entries[i / 3]) + i % 3]);
        let most = (0..rgb.len()).map(error).max().unwrap_or(255);
        let mean = (0..rgb.len()).map(|i| f64::from(error(i))).sum::<f64>() / rgb.len() as f64;
        // 256 boxes of a cube are 2.5 cuts a channel: 256 / 2^2.67 / 2 = 20 to either side.
        assert!(most <= 32 && mean < 12.0, "{most}, {mean}");
        assert_eq!(palette, Palette::of([rgb.as_slice()].into_iter()));
    }
}
