//! Two ways of doing the same, one after the other, round by round.

use std::time::Instant;

use serde::Serialize;

use super::{Error, Result};
use crate::progress::Monitor;

/// Milliseconds of ours and of the peer, a pair a round.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Turns {
    rounds: Vec<[f64; 2]>,
}

impl Turns {
    /// Pairs of milliseconds, ours first.
    ///
    /// # Panics
    /// Without any: there is no median of nothing.
    #[must_use]
    pub fn new(rounds: Vec<[f64; 2]>) -> Self {
        assert!(!rounds.is_empty(), "at least one round");
        Self { rounds }
    }

    /// Runs both in turns, once unmeasured so that neither pays for what only the first pass does.
    pub(super) fn measure(
        rounds: usize,
        monitor: &dyn Monitor,
        mut ours: impl FnMut() -> Result<()>,
        mut peer: impl FnMut() -> Result<()>,
    ) -> Result<Self> {
        let timed = |work: &mut dyn FnMut() -> Result<()>| {
            let started = Instant::now();
            work()?;
            Ok::<f64, Error>(started.elapsed().as_secs_f64() * 1e3)
        };
        let mut found = Vec::with_capacity(rounds);
        for round in 0..=rounds {
            if monitor.is_cancelled() {
                return Err(Error::Cancelled);
            }
            let pair = [timed(&mut ours)?, timed(&mut peer)?];
            if round > 0 {
                found.push(pair);
            }
        }
        monitor.advance(1);
        Ok(Self::new(found))
    }

    /// Rounds measured.
    #[must_use]
    pub fn rounds(&self) -> usize {
        self.rounds.len()
    }

    /// Median milliseconds of ours.
    #[must_use]
    pub fn ours_ms(&self) -> f64 {
        median(self.rounds.iter().map(|pair| pair[0]))
    }

    /// Median milliseconds of the peer.
    #[must_use]
    pub fn peer_ms(&self) -> f64 {
        median(self.rounds.iter().map(|pair| pair[1]))
    }

    /// Median over rounds of peer ÷ ours: above 1 ours is faster.
    #[must_use]
    pub fn ratio(&self) -> f64 {
        median(self.ratios())
    }

    /// The lowest and the highest ratio of a round.
    #[must_use]
    pub fn range(&self) -> [f64; 2] {
        [self.ratios().fold(f64::INFINITY, f64::min), self.ratios().fold(0.0, f64::max)]
    }

    fn ratios(&self) -> impl Iterator<Item = f64> + '_ {
        self.rounds.iter().map(|[ours, peer]| peer / ours)
    }
}

/// The middle value; of two middle ones their mean.
fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    if values.len().is_multiple_of(2) { f64::midpoint(values[half - 1], values[half]) } else { values[half] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Silent;

    #[test]
    fn a_ratio_is_the_median_of_rounds_not_a_ratio_of_medians() {
        let turns = Turns::new(vec![[1.0, 2.0], [10.0, 10.0], [2.0, 1.0]]);
        assert_eq!((turns.ours_ms(), turns.peer_ms(), turns.ratio()), (2.0, 2.0, 1.0));
        assert_eq!(turns.range(), [0.5, 2.0]);
        assert_eq!(Turns::new(vec![[1.0, 2.0], [1.0, 4.0]]).ratio(), 3.0);
    }

    #[test]
    fn both_run_in_turns_and_the_first_pass_does_not_count() {
        let order = std::cell::RefCell::new(String::new());
        let say = |letter| {
            order.borrow_mut().push(letter);
            Ok(())
        };
        let turns = Turns::measure(3, &Silent, || say('o'), || say('p')).expect("measured");
        assert_eq!((order.into_inner().as_str(), turns.rounds()), ("opopopop", 3));
    }
}
