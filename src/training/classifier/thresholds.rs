//! From which probability on a class is said to be there.

use super::score::micro_f;

/// Patches that must show a class before it gets a threshold of its own: fewer tell nothing but their own noise.
const LEAST: usize = 5;

/// A threshold a class: the one of best F1 on the given patches. Classes that fewer than five of them show (or all
/// but five) share the threshold that is best for all classes together. Of equally good thresholds the middle
/// between the two neighbouring probabilities is taken, of equally good gaps the lowest.
#[must_use]
pub fn thresholds(probabilities: &[f32], truth: &[u8], classes: usize) -> Vec<f32> {
    let shared = best(probabilities, truth);
    let one = |class: usize| {
        let scores: Vec<f32> = probabilities.iter().skip(class).step_by(classes).copied().collect();
        let flags: Vec<u8> = truth.iter().skip(class).step_by(classes).copied().collect();
        let positives = shown(&flags);
        let enough = positives >= LEAST && flags.len() - positives >= LEAST;
        if enough { best(&scores, &flags) } else { shared }
    };
    (0..classes).map(one).collect()
}

/// Whether each class is said to be there.
#[must_use]
pub fn decided(probabilities: &[f32], thresholds: &[f32]) -> Vec<bool> {
    let each = probabilities.chunks_exact(thresholds.len().max(1));
    each.flat_map(|one| one.iter().zip(thresholds).map(|(one, threshold)| one >= threshold)).collect()
}

/// How many flags are set.
fn shown(flags: &[u8]) -> usize {
    flags.iter().map(|&flag| usize::from(flag == 1)).sum()
}

/// The threshold of best F1; one half where no flag is set.
fn best(scores: &[f32], flags: &[u8]) -> f32 {
    if !flags.contains(&1) {
        return 0.5;
    }
    let mut sorted: Vec<(f32, u8)> = scores.iter().copied().zip(flags.iter().copied()).collect();
    sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
    let positives = shown(flags) as f64;
    let (mut found, mut hits) = ((-1.0, 0.5), 0.0);
    for (said, pair) in (1..).zip(&sorted) {
        hits += f64::from(pair.1);
        let next = sorted.get(said).map_or(0.0, |next| next.0);
        if next == pair.0 {
            continue;
        }
        let f1 = 2.0 * hits / (said as f64 + positives);
        if f1 >= found.0 {
            found = (f1, f32::midpoint(pair.0, next));
        }
    }
    debug_assert!((micro_f(&decided(scores, &[found.1]), flags, 1.0) - found.0).abs() < 1e-9);
    found.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_class_gets_the_threshold_that_separates_it() {
        // Class 0 is there above 0.8, class 1 above 0.25, class 2 once only.
        let mut probabilities = Vec::new();
        let mut truth = Vec::new();
        for index in 0..20 {
            let score = index as f32 / 20.0;
            probabilities.extend([score, 1.0 - score, 0.5]);
            truth.extend([u8::from(score > 0.74), u8::from(1.0 - score > 0.26), u8::from(index == 7)]);
        }
        let found = thresholds(&probabilities, &truth, 3);
        assert!((found[0] - 0.725).abs() < 1e-6 && (found[1] - 0.275).abs() < 1e-6, "{found:?}");
        let said = decided(&probabilities, &found);
        for class in 0..2 {
            let right = |index: &usize| said[3 * index + class] == (truth[3 * index + class] == 1);
            assert!((0..20).all(|index| right(&index)), "{class}");
        }
        assert_eq!(found[2], best(&probabilities, &truth), "one patch is not enough");
    }

    #[test]
    fn without_any_label_the_threshold_is_one_half() {
        assert_eq!(thresholds(&[0.1, 0.9], &[0, 0], 2), [0.5, 0.5]);
    }
}
