//! Which of a run's models is kept as its best.
//!
//! Lowest error under cloud, unless the validation split has data enough for the distribution metrics: then the
//! lowest FD∞ among those within 5 % of the best coverage. Only two models exist, the one that is kept and the newest;
//! the best coverage is that of the whole run, so coverage cannot be lost little by little.

use super::checkpoint::Best;
use crate::metrics::distribution::{COVERAGE_SLACK, Evaluated};

/// Whether the newest model is to be kept. `history` has every judged validation, the newest last; it is empty where
/// there is too little data. `score` is what the newest is judged by then, the less the better.
pub(super) fn is_best(history: &[Evaluated], score: Option<f64>, kept: Option<Best>) -> bool {
    let Some(kept) = kept else { return true };
    let judged = history.iter().find(|at| at.step == kept.step).zip(history.last());
    let Some((kept, newest)) = judged.map(|(kept, newest)| (*kept, *newest)) else {
        return score.is_none_or(|score| score < kept.score);
    };
    let most = history.iter().map(|at| at.coverage).fold(0.0, f64::max);
    let fits = |at: Evaluated| at.fd_infinity.is_finite() && at.coverage >= (1.0 - COVERAGE_SLACK) * most;
    match (fits(newest), fits(kept)) {
        (true, false) => true,
        (false, true) => false,
        _ => newest.fd_infinity < kept.fd_infinity,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(step: u64) -> Best {
        Best { step, score: 0.9 }
    }

    fn history(numbers: &[(f64, f64)]) -> Vec<Evaluated> {
        let one = |(index, &(fd, coverage)): (usize, &(f64, f64))| Evaluated {
            step: index as u64,
            fd,
            fd_infinity: fd,
            coverage,
            crops: 400,
        };
        numbers.iter().enumerate().map(one).collect()
    }

    #[test]
    fn with_too_little_data_the_error_decides() {
        assert!(is_best(&[], Some(0.95), None));
        assert!(is_best(&[], Some(0.89), Some(best(0))) && !is_best(&[], Some(0.9), Some(best(0))));
    }

    #[test]
    fn a_lower_distance_counts_only_with_the_variety() {
        // The error, 0.95, would speak against all of these.
        let decide = |numbers: &[(f64, f64)]| is_best(&history(numbers), Some(0.95), Some(best(0)));
        assert!(decide(&[(9.0, 0.80), (8.0, 0.79)]));
        assert!(!decide(&[(9.0, 0.80), (8.0, 0.60)]), "collapsed");
        assert!(decide(&[(9.0, 0.80), (12.0, 0.90)]), "the kept one lacks variety");
        assert!(!decide(&[(9.0, 0.80), (10.0, 0.81)]));
        assert!(!decide(&[(9.0, 0.80), (10.0, 0.84), (8.9, 0.78)]), "little by little");
    }
}
