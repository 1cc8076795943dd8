//! The figures of every set: tables, intervals, and image by image.

use super::text::{counted, escape, slug};
use super::{Document, forest, scatter, tables};
use crate::evaluation::report::{LeftOut, SetReport};

/// Every set, apart.
pub(super) fn section(document: &Document<'_>) -> Option<String> {
    let report = document.report;
    if report.sets.is_empty() {
        return None;
    }
    let mut html = String::new();
    for (number, set) in report.sets.iter().enumerate() {
        html.push_str(&format!(
            "<article id=\"set-{number}-{}\">\n<h3>{}</h3>\n<p>{}</p>\n",
            slug(&set.name),
            escape(&set.name),
            escape(&describe(set))
        ));
        html.push_str(&tables::by_cover(set, &report.baseline));
        html.push_str(&forest::plot(report, set).unwrap_or_default());
        html.push_str(&scatter::plots(report, set).unwrap_or_default());
        html.push_str(&tables::image_by_image(set, &report.baseline));
        html.push_str("</article>\n");
    }
    Some(html)
}

/// What the set is, in a sentence or two.
fn describe(set: &SetReport) -> String {
    let distinct = |names: &mut Vec<&str>| {
        names.sort_unstable();
        names.dedup();
        names.len()
    };
    let scenes = distinct(&mut set.images.iter().map(|image| image.scene.as_str()).collect());
    let what = format!(
        "{} of {}, {}.",
        counted(set.images.len(), "image"),
        counted(scenes, "scene"),
        counted(set.bands.len(), "band")
    );
    if set.donors.is_empty() {
        return format!("{what} Each cloudy date is measured against a clear date of the same place.");
    }
    let count = |why| set.donors.iter().filter(|donor| donor.left_out == why).count();
    format!(
        "{what} Real cloud of other scenes lies over clear scenes, so the truth is exact. {} of {} lent their cloud; left out: {} with under 5 % of cloud, {} that hide the whole place, {} whose cloud hardly shows.",
        count(None),
        counted(set.donors.len(), "scene"),
        count(Some(LeftOut::Clear)),
        count(Some(LeftOut::Overcast)),
        count(Some(LeftOut::Nothing))
    )
}
