//! The tables of a set.

use super::text::{cell, counted, escape, number, signed, signed_cell};
use crate::evaluation::report::{ImageReport, MethodReport, SetReport, Subset};
use crate::metrics::{Measure, Region};

/// Every method by cover, under cloud, with 95 % intervals.
pub(super) fn by_cover(set: &SetReport, baseline: &str) -> String {
    let mut html = String::from("<div class=\"wide\"><table class=\"figures\">\n");
    html.push_str(&format!(
        "<caption>Under cloud, by cover: means over images with 95 % intervals. Differences are to {}, image by image; ▲ marks measures of which more is better, ▼ those of which less is.</caption>\n<thead><tr><th scope=\"col\">Method</th>",
        escape(baseline)
    ));
    for measure in Measure::EVERY {
        let arrow = if measure.is_error() { "▼" } else { "▲" };
        html.push_str(&format!("<th scope=\"col\">{} {arrow}</th>", unit(measure)));
    }
    html.push_str(
        "<th scope=\"col\">PSNR difference (dB)</th><th scope=\"col\">MAE change (%)</th></tr></thead>\n",
    );
    let columns = Measure::EVERY.len() + 3;
    for subset in Subset::EVERY {
        html.push_str(&group(set, (subset, Region::Cloud), columns));
    }
    if set.methods.iter().any(|method| method.group(Subset::Any, Region::Aligned).is_some()) {
        html.push_str(&group(set, (Subset::Any, Region::Aligned), columns));
    }
    html.push_str("</table></div>\n");
    html
}

/// Every method over a group of images, under its heading.
fn group(set: &SetReport, of: (Subset, Region), columns: usize) -> String {
    let rows: String = set.methods.iter().filter_map(|method| row(method, of)).collect();
    let title = escape(&heading(set, of));
    format!(
        "<tbody><tr class=\"group\"><th scope=\"rowgroup\" colspan=\"{columns}\">{title}</th></tr>\n{rows}</tbody>\n"
    )
}

fn heading(set: &SetReport, (subset, region): (Subset, Region)) -> String {
    let title = match subset {
        Subset::Any if region == Region::Aligned => {
            "All images, against the clear date in the light of the cloudy one"
        }
        Subset::Any => "All images",
        Subset::Low => "Cover under 20 %",
        Subset::Middle => "Cover of 20 to 60 %",
        Subset::High => "Cover over 60 %",
        Subset::Thin => "Thin cloud, of whatever cover",
    };
    let groups = set.methods.iter().filter_map(|method| method.group(subset, region));
    let largest =
        groups.filter_map(|group| group.measures.get(&Measure::Mae)).max_by_key(|interval| interval.images);
    match largest {
        Some(found) => format!(
            "{title} – {} of {}{}",
            counted(found.images, "image"),
            counted(found.scenes, "scene"),
            found.donors.map_or_else(String::new, |donors| format!(" and {}", counted(donors, "donor")))
        ),
        None => format!("{title} – no image with enough cloud"),
    }
}

fn row(method: &MethodReport, (subset, region): (Subset, Region)) -> Option<String> {
    let group = method.group(subset, region)?;
    let mut row =
        format!("<tr><th scope=\"row\" title=\"{}\">{}</th>", escape(&method.summary), escape(&method.name));
    for measure in Measure::EVERY {
        row.push_str(&format!("<td>{}</td>", cell(group.measures.get(&measure), measure)));
    }
    row.push_str(&format!("<td>{}</td>", signed_cell(group.against_baseline.get(&Measure::Psnr), 2)));
    row.push_str(&format!("<td>{}</td></tr>\n", signed_cell(group.change_percent.get(&Measure::Mae), 1)));
    Some(row)
}

/// A measure's name with its unit; errors of reflectance have none but that.
fn unit(measure: Measure) -> &'static str {
    match measure {
        Measure::Mae => "MAE (reflectance)",
        Measure::Rmse => "RMSE (reflectance)",
        other => other.title(),
    }
}

/// Every image, folded away.
pub(super) fn image_by_image(set: &SetReport, baseline: &str) -> String {
    let mut html = format!(
        "<details><summary>Image by image ({})</summary>\n<div class=\"wide\"><table class=\"figures\">\n<caption>Under cloud: PSNR in dB, in brackets its difference to {}, and MAE in reflectance</caption>\n<thead><tr><th scope=\"col\">Image</th><th scope=\"col\">Cover (%)</th><th scope=\"col\">Visible excess</th>",
        set.images.len(),
        escape(baseline)
    );
    for method in &set.methods {
        html.push_str(&format!("<th scope=\"col\">{}</th>", escape(&method.name)));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for image in &set.images {
        let lent = image.lent.as_ref().map_or_else(String::new, |lent| format!(" under {}", lent.donor));
        html.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td>",
            escape(&format!("{}{lent}", image.name)),
            number(100.0 * image.cover, 1),
            image.excess.map_or_else(|| "–".to_owned(), |excess| number(excess, 2))
        ));
        for method in &set.methods {
            html.push_str(&format!("<td>{}</td>", one(image, &method.name)));
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody></table></div></details>\n");
    html
}

fn one(image: &ImageReport, method: &str) -> String {
    let Some(cloud) = image.results.get(method).and_then(|result| result.region(Region::Cloud)) else {
        return "–".to_owned();
    };
    let value = |measure: Measure| {
        cloud.get(measure).map_or_else(|| "–".to_owned(), |value| number(value, measure.digits()))
    };
    let difference = image
        .against_baseline
        .get(method)
        .and_then(|regions| regions.get(&Region::Cloud)?.get(&Measure::Psnr))
        .map_or_else(String::new, |value| format!(" ({})", signed(*value, 2)));
    format!("{}{difference}, {}", value(Measure::Psnr), value(Measure::Mae))
}
