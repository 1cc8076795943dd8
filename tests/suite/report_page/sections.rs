//! The sections behind the figures: honesty, calibration, distribution, labels, cycles.

use declouder::evaluation::honesty::interval_coverage;

use super::super::findings::{distribution, honesty, labels};
use super::*;

const PLAIN: &str = "plain cycle";

/// A report with everything in it.
fn full() -> Report {
    let mut report = report(vec![set("one", images(9, &[0.5], &[-0.01]))]);
    report.honesty = vec![honesty(NASTY, Preset::Declouder, "one"), honesty(PLAIN, Preset::Cyclegan, "one")];
    report.sets[0].distribution = distribution(NASTY, "fill");
    report.sets[0].labels = Some(labels(NASTY));
    report
}

fn section<'a, 'd>(root: Node<'a, 'd>, id: &str) -> Node<'a, 'd> {
    root.descendants().find(|node| node.attribute("id") == Some(id)).expect(id)
}

fn figure<'a, 'd>(section: Node<'a, 'd>, class: &'static str, nth: usize) -> Node<'a, 'd> {
    with_class(section, class).filter(|node| node.has_tag_name("figure")).nth(nth).expect(class)
}

#[test]
fn a_report_that_lacks_a_part_says_how_to_get_it() {
    let mut bare = report(vec![set("one", images(3, &[0.5], &[0.0]))]);
    let words = |report: &Report, id: &str| {
        let html = page(report);
        let xml = parsed(&html);
        let part = section(xml.root_element(), id);
        assert!(
            part.descendants().all(|node| !node.has_tag_name("svg") && !node.has_tag_name("table")),
            "{id}"
        );
        text_of(part)
    };
    for (id, said) in [
        ("honesty", "--honesty"),
        ("spread-calibration", "--honesty"),
        ("distribution", "No crop under cloud was looked at"),
        ("land-cover-labels", "--labels"),
        ("full-cycles", "No pictures were kept"),
    ] {
        assert!(words(&bare, id).contains(said), "{id}");
    }
    bare.models.clear();
    assert!(words(&bare, "honesty").contains("No model was evaluated"));
}

#[test]
fn the_honesty_tests_stand_side_by_side_with_their_verdicts_and_curves() {
    let report = full();
    let html = page(&report);
    let xml = parsed(&html);
    let part = section(xml.root_element(), "honesty");
    let table = with_class(part, "goals").next().unwrap();
    let rows: Vec<Vec<String>> = table
        .descendants()
        .filter(|node| node.has_tag_name("tr"))
        .map(|row| row.children().filter(Node::is_element).map(text_of).collect())
        .collect();
    let goals = &report.honesty[0].sets[0].goals;
    assert_eq!(goals.len(), 6);
    for goal in goals {
        let row = rows.iter().find(|row| row[0] == goal.measure).unwrap();
        assert_eq!((row.len(), &row[1]), (4, &goal.wanted.to_string()), "two models: {row:?}");
        for (cell, model) in row[2..].iter().zip(&report.honesty) {
            let own = model.sets[0].goals.iter().find(|own| own.measure == goal.measure).unwrap();
            assert!(cell.starts_with(own.verdict.title()), "{cell}");
            assert!(cell.contains(&own.found_words().replace('-', "−")), "{cell}");
        }
    }
    // The four tests, and what cannot be asked of a generator without a code.
    let words = text_of(part);
    for test in ["Code swap", "Noise sensitivity", "Cloud-place probe", "Latent use"] {
        assert!(words.contains(test), "{test}");
    }
    let new = rows.iter().find(|row| row[0] == "IoU at the new place").unwrap();
    assert!(new[2].starts_with("met 0.85"), "{new:?}");
    assert!(new[3].starts_with("inconclusive") && new[3].contains("no code to swap"), "{new:?}");
    let old = rows.iter().find(|row| row[0] == "IoU at the old place").unwrap();
    assert!(old[3].starts_with("not met 0.75"), "what it restores counts: {old:?}");
    assert!(words.contains("old place 0.75, after noise of 0.02 0.11"), "{words}");
    assert!(
        words.contains(&format!("{NASTY} (declouder), 3 images: 5 met, 1 not met, 0 inconclusive")),
        "{words}"
    );

    // What was not met stands in the verdict too, and nothing else does.
    let verdict = text_of(with_class(xml.root_element(), "verdict").next().unwrap());
    assert!(verdict.contains("on one: not met: latent use, Spearman of spread and error: 0.10"), "{verdict}");
    assert!(verdict.contains("Honesty of plain cycle on one: not met: code swap, IoU at the old place"));
    assert!(!verdict.contains("positive control"), "{verdict}");

    // The curve goes through the means, for every model, and says its numbers aloud.
    let plot = figure(part, "noise", 0);
    let (x, y) = (axis(plot, "tick-x", "x"), axis(plot, "tick-y", "y"));
    let dots: Vec<(f64, f64)> =
        with_class(plot, "dot").map(|dot| (x(number(dot, "cx")), y(number(dot, "cy") + 3.5))).collect();
    let expected: Vec<(f64, f64)> = report
        .honesty
        .iter()
        .flat_map(|model| &model.sets[0].noise)
        .map(|point| (point.sigma, point.covered.unwrap().mean))
        .collect();
    assert_eq!(dots.len(), 10);
    for (dot, mean) in dots.iter().zip(&expected) {
        assert!((dot.0 - mean.0).abs() < 2e-4 && (dot.1 - mean.1).abs() < 1e-3, "{dot:?} {mean:?}");
    }
    let aloud = text_of(plot.descendants().find(|node| node.has_tag_name("desc")).unwrap());
    assert!(aloud.contains("plain cycle: 0.0100 at σ 0, 0.2100 at σ 0.005"), "{aloud}");
}

