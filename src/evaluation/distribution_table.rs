//! Distributions in the Markdown of a report.

use std::fmt::Write;

use super::report::SetReport;
use crate::metrics::distribution::Distribution;

impl SetReport {
    /// A row for each method that has enough crops; one sentence where none has.
    pub(super) fn distribution_table(&self, text: &mut String) {
        let Some(first) = self.distribution.first() else { return };
        let measured: Vec<_> =
            self.distribution.iter().filter_map(|row| Some((row, row.result.distances()?))).collect();
        let Some((_, any)) = measured.first() else {
            if let Distribution::NotEnoughData(shortage) = &first.result {
                let _ = writeln!(text, "\n**Distribution** (crops of 64 px under cloud): {shortage}.");
            }
            return;
        };
        let _ = writeln!(
            text,
            "\n**Distribution** (crops of 64 px under cloud: {} real ones of {} places; {} directions hold {:.0} % of their variance)\n\n| method | crops | FD | FD∞ | KID | precision | recall | density | coverage |\n|---|{}",
            any.crops.real,
            any.places.real,
            any.dimensions,
            100.0 * any.explained,
            "--:|".repeat(8),
        );
        for row in &self.distribution {
            let _ = match &row.result {
                Distribution::Measured(found) => writeln!(
                    text,
                    "| {} | {} | {:.2} | {:.2} | {:.3} | {:.2} | {:.2} | {:.2} | {:.2} |",
                    row.method,
                    found.crops.made,
                    found.fd,
                    found.fd_infinity.fd,
                    found.kid,
                    found.neighbours.precision,
                    found.neighbours.recall,
                    found.neighbours.density,
                    found.neighbours.coverage,
                ),
                Distribution::NotEnoughData(shortage) => {
                    writeln!(text, "| {} | {} |{}", row.method, shortage.crops.made, " – |".repeat(7))
                }
            };
        }
    }
}
