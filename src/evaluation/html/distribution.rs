//! Every method's crops under cloud as a distribution, beside the clear truth's.

use super::Document;
use super::text::{absent, escape, number, signed};
use crate::evaluation::report::{DistributionReport, SetReport};
use crate::metrics::distribution::{Distances, Distribution};

/// The columns: title, and whether more is better.
const COLUMNS: [(&str, bool); 7] = [
    ("FD", false),
    ("FD∞", false),
    ("KID", false),
    ("Precision", true),
    ("Recall", true),
    ("Density", true),
    ("Coverage", true),
];

/// Every set, apart.
pub(super) fn section(document: &Document<'_>) -> Option<String> {
    let sets = &document.report.sets;
    if sets.iter().all(|set| set.distribution.is_empty()) {
        return absent(
            "No crop under cloud was looked at, so nothing can be said of the results as a whole.",
        );
    }
    let mut html = String::from(
        "<p>Paired errors ask whether an image is near its truth; these ask whether all results together look like the clear dates, in their middle and in their variety. A generator that knows few images can have a low FD: only coverage and recall tell.</p>\n",
    );
    for set in sets {
        html.push_str(&format!("<h3>{}</h3>\n{}", escape(&set.name), one(set)));
    }
    Some(html)
}

fn one(set: &SetReport) -> String {
    let measured: Vec<_> =
        set.distribution.iter().filter_map(|row| Some((row, row.result.distances()?))).collect();
    let Some((_, any)) = measured.first() else {
        let why = set.distribution.first().map_or_else(
            || "No crop of it was looked at.".to_owned(),
            |row| match &row.result {
                Distribution::NotEnoughData(shortage) => sentence(&shortage.to_string()),
                Distribution::Measured(_) => String::new(),
            },
        );
        return format!("<p class=\"absent\">{}</p>\n", escape(&why));
    };
    let mut html = format!(
        "<div class=\"wide\"><table class=\"figures\">\n<caption>Crops of 64 px at least half under cloud against {} of the clear dates from {} places, in {} directions that hold {} % of their variance. ▲ more is better, ▼ less is; FD and KID compare methods on this set only.</caption>\n<thead><tr><th scope=\"col\">Method</th><th scope=\"col\">Crops</th>",
        any.crops.real,
        any.places.real,
        any.dimensions,
        number(100.0 * any.explained, 0)
    );
    for (title, more) in COLUMNS {
        html.push_str(&format!("<th scope=\"col\">{title} {}</th>", if more { "▲" } else { "▼" }));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &set.distribution {
        html.push_str(&table_row(row));
    }
    html.push_str("</tbody></table></div>\n");
    html.push_str(&moved(&measured));
    html
}

fn table_row(row: &DistributionReport) -> String {
    let mut html = format!("<tr><th scope=\"row\">{}</th>", escape(&row.method));
    match &row.result {
        Distribution::Measured(found) => {
            html.push_str(&format!("<td>{}</td>", found.crops.made));
            for value in cells(found) {
                html.push_str(&format!("<td>{value}</td>"));
            }
        }
        Distribution::NotEnoughData(shortage) => html.push_str(&format!(
            "<td>{}</td><td colspan=\"{}\">{}</td>",
            shortage.crops.made,
            COLUMNS.len(),
            escape(&shortage.to_string())
        )),
    }
    html.push_str("</tr>\n");
    html
}

fn cells(found: &Distances) -> [String; 7] {
    let neighbours = &found.neighbours;
    [
        number(found.fd, 2),
        number(found.fd_infinity.fd, 2),
        number(found.kid, 3),
        number(neighbours.precision, 2),
        number(neighbours.recall, 2),
        number(neighbours.density, 2),
        number(neighbours.coverage, 2),
    ]
}

/// What to look at where a distance is large.
fn moved(measured: &[(&DistributionReport, &Distances)]) -> String {
    let mut html = String::from("<details><summary>Which features moved most</summary>\n<ul>\n");
    for (row, found) in measured {
        let shifts: Vec<_> = found
            .moved
            .iter()
            .map(|shift| format!("{} {} σ", shift.feature, signed(shift.deviations, 1)))
            .collect();
        html.push_str(&format!(
            "<li><strong>{}</strong>: {}</li>\n",
            escape(&row.method),
            escape(&shifts.join(", "))
        ));
    }
    html.push_str(
        "</ul>\n<p>Means of features against the clear dates', in their standard deviations.</p></details>\n",
    );
    html
}

/// A clause as a sentence.
fn sentence(clause: &str) -> String {
    let mut letters = clause.chars();
    letters.next().map_or_else(String::new, |first| format!("{}{}.", first.to_uppercase(), letters.as_str()))
}