#[test]
fn calibration_is_drawn_from_the_ranks_and_said_in_words() {
    let report = full();
    let html = page(&report);
    let xml = parsed(&html);
    let part = section(xml.root_element(), "spread-calibration");
    let latent = report.honesty[0].sets[0].latent.as_ref().unwrap();
    let words = text_of(part);
    assert!(
        words.contains("in 40 % of values [37 %, 43 %]: the samples are too sure of themselves"),
        "{words}"
    );
    assert!(words.contains("0.10 [0.07, 0.13]"), "Spearman: {words}");
    assert!(words.contains("It has one surface only (cyclegan has no land code)"), "{words}");

    let plot = figure(part, "coverage", 0);
    let (x, y) = (axis(plot, "tick-x", "x"), axis(plot, "tick-y", "y"));
    let dots: Vec<_> =
        with_class(plot, "dot").map(|dot| (x(number(dot, "cx")), y(number(dot, "cy") + 3.5))).collect();
    // Of four samples: the inner pair and the outer.
    assert_eq!(interval_coverage(&latent.ranks).len(), 2);
    for (dot, (said, found)) in dots.iter().zip([(0.2, 0.1), (0.6, 0.3)]) {
        assert!((dot.0 - said).abs() < 0.01 && (dot.1 - found).abs() < 0.01, "{dots:?}");
    }
    let plot = figure(part, "ranks", 0);
    let heights: Vec<f64> = with_class(plot, "fill").map(|bar| number(bar, "height")).collect();
    assert_eq!(heights.len(), latent.ranks.len());
    for (height, part) in heights.iter().zip(&latent.ranks) {
        assert!((height / heights[0] - part / latent.ranks[0]).abs() < 0.01, "{heights:?}");
    }
    let plot = figure(part, "spread", 0);
    let (x, y) = (axis(plot, "tick-x", "x"), axis(plot, "tick-y", "y"));
    let dots: Vec<_> = with_class(plot, "dot").collect();
    assert_eq!(dots.len(), 10);
    for (dot, class) in dots.iter().zip(&latent.by_spread) {
        assert!((x(number(*dot, "cx")) - class.spread).abs() < 1e-4);
        assert!((y(number(*dot, "cy") + 3.5) - class.error).abs() < 2e-4);
    }
}

#[test]
fn distributions_are_numbers_or_the_reason_why_not() {
    let mut report = full();
    let html = page(&report);
    let xml = parsed(&html);
    let table = with_class(section(xml.root_element(), "distribution"), "figures").next().unwrap();
    let rows: Vec<Vec<String>> = table
        .descendants()
        .filter(|node| node.has_tag_name("tr"))
        .map(|row| row.children().filter(Node::is_element).map(text_of).collect())
        .collect();
    assert_eq!(rows[1], [NASTY, "240", "3.21", "2.34", "0.456", "0.61", "0.52", "0.73", "0.84"]);
    assert_eq!(rows[2][..2], ["fill", "7"]);
    assert!(rows[2][2].contains("not enough data: 12 real and 7 made crops"), "{rows:?}");

    report.sets[0].distribution.remove(0);
    let html = page(&report);
    let xml = parsed(&html);
    let part = section(xml.root_element(), "distribution");
    assert!(with_class(part, "figures").next().is_none());
    assert!(text_of(part).contains("Not enough data: 12 real and 7 made crops of 3 places; needed are 80"));
}

#[test]
fn labels_are_marked_a_demonstration_and_shown_class_by_class() {
    let mut report = full();
    let html = page(&report);
    let xml = parsed(&html);
    let part = section(xml.root_element(), "land-cover-labels");
    let mark = text_of(with_class(part, "demonstration").next().unwrap());
    assert!(mark.starts_with("Demonstration: it was measured at 0.31 <only>"), "{mark}");
    let words = text_of(part);
    assert!(words.contains("macro AP 0.31 at unseen places; 2 tiles of 120 px"), "{words}");

    let plot = figure(part, "classes", 0);
    let x = axis(plot, "tick-x", "x");
    let labels = report.sets[0].labels.as_ref().unwrap();
    let f1 = |method: &MethodLabels, class: usize| method.scores.as_ref().unwrap().classes[class].scores.f1;
    let bars: Vec<f64> = with_class(plot, "fill")
        .skip(2) // the keys
        .map(|bar| x(number(bar, "x") + number(bar, "width")))
        .collect();
    // Glaciers, which nothing shows, are left out; the class of most tiles comes first.
    let expected: Vec<f64> = [0, 1]
        .into_iter()
        .flat_map(|class| [f1(&labels.before, class), f1(&labels.after[0], class)])
        .collect();
    assert_eq!((bars.len(), expected[0], expected[1]), (4, 2.0 / 3.0, 1.0));
    for (bar, f1) in bars.iter().zip(&expected) {
        assert!((bar - f1).abs() < 0.01, "{bars:?} {expected:?}");
    }
    assert!(words.contains("Pastures (2)") && !words.contains("Glaciers"), "{words}");
    assert!(
        words.contains("cloudy date120.2500.125"),
        "same 12 %, Jaccard 0.250, probabilities 0.125: {words}"
    );

    let labels = report.sets[0].labels.as_mut().unwrap();
    (labels.tiles, labels.demonstration) = (0, false);
    let html = page(&report);
    let xml = parsed(&html);
    let part = section(xml.root_element(), "land-cover-labels");
    assert!(with_class(part, "demonstration").next().is_none());
    assert!(
        text_of(part).contains("No tile of 120 px has 2 % of cloud")
            && with_class(part, "fill").next().is_none()
    );
}
