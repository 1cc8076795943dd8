//! Signs that a training goes wrong, in words.

use super::history::{Curve, History};
use super::latent::LEAST_SPREAD;
use crate::metrics::distribution::collapse;

/// Points over which a discriminator's verdicts are looked at.
const RECENT: usize = 50;
/// Share judged right from which a discriminator teaches nothing any more.
const SURE: f64 = 0.97;
/// Validations before a model is expected to beat the fill.
const PATIENCE: usize = 5;

/// What the analyst should know of a run, the gravest first.
#[must_use]
pub fn warnings(history: &History) -> Vec<String> {
    let latent = history.curves().get("validation/latent_spread").filter(|curve| collapsed(curve));
    let latent = latent.map(|curve| {
        format!(
            "Mode collapse: codes give one and the same surface (spread {:.4} under cloud; at least {LEAST_SPREAD} is expected). Raise weights.diversity or weights.recover_land.",
            last(curve)
        )
    });
    let sure = [("a", "D_A (cloudy images)"), ("b", "D_B (clear images)")].into_iter().filter_map(|(key, name)| {
        let right = |side: &str| {
            let curve = history.curves().get(&format!("discriminators/critic_{key}_right_{side}"))?;
            (curve.len() >= RECENT).then(|| mean(&curve[curve.len() - RECENT..]))
        };
        let share = f64::midpoint(right("real")?, right("fake")?);
        (share >= SURE).then(|| {
            format!(
                "{name} judges {:.0} % of the patches right: the generators learn little from it. Lower discriminator.rate.",
                100.0 * share
            )
        })
    });
    let behind = history.best().filter(|_| history.validations().len() >= PATIENCE).and_then(|best| {
        let score = best.validation.score()?;
        (score >= 1.0).then(|| {
            format!("The best model so far is no better than the fill (error {score:.3} of the fill's under cloud).")
        })
    });
    collapse_of(history).into_iter().chain(latent).chain(sure).chain(behind).collect()
}

/// FD that falls while coverage falls: the distance is bought with variety.
fn collapse_of(history: &History) -> Option<String> {
    let judged: Vec<_> = history
        .validations()
        .iter()
        .filter_map(|at| at.validation.distribution?.evaluated(at.step))
        .collect();
    collapse(&judged).map(|found| {
        format!(
            "Mode collapse: since step {} coverage has fallen from {:.2} to {:.2} while FD fell from {:.1} to {:.1}. Raise weights.diversity, lower weights.adversarial_b, or go back to the best model.",
            found.since.1, found.coverage.0, found.coverage.1, found.fd.0, found.fd.1
        )
    })
}

/// Whether the last two validations found next to no spread: the first networks have none, and one may be chance.
fn collapsed(curve: &Curve) -> bool {
    curve.len() >= 3 && curve[curve.len() - 2..].iter().all(|point| point[1] < LEAST_SPREAD)
}

fn last(curve: &Curve) -> f64 {
    curve.last().map_or(f64::NAN, |point| point[1])
}

fn mean(points: &[[f64; 2]]) -> f64 {
    points.iter().map(|point| point[1]).sum::<f64>() / points.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::training::history::Tail;

    fn told(right: f64, spread: f64, model: f64) -> Vec<String> {
        let folder = tempfile::tempdir().expect("a folder");
        let mut text = String::new();
        for step in 0..60 {
            text += &format!(
                "{{\"step\":{step},\"losses\":{{\"critic_b_right_real\":{right},\"critic_b_right_fake\":1.0}}}}\n"
            );
        }
        for step in 1..=5 {
            text += &format!(
                "{{\"step\":{step},\"best\":true,\"validation\":{{\"real\":{{\"images\":1,\"model\":{{\"mae\":{model},\"psnr\":1.0}},\"fill\":{{\"mae\":0.1,\"psnr\":1.0}}}},\"latent\":{{\"images\":1,\"spread\":{spread}}}}}}}\n"
            );
        }
        std::fs::write(folder.path().join("events.jsonl"), text).expect("written");
        let mut history = History::default();
        history.take(Tail::new(folder.path()).read().expect("read"));
        warnings(&history)
    }

    #[test]
    fn a_distance_bought_with_variety_is_told() {
        let folder = tempfile::tempdir().expect("a folder");
        let told = |coverage: &dyn Fn(f64) -> f64| {
            let line = |step: u32| {
                let judged = format!(
                    "{{\"status\":\"measured\",\"crops\":400,\"dimensions\":32,\"fd\":{fd},\"fd_infinity\":{fd},\"kid\":0.1,\"precision\":0.9,\"recall\":0.9,\"density\":1.0,\"coverage\":{coverage}}}",
                    fd = 20.0 - f64::from(step),
                    coverage = coverage(f64::from(step))
                );
                format!("{{\"step\":{step},\"best\":true,\"validation\":{{\"distribution\":{judged}}}}}\n")
            };
            std::fs::write(folder.path().join("events.jsonl"), (1..=6).map(line).collect::<String>())
                .expect("written");
            warnings(&History::read(folder.path()).expect("read"))
        };
        assert_eq!(told(&|_| 0.8), Vec::<String>::new());
        let words = told(&|step| 0.9 - 0.05 * step);
        assert!(words.len() == 1 && words[0].contains("coverage has fallen from 0.80 to 0.65"), "{words:?}");
    }

    #[test]
    fn each_sign_is_told_and_a_healthy_run_is_left_in_peace() {
        assert_eq!(told(0.7, 0.02, 0.05), Vec::<String>::new());
        let words = told(0.99, 0.02, 0.05);
        assert!(words.len() == 1 && words[0].starts_with("D_B"), "{words:?}");
        let words = told(0.7, 0.001, 0.2);
        assert!(
            words[0].contains("Mode collapse") && words[1].contains("no better than the fill"),
            "{words:?}"
        );
    }
}
