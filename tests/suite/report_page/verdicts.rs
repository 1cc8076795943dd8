//! The verdict's rules, each in its own case.

use declouder::evaluation::verdict::{Finding, Verdict, verdict};

use super::*;

#[test]
fn each_rule_of_the_verdict_speaks_in_its_case_only() {
    let judged = |images: Vec<ImageReport>| -> Verdict { verdict(&report(vec![set("one", images)])) };
    let cases = [
        (
            images(24, &[0.4, 0.6, 0.5], &[-0.01]),
            Finding::Better,
            "beats fill by 0.50 dB [0.4",
            "better than fill on this test set",
        ),
        (
            images(24, &[-0.4, -0.6, -0.5], &[0.01]),
            Finding::Worse,
            "is worse than fill, by 0.50 dB [0.4",
            "use fill",
        ),
        (
            images(24, &[-1.0, 1.0], &[0.01, -0.01]),
            Finding::Undecided,
            "with 24 scenes this could be chance",
            "cannot be told from fill",
        ),
        // PSNR finds better, MAE worse.
        (images(24, &[0.4, 0.6], &[0.01]), Finding::Undecided, "contradict each other", "cannot be told"),
        (
            vec![
                image("a", "s", 0.4, (20.0, 21.0), (0.1, 0.1)),
                image("b", "s", 0.4, (20.0, 21.0), (0.1, 0.1)),
            ],
            Finding::OneScene,
            "all images come from one scene",
            "cannot be told",
        ),
        (
            vec![image("a", "s", 0.01, (20.0, 21.0), (0.1, 0.1))],
            Finding::Nothing,
            "Nothing can be said",
            "cannot be told",
        ),
    ];
    for (images, finding, words, headline) in cases {
        let few = images.len() < 20;
        let verdict = judged(images);
        let own = &verdict.judgements[0];
        assert_eq!(own.finding, finding, "{}", own.words);
        assert!(own.words.contains(words), "{}", own.words);
        assert!(verdict.headline.contains(headline), "{}", verdict.headline);
        assert_eq!(verdict.cautions.iter().any(|caution| caution.starts_with("Few scenes")), few);
        assert!(own.words.len() < 500);
    }
    // A class of cover that finds the opposite is named.
    let mut mixed = images(60, &[1.0], &[-0.01]);
    for image in mixed.iter_mut().filter(|image| image.cover > 0.6).take(20) {
        *image = self::image(&image.name, &image.scene, 0.8, (20.0, 19.5), (0.05, 0.04));
    }
    let verdict = judged(mixed);
    let words = &verdict.judgements[0].words;
    assert!(words.contains("The opposite holds at > 60 % cover: 0.50 dB"), "{words}");
    assert!(!words.contains("20–60 %"), "{words}");
}

#[test]
fn the_headline_weighs_all_sets_and_the_cautions_what_limits_them() {
    let better = || images(24, &[0.4, 0.6, 0.5], &[-0.01]);
    let worse = || images(24, &[-0.4, -0.6, -0.5], &[0.01]);
    let open = || images(24, &[-1.0, 1.0], &[0.01, -0.01]);
    let of = |sets: Vec<Vec<ImageReport>>| {
        let sets = sets.into_iter().enumerate().map(|(i, images)| set(&format!("set {i}"), images)).collect();
        verdict(&report(sets))
    };
    for (sets, words) in [
        (vec![better(), better()], "better than fill on all 2 test sets"),
        (vec![better(), open()], "on 1 of 2 test sets; on the others nothing is decided"),
        (vec![worse(), open()], "worse than fill on 1 of 2 test sets and nowhere better; use fill"),
        (vec![worse(), worse()], "worse than fill on 2 of 2 test sets and nowhere better; use fill"),
        (vec![better(), worse(), open()], "better than fill on 1 of 3 test sets, and worse on 1"),
        (vec![open(), open()], "no reason to prefer it"),
    ] {
        let verdict = of(sets);
        assert!(verdict.headline.contains(words), "{}", verdict.headline);
        assert!(verdict.cautions.iter().any(|caution| caution.contains("comparisons were made")));
    }
    let mut none = report(vec![set("one", better())]);
    none.models.clear();
    for image in &mut none.sets[0].images {
        let own = image.results.remove(NASTY).unwrap();
        image.results.insert("input".into(), own);
    }
    let images = &none.sets[0].images;
    none.sets[0].methods = summarise(images, &[("fill", ""), ("input", "")], "fill");
    let verdict = verdict(&none);
    assert!(verdict.headline.starts_with("No model was evaluated") && verdict.judgements.is_empty());
    // "input" scores above the fill here: whoever compares with the fill alone is told.
    assert!(
        verdict.cautions.iter().any(|caution| caution.contains("the baseline input is stronger than fill"))
    );
}

#[test]
fn what_changed_between_the_dates_is_told_where_it_was_measured() {
    let mut images = images(2, &[0.5], &[-0.01]);
    images.push(image("clear", "s9", 0.01, (20.0, 20.0), (0.5, 0.5)));
    for (image, mae) in images.iter_mut().zip([0.02, 0.04, 0.9]) {
        let clear = Some(Measures { mae: Some(mae), ..Measures::default() });
        image.results.insert("input".into(), Comparison { clear, ..Comparison::default() });
    }
    let mut pairs = set("pairs", images);
    let told = |set: &SetReport| {
        let cautions = verdict(&report(vec![set.clone()])).cautions;
        cautions.into_iter().find(|caution| caution.contains("two dates differ"))
    };
    // The image without cloud says nothing of what lies under any.
    let words = told(&pairs).expect("measured");
    assert!(words.contains("MAE 0.0300") && words.contains("by 0.0500"), "{words}");
    pairs.kind = "transplanted".into();
    assert_eq!(told(&pairs), None, "one date");
}
