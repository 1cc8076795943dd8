//! The report as a page: well-formed, escaped, its verdict by rule, its plots and pictures those of the report.
#![cfg(feature = "gdal")]

use std::collections::BTreeMap;

use declouder::bands::{Band, Level};
use declouder::evaluation::album::{Album, Rank, Shows};
use declouder::evaluation::curves::Curves;
use declouder::evaluation::html::{Document, render};
use declouder::evaluation::report::{
    Differences, ImageReport, MethodLabels, ModelReport, SetReport, Subset, notes, summarise,
};
use declouder::evaluation::{EvaluateConfig, Report, SetConfig, evaluate_watched};
use declouder::metrics::{Comparison, Measure, Measures, Region};
use declouder::networks::{DataSource, Preset};
use declouder::progress::Silent;
use roxmltree::{Document as Xml, Node, ParsingOptions};

mod sections;
mod verdicts;

use super::fixtures::Raster;
use super::support::{declouder, outcome};

const NASTY: &str = "m<b>&\"'x";

/// An image by the fill and a model: PSNR of both and MAE of both.
fn image(name: &str, scene: &str, cover: f64, psnr: (f64, f64), mae: (f64, f64)) -> ImageReport {
    let measures = |psnr, mae| Measures { psnr: Some(psnr), mae: Some(mae), ..Measures::default() };
    let comparison = |m: Measures| Comparison { all: m, cloud: Some(m), clear: None, aligned: None };
    let (fill, model) = (measures(psnr.0, mae.0), measures(psnr.1, mae.1));
    let difference = [(Measure::Psnr, psnr.1 - psnr.0), (Measure::Mae, mae.1 - mae.0)];
    let differences: Differences = [(Region::Cloud, difference.into_iter().collect())].into();
    ImageReport {
        name: name.into(),
        scene: scene.into(),
        lent: None,
        files: None,
        cover,
        excess: Some(0.3),
        thin: Some(false),
        mask: "by hand".into(),
        results: [("fill".to_owned(), comparison(fill)), (NASTY.to_owned(), comparison(model))].into(),
        against_baseline: [(NASTY.to_owned(), differences)].into(),
    }
}

fn set(name: &str, images: Vec<ImageReport>) -> SetReport {
    SetReport {
        name: name.into(),
        kind: "pairs".into(),
        bands: vec![Band::B02, Band::B03],
        donors: Vec::new(),
        distribution: Vec::new(),
        labels: None,
        methods: summarise(&images, &[("fill", "the fill"), (NASTY, "a model")], "fill"),
        images,
    }
}

fn model() -> ModelReport {
    ModelReport {
        name: NASTY.into(),
        path: "models/a&b.safetensors".into(),
        sha256: "0f".repeat(32),
        preset: Preset::Declouder,
        level: Level::L1C,
        bands: vec![Band::B02, Band::B03],
        step: 900,
        seed: 1,
        declouder: "0.1.0".into(),
        data: vec![DataSource {
            name: "patches <1>".into(),
            licence: "CC-BY-4.0".into(),
            attribution: "A & B".into(),
            patches: 12,
        }],
        fingerprint: "abc".into(),
        licence: "CC-BY-4.0".into(),
        metrics: BTreeMap::new(),
    }
}

fn report(sets: Vec<SetReport>) -> Report {
    Report {
        declouder: "0.1.0".into(),
        config: EvaluateConfig {
            methods: Vec::new(),
            sets: sets
                .iter()
                .map(|set| SetConfig {
                    name: Some(set.name.clone()),
                    data: "data/<x>".into(),
                    licence: (set.name == "licensed").then(|| "CC0 by \"us\"".into()),
                    ..SetConfig::default()
                })
                .collect(),
            ..EvaluateConfig::default()
        },
        baseline: "fill".into(),
        models: vec![model()],
        notes: notes(),
        warnings: vec!["a < b".into()],
        sets,
        honesty: Vec::new(),
    }
}

/// Images of as many scenes, whose gains go round a list.
fn images(count: usize, gains: &[f64], errors: &[f64]) -> Vec<ImageReport> {
    (0..count)
        .map(|i| {
            let base = 20.0 + (i % 7) as f64;
            let (gain, error) = (gains[i % gains.len()], errors[i % errors.len()]);
            let cover = [0.1, 0.4, 0.8][i % 3];
            image(&format!("i{i}"), &format!("s{i}"), cover, (base, base + gain), (0.05, 0.05 + error))
        })
        .collect()
}

fn parsed(html: &str) -> Xml<'_> {
    let options = ParsingOptions { allow_dtd: true, ..ParsingOptions::default() };
    Xml::parse_with_options(html, options).expect("well-formed XML")
}

