//! Numbers over numbers.

/// Spearman's rank correlation: Pearson's of ranks, equal values sharing their mean rank; none where one of
/// the two does not vary.
#[must_use]
pub fn spearman(a: &[f64], b: &[f64]) -> Option<f64> {
    let (a, b) = (ranked(a), ranked(b));
    let mean = (a.len() as f64 - 1.0) / 2.0;
    let (mut both, mut of_a, mut of_b) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(&b) {
        both += (a - mean) * (b - mean);
        of_a += (a - mean).powi(2);
        of_b += (b - mean).powi(2);
    }
    (of_a > 0.0 && of_b > 0.0).then(|| both / (of_a * of_b).sqrt())
}

/// Area under the ROC curve: how probably a positive's score exceeds a negative's, equal scores counting half
/// (Mann and Whitney's U). None without either.
#[must_use]
pub fn auc(positive: &[f64], negative: &[f64]) -> Option<f64> {
    let (n, m) = (positive.len() as f64, negative.len() as f64);
    if positive.is_empty() || negative.is_empty() {
        return None;
    }
    let all: Vec<f64> = positive.iter().chain(negative).copied().collect();
    let ranks: f64 = ranked(&all)[..positive.len()].iter().sum();
    Some((ranks - n * (n - 1.0) / 2.0) / (n * m))
}

/// The value below which a part of the distribution lies that sorted draws come from: rank `part·(n + 1)`
/// with linear interpolation (type 6 of Hyndman and Fan 1996). Between two such quantiles at whole ranks a
/// further draw of the same distribution falls exactly as often as they say, however few the draws; between whole ranks
/// interpolation errs a little outward (16 normal draws: 0.816 for the 80 % interval), where percentiles of the
/// sample itself err far inward.
#[must_use]
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let last = sorted.len() - 1;
    let rank = (part * (sorted.len() + 1) as f64 - 1.0).clamp(0.0, last as f64);
    let below = rank.floor() as usize;
    sorted[below] + (sorted[(below + 1).min(last)] - sorted[below]) * rank.fract()
}

/// Ranks from 0, equal values sharing their mean rank.
fn ranked(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let same = order[first..].iter().take_while(|&&i| values[i] == values[order[first]]).count();
        for &i in &order[first..first + same] {
            ranks[i] = first as f64 + (same - 1) as f64 / 2.0;
        }
        first += same;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::Stream;

    #[test]
    fn equal_values_share_their_rank() {
        assert_eq!(ranked(&[3.0, 1.0, 3.0, 0.0]), [2.5, 1.0, 2.5, 0.0]);
        assert!((spearman(&[1.0, 2.0, 3.0], &[10.0, 200.0, 201.0]).expect("ranks") - 1.0).abs() < 1e-12);
        assert!((spearman(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]).expect("ranks") + 1.0).abs() < 1e-12);
        // scipy.stats.spearmanr says the same.
        let found = spearman(&[1.0, 2.0, 2.0, 5.0, 0.0], &[3.0, 1.0, 4.0, 4.0, 2.0]).expect("ranks");
        assert!((found - 0.5).abs() < 1e-12, "{found}");
        assert_eq!(spearman(&[1.0, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn the_area_is_the_part_of_pairs_in_the_right_order() {
        assert_eq!(auc(&[3.0, 4.0], &[1.0, 2.0]), Some(1.0));
        assert_eq!(auc(&[1.0, 2.0], &[3.0, 4.0]), Some(0.0));
        assert_eq!(auc(&[1.0, 1.0, 1.0], &[1.0, 1.0]), Some(0.5));
        // Of six pairs four are right and one is even.
        assert!((auc(&[2.0, 3.0, 0.5], &[1.0, 2.0]).expect("both") - 3.5 / 6.0).abs() < 1e-12);
        assert_eq!(auc(&[], &[1.0]), None);
    }

    #[test]
    fn quantiles_of_few_draws_hold_a_further_draw_as_often_as_they_say() {
        let mut stream = Stream::new(5, 0, "quantiles");
        let rounds = 20_000;
        let mut inside = 0;
        for _ in 0..rounds {
            let mut drawn: Vec<f64> = (0..16).map(|_| stream.normal()).collect();
            drawn.sort_by(f64::total_cmp);
            let next = stream.normal();
            inside += u32::from((quantile(&drawn, 0.1)..=quantile(&drawn, 0.9)).contains(&next));
        }
        let part = f64::from(inside) / f64::from(rounds);
        // 0.8 but for the interpolation in the tails, which a normal distribution makes 0.016.
        assert!((part - 0.816).abs() < 0.012, "{part}");
        assert_eq!(quantile(&[1.0, 2.0, 3.0], 0.5), 2.0);
    }
}
