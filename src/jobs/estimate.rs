//! How long a phase will still take.

use std::time::{Duration, Instant};

/// No word before this long: the first units say little about the rest.
const PATIENCE: Duration = Duration::from_secs(1);

/// Remembers when a phase began and how far it was.
#[derive(Debug, Clone, Default)]
pub(super) struct Estimate {
    began: Option<(Instant, u64)>,
}

impl Estimate {
    /// The phase has done `done` units.
    pub fn note(&mut self, done: u64, now: Instant) {
        self.began.get_or_insert((now, done));
    }

    /// The time left at the mean speed so far; none while it is too early to say.
    pub fn left(&self, (done, total): (u64, u64), now: Instant) -> Option<Duration> {
        let (began, first) = self.began?;
        let passed = now.duration_since(began);
        let moved = done.saturating_sub(first);
        if passed < PATIENCE || moved == 0 || total <= done {
            return None;
        }
        Some(passed.mul_f64((total - done) as f64 / moved as f64))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_speed_tells_the_rest() {
        let start = Instant::now();
        let mut estimate = Estimate::default();
        estimate.note(10, start);
        estimate.note(30, start + Duration::from_secs(4));
        let left = estimate.left((30, 80), start + Duration::from_secs(4)).expect("it can be told");
        assert!((left.as_secs_f64() - 10.0).abs() < 1e-6);
        assert_eq!(estimate.left((10, 80), start + Duration::from_secs(9)), None);
        assert_eq!(Estimate::default().left((1, 2), start), None);
    }
}
