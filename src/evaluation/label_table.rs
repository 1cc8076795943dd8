//! Labels before and after in the Markdown of a report.

use std::fmt::Write;

use super::report::SetReport;

impl SetReport {
    /// A row for the cloudy date and for each method; one sentence where no tile could be looked at.
    pub(super) fn label_table(&self, text: &mut String) {
        let Some(labels) = &self.labels else { return };
        let mark = if labels.demonstration {
            format!("DEMONSTRATION: {}. ", labels.reasons.join("; "))
        } else {
            String::new()
        };
        let classifier = &labels.classifier;
        if labels.tiles == 0 {
            let _ = writeln!(
                text,
                "\n**Labels** by {classifier}: no tile of {} px has 2 % of cloud and is at least half measured on both dates.",
                labels.tile_px
            );
            return;
        }
        let _ = writeln!(
            text,
            "\n**Labels** by {classifier} against those of the clear dates ({} tiles of {} px with cloud). {mark}\n\n| image | same labels | Jaccard | probabilities differ by | micro F1 | micro F2 |\n|---|{}",
            labels.tiles,
            labels.tile_px,
            "--:|".repeat(5),
        );
        for method in std::iter::once(&labels.before).chain(&labels.after) {
            let part = &method.agreement;
            let micro = method.scores.as_ref().map(|scores| scores.micro).unwrap_or_default();
            let _ = writeln!(
                text,
                "| {} | {:.0} % | {:.3} | {:.3} | {:.2} | {:.2} |",
                method.method,
                100.0 * part.same,
                part.jaccard,
                part.probability,
                micro.f1,
                micro.f2
            );
        }
    }
}