fn page(report: &Report) -> String {
    render(&Document { report, album: None, trainings: &[] })
}

fn with_class<'a, 'd>(root: Node<'a, 'd>, class: &'static str) -> impl Iterator<Item = Node<'a, 'd>> {
    root.descendants().filter(move |node| {
        node.attribute("class").is_some_and(|own| own.split(' ').any(|word| word == class))
    })
}

fn text_of(node: Node<'_, '_>) -> String {
    node.descendants().filter_map(|node| node.text().filter(|_| node.is_text())).collect()
}

#[test]
fn the_page_is_well_formed_complete_in_itself_and_escapes_every_name() {
    let mut report = report(vec![
        set("licensed", images(9, &[0.5, 1.0], &[-0.01])),
        set("b & <c>", images(3, &[0.0], &[0.0])),
    ]);
    report.sets[0].images[0].name = "<script>alert(1)</script>\u{8}".into();
    let html = page(&report);
    let xml = parsed(&html);
    let root = xml.root_element();
    assert!(!html.contains("<script"), "no script, ours or another's");
    for node in root.descendants() {
        for attribute in node.attributes() {
            let value = attribute.value();
            match attribute.name() {
                "href" => assert!(value.starts_with('#'), "{value}"),
                "src" => assert!(value.starts_with("data:image/png;base64,"), "{value}"),
                _ => {}
            }
        }
    }
    assert!(!html.contains("@import") && !html.replace("url(#", "").contains("url("));
    let words = text_of(root);
    for word in [
        NASTY,
        "b & <c>",
        "a < b",
        "A & B",
        "patches <1>",
        "CC0 by \"us\"",
        "0f0f0f",
        "<script>alert(1)</script>",
    ] {
        assert!(words.contains(word), "{word} is said");
    }
    // Every link leads somewhere, and no name is given twice.
    let ids: Vec<_> = root.descendants().filter_map(|node| node.attribute("id")).collect();
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(ids.len(), distinct.len());
    for link in root.descendants().filter_map(|node| node.attribute("href")) {
        assert!(ids.contains(&&link[1..]), "{link}");
    }
    // Read aloud: every table has a caption and headers with a scope, every picture and plot its words.
    for table in root.descendants().filter(|node| node.has_tag_name("table")) {
        assert!(table.children().any(|node| node.has_tag_name("caption")));
    }
    assert!(
        root.descendants().filter(|node| node.has_tag_name("th")).all(|node| node.has_attribute("scope"))
    );
    let plots = root.descendants().filter(|node| node.has_tag_name("svg"));
    assert!(plots.clone().count() >= 4);
    assert!(plots.clone().all(|node| node.attribute("aria-label").is_some_and(|label| label.len() > 10)));
}

/// The line through an axis's ticks: value = a + b · place.
fn axis(svg: Node<'_, '_>, class: &'static str, place: &str) -> impl Fn(f64) -> f64 {
    let ticks: Vec<(f64, f64)> = with_class(svg, class)
        .map(|tick| {
            let at: f64 = tick.attribute(place).unwrap().parse().unwrap();
            (at, tick.text().unwrap().replace('−', "-").parse().unwrap())
        })
        .collect();
    let (first, last) = (ticks[0], ticks[ticks.len() - 1]);
    let slope = (last.1 - first.1) / (last.0 - first.0);
    move |at| first.1 + slope * (at - first.0)
}

fn number(node: Node<'_, '_>, name: &str) -> f64 {
    node.attribute(name).unwrap().parse().unwrap()
}

