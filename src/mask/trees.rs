//! Evaluates a gradient-boosted forest on many pixels at once.
//!
//! LightGBM bins every feature before it trains, so a forest knows at most 253 thresholds a
//! feature: pixels are turned into bytes once, and every comparison in a tree is one of bytes. A
//! block of pixels goes through one tree after the other, eight pixels at a time, so the tree stays
//! in the first cache and eight independent walks hide each other's latency.
//!
//! The file format is described in `tests/parity/masks_model.py`, which writes it.

/// Most features a forest may have.
const FEATURES: usize = 16;
/// Nodes and leaves of one tree, rounded up to a power of two so that an index can be masked.
const SLOTS: usize = 2048;
/// Pixels walking through a tree side by side.
const LANES: usize = 8;
const MAGIC: &[u8] = b"DCTREES1";

/// One step of a walk: left where the feature's byte is at most `limit`. A leaf leads to itself.
#[derive(Clone, Copy, Default)]
struct Node {
    feature: u8,
    limit: u8,
    left: u16,
    right: u16,
}

struct Tree {
    nodes: Box<[Node; SLOTS]>,
    values: Box<[f32; SLOTS]>,
    first_leaf: u16,
}

/// A forest for binary classification.
pub(super) struct Forest {
    thresholds: Vec<Vec<f64>>,
    trees: Vec<Tree>,
}

/// A pixel's features as indices into the thresholds.
pub(super) type Binned = [u8; FEATURES];

impl Forest {
    /// Reads the compact form; none where it is damaged.
    pub(super) fn parse(bytes: &[u8]) -> Option<Self> {
        let mut input = Input(bytes.strip_prefix(MAGIC)?);
        let (features, trees) = (input.u16()?, input.u16()?);
        if usize::from(features) > FEATURES {
            return None;
        }
        let thresholds = (0..features)
            .map(|_| {
                let count = input.u16().filter(|&count| count < 255)?;
                (0..count).map(|_| input.take::<8>().map(f64::from_le_bytes)).collect()
            })
            .collect::<Option<_>>()?;
        let trees = (0..trees).map(|_| Tree::parse(&mut input)).collect::<Option<_>>()?;
        Some(Self { thresholds, trees })
    }

    /// The byte for a value: how many thresholds lie below it. NaN counts as 0, as in LightGBM.
    #[inline]
    pub(super) fn bin(&self, feature: usize, value: f32) -> u8 {
        let value = if value.is_nan() { 0.0 } else { f64::from(value) };
        self.thresholds.get(feature).map_or(0, |list| list.partition_point(|&limit| limit < value) as u8)
    }

    /// Probabilities of the positive class.
    pub(super) fn probabilities(&self, pixels: &[Binned]) -> Vec<f32> {
        let mut scores = vec![0.0_f64; pixels.len()];
        for tree in &self.trees {
            for (pixels, scores) in pixels.chunks(LANES).zip(scores.chunks_mut(LANES)) {
                tree.add(pixels, scores);
            }
        }
        scores.iter().map(|score| (1.0 / (1.0 + (-score).exp())) as f32).collect()
    }
}

impl Tree {
    fn parse(input: &mut Input<'_>) -> Option<Self> {
        let inner = input.u16()?;
        if 2 * usize::from(inner) + 1 > SLOTS {
            return None;
        }
        let mut nodes = Box::new([Node::default(); SLOTS]);
        let mut values = Box::new([0.0; SLOTS]);
        let slot = |child: i16| {
            let slot = if child < 0 { i32::from(inner) + i32::from(!child) } else { i32::from(child) };
            u16::try_from(slot).ok().filter(|&slot| slot <= 2 * inner)
        };
        for node in &mut nodes[..usize::from(inner)] {
            let [feature, limit] = input.take::<2>()?;
            let (left, right) = (input.i16()?, input.i16()?);
            *node = Node { feature, limit, left: slot(left)?, right: slot(right)? };
        }
        for leaf in inner..=2 * inner {
            nodes[usize::from(leaf)] = Node { feature: 0, limit: u8::MAX, left: leaf, right: leaf };
            values[usize::from(leaf)] = f32::from_le_bytes(input.take::<4>()?);
        }
        Some(Self { nodes, values, first_leaf: inner })
    }

    /// Adds the leaf values of up to [`LANES`] pixels to their scores.
    #[inline]
    fn add(&self, pixels: &[Binned], scores: &mut [f64]) {
        let mut lanes = [[0_u8; FEATURES]; LANES];
        for (lane, pixel) in lanes.iter_mut().zip(pixels) {
            *lane = *pixel;
        }
        let mut at = [0_u16; LANES];
        // A walk is at most as long as the tree has nodes, whatever a damaged file says.
        for _ in 0..=self.first_leaf / 4 {
            for _ in 0..4 {
                for (at, lane) in at.iter_mut().zip(&lanes) {
                    let node = self.nodes[usize::from(*at) & (SLOTS - 1)];
                    let goes_left = lane[usize::from(node.feature) & (FEATURES - 1)] <= node.limit;
                    *at = if goes_left { node.left } else { node.right };
                }
            }
            if at.iter().all(|&at| at >= self.first_leaf) {
                break;
            }
        }
        for (score, at) in scores.iter_mut().zip(at) {
            *score += f64::from(self.values[usize::from(at) & (SLOTS - 1)]);
        }
    }
}

/// Little-endian numbers from the front of a slice.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (head, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*head)
    }

    fn u16(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn i16(&mut self) -> Option<i16> {
        self.take().map(i16::from_le_bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two stumps on one feature: below 0.5 the score is −1, above 2.
    fn stumps() -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        bytes.extend([1, 0, 2, 0, 1, 0]);
        bytes.extend(0.5_f64.to_le_bytes());
        for (low, high) in [(-0.5_f32, 1.5_f32), (-0.5, 0.5)] {
            bytes.extend([1, 0, 0, 0, 0xff, 0xff, 0xfe, 0xff]);
            bytes.extend(low.to_le_bytes());
            bytes.extend(high.to_le_bytes());
        }
        bytes
    }

    #[test]
    fn a_forest_adds_its_trees_and_ties_go_left() {
        let forest = Forest::parse(&stumps()).expect("valid");
        let pixels: Vec<Binned> = [0.1, 0.5, 0.6, f32::NAN]
            .iter()
            .map(|&value| {
                let mut pixel = [0; FEATURES];
                pixel[0] = forest.bin(0, value);
                pixel
            })
            .collect();
        let sigmoid = |x: f64| (1.0 / (1.0 + (-x).exp())) as f32;
        let expected = [sigmoid(-1.0), sigmoid(-1.0), sigmoid(2.0), sigmoid(-1.0)];
        assert_eq!(forest.probabilities(&pixels), expected);
    }

    #[test]
    fn a_damaged_forest_is_refused() {
        let bytes = stumps();
        assert!((0..bytes.len()).all(|len| Forest::parse(&bytes[..len]).is_none()));
    }
}
