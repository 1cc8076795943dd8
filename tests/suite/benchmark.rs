//! `declouder benchmark`: every part is there, measured or with the reason why not.

use std::path::PathBuf;

use declouder::benchmark::{Options, run};
use declouder::compute::Choice;
use declouder::progress::{CancelFlag, Monitor, Silent};

fn options(python: Option<&str>) -> Options {
    Options { rounds: 3, device: Choice::Cpu, python: python.map(PathBuf::from) }
}

#[test]
fn parts_are_measured_beside_their_peers_or_say_why_not() {
    let report = run(&options(Some("/no/such/python")), &Silent).unwrap();
    let parts: Vec<_> = report.figures.iter().map(|figure| figure.part).collect();
    assert_eq!(parts, ["fill", "convolution", "device", "inference", "training"]);
    for figure in &report.figures {
        assert_ne!(figure.turns.is_some(), figure.missing.is_some(), "{}", figure.part);
    }
    let turns = report.figures[0].turns.as_ref().unwrap();
    assert_eq!(turns.rounds(), 3);
    let [low, high] = turns.range();
    assert!(low > 0.0 && (low..=high).contains(&turns.ratio()));
    let words = report.words();
    assert!(words.contains("GDAL FillNodata") && words.contains("--device gpu"), "{words}");
    assert!(words.contains("/no/such/python does not start"), "{words}");
}

#[test]
fn it_can_be_cancelled() {
    struct Stop(CancelFlag);
    impl Monitor for Stop {
        fn is_cancelled(&self) -> bool {
            self.0.is_raised()
        }
    }
    let stop = Stop(CancelFlag::new());
    stop.0.raise();
    assert_eq!(run(&options(None), &stop).unwrap_err().to_string(), "cancelled");
}
