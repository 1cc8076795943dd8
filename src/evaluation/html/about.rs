//! Where the figures come from: models, data, method, configuration.

use super::Document;
use super::text::{counted, escape};
use crate::evaluation::report::ModelReport;

/// What all Sentinel-2 images ask for.
const COPERNICUS: &str =
    "All images contain modified Copernicus Sentinel data, which may be used freely with that attribution.";

/// Each model as its file describes it.
pub(super) fn models(document: &Document<'_>) -> Option<String> {
    let models = &document.report.models;
    (!models.is_empty()).then(|| models.iter().map(model).collect())
}

fn model(model: &ModelReport) -> String {
    let bands: Vec<_> = model.bands.iter().map(|band| band.name()).collect();
    let or_none = |text: &str| if text.is_empty() { "not stated".to_owned() } else { text.to_owned() };
    let facts = [
        ("File", model.path.display().to_string()),
        ("SHA-256", model.sha256.clone()),
        ("Preset", model.preset.to_string()),
        ("Level and bands", format!("{}: {}", model.level, bands.join(" "))),
        (
            "Training",
            format!(
                "{}, seed {}, declouder {}",
                counted(model.step as usize, "step"),
                model.seed,
                or_none(&model.declouder)
            ),
        ),
        ("Patch stores", or_none(&model.fingerprint)),
        ("Licence of the weights", or_none(&model.licence)),
    ];
    let mut html = format!("<h3>{}</h3>\n<dl class=\"facts\">\n", escape(&model.name));
    for (name, value) in facts {
        html.push_str(&format!("<dt>{name}</dt><dd>{}</dd>\n", escape(&value)));
    }
    html.push_str("</dl>\n");
    if model.data.is_empty() {
        html.push_str("<p>The file does not say what the model was trained on.</p>\n");
        return html;
    }
    html.push_str("<div class=\"wide\"><table>\n<caption>Training data, by the model's file</caption>\n<thead><tr><th scope=\"col\">Data</th><th scope=\"col\">Patches</th><th scope=\"col\">Licence</th><th scope=\"col\">Attribution</th></tr></thead>\n<tbody>\n");
    for data in &model.data {
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&data.name),
            data.patches,
            escape(&or_none(&data.licence)),
            escape(&or_none(&data.attribution))
        ));
    }
    html.push_str("</tbody></table></div>\n");
    html
}

/// The test data and their licences.
pub(super) fn data(document: &Document<'_>) -> Option<String> {
    let report = document.report;
    let mut html = format!(
        "<p>{COPERNICUS}</p>\n<div class=\"wide\"><table>\n<caption>Test data</caption>\n<thead><tr><th scope=\"col\">Set</th><th scope=\"col\">Kind</th><th scope=\"col\">Images</th><th scope=\"col\">Licence and attribution</th><th scope=\"col\">Masks</th></tr></thead>\n<tbody>\n"
    );
    for (number, set) in report.sets.iter().enumerate() {
        let licence = report.config.sets.get(number).and_then(|config| config.licence.as_deref());
        let mut masks: Vec<_> = set.images.iter().map(|image| image.mask.as_str()).collect();
        masks.sort_unstable();
        masks.dedup();
        let shown: Vec<_> = masks.iter().take(3).copied().collect();
        let more = if masks.len() > shown.len() {
            format!("; {} more", masks.len() - shown.len())
        } else {
            String::new()
        };
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>\n",
            escape(&set.name),
            escape(&set.kind),
            set.images.len(),
            escape(licence.unwrap_or("not stated; a protocol file may say it (licence = \"…\")")),
            escape(&format!("{}{more}", shown.join("; ")))
        ));
    }
    html.push_str("</tbody></table></div>\n");
    (!report.sets.is_empty()).then_some(html)
}

/// How every number was taken.
pub(super) fn method(document: &Document<'_>) -> Option<String> {
    list(&document.report.notes)
}

/// What the analyst should know.
pub(super) fn warnings(document: &Document<'_>) -> Option<String> {
    list(&document.report.warnings)
}

fn list(lines: &[String]) -> Option<String> {
    let items: String = lines.iter().map(|line| format!("<li>{}</li>\n", escape(line))).collect();
    (!items.is_empty()).then(|| format!("<ul>\n{items}</ul>\n"))
}

/// The configuration, to be run again.
pub(super) fn configuration(document: &Document<'_>) -> Option<String> {
    let text = toml::to_string_pretty(&document.report.config).ok()?;
    Some(format!(
        "<p>As a file for <code>declouder evaluate --config</code>; relative paths are those of the place it was run in.</p>\n<pre>{}</pre>\n",
        escape(&text)
    ))
}
