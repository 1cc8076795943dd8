//! What training remembers between steps: fakes that discriminators see again, and cloud codes
//! that are lent to other places. Both are plain numbers, so a checkpoint holds them exactly.

use std::collections::VecDeque;

use crate::random::Stream;

/// Earlier fakes (Shrivastava et al. 2017): a discriminator that sees them does not forget.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ReplayPool {
    capacity: usize,
    /// An image and its weight at logit resolution, each flat.
    pub items: Vec<(Vec<f32>, Vec<f32>)>,
}

impl ReplayPool {
    /// An empty pool.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, items: Vec::new() }
    }

    /// Takes a fresh fake and gives one back: with a chance of one half an older one, whose place the
    /// fresh one takes. Until the pool is full every fake is kept and given back.
    pub fn exchange(&mut self, fresh: (Vec<f32>, Vec<f32>), stream: &mut Stream) -> (Vec<f32>, Vec<f32>) {
        if self.items.len() < self.capacity {
            self.items.push(fresh.clone());
            return fresh;
        }
        if stream.chance(0.5) {
            return fresh;
        }
        let index = stream.below(self.items.len() as u64) as usize;
        std::mem::replace(&mut self.items[index], fresh)
    }
}

/// The code of one cloudy crop.
#[derive(Debug, Clone, PartialEq)]
pub struct BankedCode {
    /// Where it was seen, so that it is lent to other places only.
    pub place: u64,
    /// Opacity, then shadow, each `side` × `side`.
    pub maps: Vec<f32>,
    /// Side of the maps.
    pub side: usize,
    /// The spectral code.
    pub spectrum: Vec<f32>,
}

impl BankedCode {
    /// The code of the same cloud flipped and turned: one of the eight symmetries of a square.
    #[must_use]
    pub fn turned(&self, symmetry: u64) -> Self {
        let side = self.side;
        let at = |x: usize, y: usize| {
            let (x, y) = if symmetry & 1 == 0 { (x, y) } else { (y, x) };
            let x = if symmetry & 2 == 0 { x } else { side - 1 - x };
            let y = if symmetry & 4 == 0 { y } else { side - 1 - y };
            y * side + x
        };
        let maps = self
            .maps
            .chunks_exact(side * side)
            .flat_map(|map| (0..side * side).map(move |i| map[at(i % side, i / side)]))
            .collect();
        Self { maps, ..self.clone() }
    }
}

/// The newest codes of cloudy crops.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct CodeBank {
    capacity: usize,
    /// From the oldest to the newest.
    pub codes: VecDeque<BankedCode>,
}

impl CodeBank {
    /// An empty bank.
    #[must_use]
    pub fn new(capacity: usize) -> Self {
        Self { capacity, codes: VecDeque::new() }
    }

    /// Keeps a code; the oldest is forgotten.
    pub fn keep(&mut self, code: BankedCode) {
        while self.codes.len() >= self.capacity {
            self.codes.pop_front();
        }
        self.codes.push_back(code);
    }

    /// Lends a code of another place than the excluded ones, flipped and turned at random.
    #[must_use]
    pub fn lend(&self, excluded: &[u64], stream: &mut Stream) -> Option<BankedCode> {
        let others: Vec<_> = self.codes.iter().filter(|code| !excluded.contains(&code.place)).collect();
        let code = others.get(stream.below(others.len() as u64) as usize)?;
        Some(code.turned(stream.below(8)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(place: u64) -> BankedCode {
        BankedCode { place, maps: (0..18).map(|v| v as f32).collect(), side: 3, spectrum: vec![0.5] }
    }

    #[test]
    fn a_code_is_never_lent_to_its_own_place() {
        let mut bank = CodeBank::new(4);
        let mut stream = Stream::new(1, 0, "bank");
        assert_eq!(bank.lend(&[], &mut stream), None);
        (0..10).for_each(|place| bank.keep(code(place)));
        assert_eq!(bank.codes.iter().map(|code| code.place).collect::<Vec<_>>(), [6, 7, 8, 9]);
        for _ in 0..50 {
            assert_eq!(bank.lend(&[6, 7, 9], &mut stream).expect("8 is left").place, 8);
        }
        assert_eq!(bank.lend(&[6, 7, 8, 9], &mut stream), None);
    }

    #[test]
    fn the_eight_symmetries_differ_and_keep_both_maps_together() {
        let turned: Vec<_> = (0..8).map(|symmetry| code(0).turned(symmetry).maps).collect();
        for (i, maps) in turned.iter().enumerate() {
            assert!(maps[..9].iter().zip(&maps[9..]).all(|(a, b)| a + 9.0 == *b));
            assert_eq!(maps[4], 4.0);
            assert!(turned[..i].iter().all(|other| other != maps));
        }
        assert_eq!(turned[0], code(0).maps);
    }

    #[test]
    fn a_full_pool_gives_back_old_and_new() {
        let mut pool = ReplayPool::new(3);
        let mut stream = Stream::new(1, 0, "pool");
        let mut old = 0;
        for i in 0..200 {
            let fresh = (vec![i as f32], vec![1.0]);
            let given = pool.exchange(fresh.clone(), &mut stream);
            old += usize::from(given != fresh);
        }
        assert_eq!(pool.items.len(), 3);
        assert!((70..130).contains(&old), "{old}");
    }
}