#[test]
fn the_plots_show_the_numbers_of_the_report() {
    let report = report(vec![set("one", images(9, &[0.5, 1.5, -0.25], &[-0.01]))]);
    let html = page(&report);
    let xml = parsed(&html);
    let root = xml.root_element();

    let scatter = with_class(root, "scatter").next().unwrap();
    let (x, y) = (axis(scatter, "tick-x", "x"), axis(scatter, "tick-y", "y"));
    let shown: Vec<_> = with_class(scatter, "point")
        // Ticks' words hang 3.5 units below their place.
        .map(|point| (x(number(point, "cx")), y(number(point, "cy") + 3.5)))
        .collect();
    assert_eq!(shown.len(), 9);
    for (image, (x, y)) in report.sets[0].images.iter().zip(shown) {
        let psnr = |method: &str| image.results[method].cloud.unwrap().psnr.unwrap();
        assert!((psnr("fill") - x).abs() < 0.01 && (psnr(NASTY) - y).abs() < 0.01, "{x} {y}");
    }

    let forest = with_class(root, "forest").next().unwrap();
    let x = axis(forest, "tick-x", "x");
    let method = &report.sets[0].methods[1];
    let rows: Vec<_> = Subset::EVERY
        .into_iter()
        .filter_map(|subset| Some(method.group(subset, Region::Cloud)?.against_baseline[&Measure::Psnr]))
        .collect();
    let marks: Vec<_> = with_class(forest, "mark").collect();
    assert_eq!((rows.len(), marks.len()), (4, 4));
    for (row, mark) in rows.iter().zip(marks) {
        assert!((x(number(mark, "cx")) - row.mean).abs() < 0.01);
        let height = number(mark, "cy");
        let bar = with_class(forest, "bar").find(|bar| number(*bar, "y1") == height).unwrap();
        assert!((x(number(bar, "x1")) - row.low.unwrap()).abs() < 0.01);
        assert!((x(number(bar, "x2")) - row.high.unwrap()).abs() < 0.01);
        // The colour is the finding's.
        let class = match (row.low.unwrap(), row.high.unwrap()) {
            (low, _) if low > 0.0 => "better",
            (_, high) if high < 0.0 => "worse",
            _ => "open",
        };
        assert!(mark.attribute("class").unwrap().ends_with(class));
    }

    let table = with_class(root, "figures").next().unwrap();
    let cells = text_of(table).replace('−', "-");
    let whole = rows[0];
    let words = format!("{:+.2} [{:+.2}, {:+.2}]", whole.mean, whole.low.unwrap(), whole.high.unwrap());
    assert!(cells.contains(&words), "{words} in {cells}");
}

#[test]
fn curves_go_through_their_points() {
    let mut training = Curves { name: "run".into(), ..Curves::default() };
    training.validation.insert("real.model.psnr".into(), vec![(100, 25.0), (300, 27.0)]);
    training.validation.insert("real.fill.psnr".into(), vec![(100, 26.0), (300, 26.0)]);
    training
        .losses
        .insert("cycle".into(), (0..1000).map(|step| (step, 1000.0 / (step + 1) as f64)).collect());
    let report = report(vec![set("one", images(3, &[0.5], &[0.0]))]);
    let html = render(&Document { report: &report, album: None, trainings: &[training] });
    let xml = parsed(&html);
    let plot = with_class(xml.root_element(), "curves").next().unwrap();
    let (x, y) = (axis(plot, "tick-x", "x"), axis(plot, "tick-y", "y"));
    let line = with_class(plot, "curve").find(|line| text_of(*line) == "real.model").unwrap();
    let points: Vec<(f64, f64)> = line
        .attribute("points")
        .unwrap()
        .split(' ')
        .map(|point| {
            let (a, b) = point.split_once(',').unwrap();
            (x(a.parse().unwrap()), y(b.parse::<f64>().unwrap() + 3.5))
        })
        .collect();
    assert!((points[0].0 - 100.0).abs() < 1.0 && (points[0].1 - 25.0).abs() < 0.02, "{points:?}");
    assert!((points[1].0 - 300.0).abs() < 1.0 && (points[1].1 - 27.0).abs() < 0.02, "{points:?}");
    let loss = with_class(xml.root_element(), "small").next().unwrap();
    let line = with_class(loss, "curve").next().unwrap();
    assert!(line.attribute("points").unwrap().split(' ').count() <= 300, "long runs are thinned");
}

/// Pairs of one land under clouds of several sizes.
fn made_pairs(folder: &std::path::Path, columns: &[usize]) -> SetConfig {
    let (pairs, masks) = (folder.join("pairs"), folder.join("masks"));
    for place in [pairs.join("cloudy"), pairs.join("clear"), masks.clone()] {
        std::fs::create_dir_all(place).unwrap();
    }
    let raster = Raster { width: 64, height: 48, bands: &["B02", "B03", "B04", "B08"], ..Raster::default() };
    let land = |band: usize, x: usize, y: usize| (900 + 300 * band + 14 * x + 6 * (y % 7)) as u16;
    for (number, &columns) in columns.iter().enumerate() {
        let name = format!("pair{number}.tif");
        raster.write(&pairs.join("clear").join(&name), land);
        raster.write(
            &pairs.join("cloudy").join(&name),
            |band, x, y| {
                if x < columns { 7000 } else { land(band, x, y) }
            },
        );
        Raster { bands: &["mask"], ..raster }.write(&masks.join(&name), |_, x, _| u8::from(x < columns));
    }
    SetConfig { data: pairs, masks: Some(masks), ..SetConfig::default() }
}

