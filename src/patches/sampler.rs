//! Which patch comes next.

use std::collections::BTreeMap;

use super::{Domain, Error, Result, Split, Store};
use crate::random::Stream;

/// Draws rows of one domain and split: a place uniformly, then one of its patches uniformly, so that
/// a scene with many patches counts no more than one with few.
#[derive(Debug, Clone)]
pub struct Sampler {
    /// Places in ascending order, each with its rows.
    places: Vec<(u32, Vec<u32>)>,
}

impl Sampler {
    /// A sampler over the rows of `store` in a domain and a split.
    ///
    /// # Errors
    /// [`Error::NothingToDraw`] where there is none.
    pub fn new(store: &Store, domain: Domain, split: Split) -> Result<Self> {
        let mut places: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for row in 0..store.len() {
            let (own_domain, own_split, place) = store.kind(row);
            if (own_domain, own_split) == (domain, split) {
                places.entry(place).or_default().push(row as u32);
            }
        }
        if places.is_empty() {
            return Err(Error::NothingToDraw { domain, split });
        }
        Ok(Self { places: places.into_iter().collect() })
    }

    /// The places it draws from, in ascending order.
    pub fn places(&self) -> impl Iterator<Item = u32> + '_ {
        self.places.iter().map(|(place, _)| *place)
    }

    /// All rows it draws from, place by place.
    pub fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.places.iter().flat_map(|(_, rows)| rows.iter().map(|&row| row as usize))
    }

    /// Draws a row.
    pub fn draw(&self, stream: &mut Stream) -> usize {
        let (_, rows) = &self.places[stream.below(self.places.len() as u64) as usize];
        pick(rows, stream)
    }

    /// How many places are not among `excluded`.
    #[must_use]
    pub fn left(&self, excluded: &[u32]) -> usize {
        self.places.len() - self.taken(excluded).len()
    }

    /// Where excluded places stand among the own ones, in ascending order.
    fn taken(&self, excluded: &[u32]) -> Vec<usize> {
        let place = |place| self.places.binary_search_by_key(place, |(own, _)| *own).ok();
        let mut taken: Vec<usize> = excluded.iter().filter_map(place).collect();
        taken.sort_unstable();
        taken.dedup();
        taken
    }

    /// Draws a row of a place that is not among `excluded`, uniformly over the places that are left;
    /// none where none is left.
    pub fn draw_elsewhere(&self, excluded: &[u32], stream: &mut Stream) -> Option<usize> {
        let taken = self.taken(excluded);
        let left = self.places.len() - taken.len();
        let mut index = stream.below(left as u64) as usize;
        // Steps over the places before it that are taken.
        for &position in &taken {
            index += usize::from(position <= index);
        }
        (left > 0).then(|| pick(&self.places[index].1, stream))
    }
}

fn pick(rows: &[u32], stream: &mut Stream) -> usize {
    rows[stream.below(rows.len() as u64) as usize] as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sampler() -> Sampler {
        Sampler { places: vec![(2, vec![0]), (5, (1..100).collect()), (7, vec![100, 101]), (9, vec![102])] }
    }

    #[test]
    fn places_come_equally_often_whatever_their_number_of_patches() {
        let (sampler, mut stream) = (sampler(), Stream::new(1, 0, "sample"));
        let mut counts = [0_u32; 103];
        for _ in 0..40_000 {
            counts[sampler.draw(&mut stream)] += 1;
        }
        for rows in [0..1, 1..100, 100..102, 102..103] {
            let place: u32 = counts[rows.clone()].iter().sum();
            assert!(place.abs_diff(10_000) < 450, "{rows:?}: {place}");
        }
        assert!(counts[1..100].iter().all(|&count| count > 50), "every patch comes");
    }

    #[test]
    fn excluded_places_never_come_and_the_others_equally_often() {
        let (sampler, mut stream) = (sampler(), Stream::new(1, 0, "exclude"));
        let mut counts = [0_u32; 103];
        for _ in 0..20_000 {
            counts[sampler.draw_elsewhere(&[9, 2, 4, 2], &mut stream).expect("two are left")] += 1;
        }
        assert_eq!((counts[0], counts[102]), (0, 0));
        assert!(counts[1..100].iter().sum::<u32>().abs_diff(10_000) < 350);
        assert_eq!(sampler.draw_elsewhere(&[2, 5, 7, 9], &mut stream), None);
    }

    #[test]
    fn equal_streams_draw_equal_rows() {
        let draw = |step| {
            let mut stream = Stream::new(3, step, "batch");
            (0..8).map(|_| sampler().draw(&mut stream)).collect::<Vec<_>>()
        };
        assert_eq!(draw(4), draw(4));
        assert_ne!(draw(4), draw(5));
    }
}