#[test]
fn the_gallery_holds_the_ends_of_the_ranking_in_order() {
    let home = tempfile::tempdir().unwrap();
    let columns = [8, 40, 16, 56, 24, 48, 32, 0, 1];
    let set = made_pairs(home.path(), &columns);
    let methods = vec!["input".into(), "fill".into()];
    let config = EvaluateConfig { methods, sets: vec![set], ..EvaluateConfig::default() };
    for (rank, most) in [("psnr", 2), ("mae", 2), ("psnr-gain", 1), ("psnr", 50)] {
        let rank: Rank = rank.parse().unwrap();
        let method = if rank.gain { "input" } else { "fill" };
        let mut album = Album::new(method, rank, most, 32);
        let config = EvaluateConfig { methods: vec!["fill".into(), "input".into()], ..config.clone() };
        let report = evaluate_watched(&config, &[], &mut album, &Silent).unwrap();
        // By hand, from the report itself. Baselines come in their own order: the input before the fill.
        let score = |image: &ImageReport| {
            let value = image.results[method].cloud?.get(rank.measure)?;
            Some(if rank.measure.is_error() { -value } else { value })
        };
        let mut order: Vec<_> = report.sets[0]
            .images
            .iter()
            .filter(|image| image.cover >= 0.02)
            .filter_map(|image| Some((score(image)?, image.name.clone())))
            .collect();
        order.sort_by(|a, b| b.0.total_cmp(&a.0));
        let names: Vec<_> = order.iter().map(|(_, name)| name.as_str()).collect();
        let (best, worst) = album.ends(0);
        let shown = |pages: &[&declouder::evaluation::album::Page]| {
            pages.iter().map(|page| page.name.clone()).collect::<Vec<_>>()
        };
        if rank.gain {
            // The input is measured before the fill, so it has nothing to gain on.
            assert!(best.is_empty() && worst.is_empty());
            continue;
        }
        assert_eq!(names.len(), 7, "pairs with under 2 % of cloud are not ranked");
        let half = most.min(4);
        assert_eq!(shown(&best), names[..half], "{rank}");
        let last: Vec<_> = names.iter().rev().take(most.min(7 - half)).copied().collect();
        assert_eq!(shown(&worst), last, "{rank}");
        assert!(album.pages(0).len() <= 2 * most);
        for page in best {
            let input = page.picture(Shows::Input).unwrap();
            assert_eq!((input.width, input.height), (32, 24));
            assert!(page.picture(Shows::Truth).is_some() && page.picture(Shows::Fill).is_none());
            assert!(page.file.ends_with(format!("cloudy/{}.tif", page.name)));
        }
        let html = render(&Document { report: &report, album: Some(&album), trainings: &[] });
        let xml = parsed(&html);
        let heads: Vec<_> = with_class(xml.root_element(), "gallery")
            .flat_map(|list| list.descendants().filter(|node| node.has_tag_name("h5")).collect::<Vec<_>>())
            .map(|head| head.text().unwrap().trim().to_owned())
            .collect();
        let all: Vec<_> = names[..half]
            .iter()
            .map(|name| (*name).to_owned())
            .chain(last.iter().map(|name| (*name).to_owned()))
            .collect();
        assert_eq!(heads, all);
        let pictures = xml.root_element().descendants().filter(|node| node.has_tag_name("img"));
        assert!(
            pictures.clone().count() == 4 * all.len() && pictures.clone().all(|img| img.has_attribute("alt"))
        );
    }
}

#[test]
fn the_command_writes_what_the_names_end_in() {
    let home = tempfile::tempdir().unwrap();
    let set = made_pairs(home.path(), &[16, 40]);
    let (page, json) = (home.path().join("r.html"), home.path().join("r.json"));
    let masks = set.masks.unwrap();
    let run = |outputs: &[&std::path::Path]| {
        let mut args: Vec<&std::ffi::OsStr> =
            vec!["evaluate".as_ref(), set.data.as_ref(), "--masks".as_ref(), masks.as_ref()];
        for output in outputs {
            args.extend(["-o".as_ref(), output.as_os_str()]);
        }
        args.extend(["--methods".as_ref(), "input,fill".as_ref()] as [&std::ffi::OsStr; 2]);
        outcome(&declouder(&args))
    };
    let (code, words, errors) = run(&[&page, &json]);
    assert_eq!(code, 0, "{errors}");
    assert!(words.contains("No model was evaluated"));
    let report: Report = serde_json::from_str(&std::fs::read_to_string(&json).unwrap()).unwrap();
    assert_eq!(report.sets[0].images.len(), 2);
    let html = std::fs::read_to_string(&page).unwrap();
    let words = text_of(parsed(&html).root_element());
    assert!(words.contains("Best and worst") && words.contains("pair1"));
    assert!(report.sets[0].images[0].files.as_ref().unwrap().clear.ends_with("clear/pair0.tif"));
    let (code, _, errors) = run(&[&page]);
    assert_eq!(code, 1);
    assert!(errors.contains("r.html"), "{errors}");
    assert_eq!(run(&[&home.path().join("x.html"), &home.path().join("x.html")]).0, 2);
}
