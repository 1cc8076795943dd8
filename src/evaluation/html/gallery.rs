//! The best and the worst images, and what comes back when their cloud is put over the results again.

use super::Document;
use super::text::{absent, data_uri, escape, number, signed};
use crate::evaluation::album::{Album, Page, Shows};
use crate::evaluation::picture::{WHITE, WORST_ERROR, error_rgb};

/// The pictures of a row of the gallery.
const ROW: [Shows; 5] = [Shows::Input, Shows::Fill, Shows::Result, Shows::Truth, Shows::Error];
/// Full cycles shown of each end of a set.
const CYCLES: usize = 2;

/// Best and worst of each set.
pub(super) fn section(document: &Document<'_>) -> Option<String> {
    let album = document.album?;
    let mut html = format!(
        "<p>Ranked by {} of {}. All images are in true colour with one shared stretch (reflectance 0 to {WHITE} is black to white, gamma 1.6); cloud is outlined red, shadow blue. Images with under 2 % of cloud are not ranked. Choosing the ends shows what can happen, not what happens usually: that is in the tables.</p>\n{}",
        escape(&album.rank.title()),
        escape(&album.method),
        error_scale()
    );
    let mut some = false;
    for (number, set) in document.report.sets.iter().enumerate() {
        let (best, worst) = album.ends(number);
        if best.is_empty() && worst.is_empty() {
            continue;
        }
        some = true;
        html.push_str(&format!("<h3>{}</h3>\n", escape(&set.name)));
        html.push_str(&rows("Best", &best, album));
        html.push_str(&rows("Worst", &worst, album));
    }
    some.then_some(html)
}

fn rows(title: &str, pages: &[&Page], album: &Album) -> String {
    if pages.is_empty() {
        return String::new();
    }
    let mut html = format!("<h4>{title}</h4>\n<ol class=\"gallery\">\n");
    for page in pages {
        html.push_str(&format!(
            "<li><h5>{} <span class=\"range\">{}</span></h5>\n<div class=\"strip\">\n",
            escape(&name(page)),
            score(page, album)
        ));
        for shows in ROW {
            html.push_str(&picture(page, shows));
        }
        html.push_str("</div></li>\n");
    }
    html.push_str("</ol>\n");
    html
}

/// The pictures of a full cycle.
const CYCLE: [Shows; 4] = [Shows::Input, Shows::Fill, Shows::Result, Shows::Cycle];

/// Input, fill, result, and the input's own cloud put back.
pub(super) fn cycles(document: &Document<'_>) -> Option<String> {
    let Some(album) = document.album else {
        return absent("No pictures were kept: a report read from JSON has none.");
    };
    let mut html = format!(
        "<p>Input → fill → result → the cycle's end for {}: the cloud of the input, encoded and rendered over the result by the model's own networks. Where the last picture looks like the first the code carries the cloud; what it cannot show is whether something was hidden in the result. The code swap and the noise of the honesty tests look for that.</p>\n",
        escape(&album.method)
    );
    let mut some = false;
    for number in 0..document.report.sets.len() {
        let (best, worst) = album.ends(number);
        let both = best.into_iter().take(CYCLES).chain(worst.into_iter().take(CYCLES));
        for page in both.filter(|page| page.picture(Shows::Cycle).is_some()) {
            some = true;
            html.push_str(&format!("<h4>{}</h4>\n<div class=\"strip four\">\n", escape(&name(page))));
            for shows in CYCLE {
                html.push_str(&picture(page, shows));
            }
            html.push_str("</div>\n");
        }
    }
    if some {
        return Some(html);
    }
    absent(&format!(
        "No full cycle was kept: {} renders no cloud, or no image has enough of it.",
        album.method
    ))
}

fn name(page: &Page) -> String {
    page.donor
        .as_ref()
        .map_or_else(|| page.name.clone(), |donor| format!("{} under the cloud of {donor}", page.name))
}

/// The ranked figure with its unit.
fn score(page: &Page, album: &Album) -> String {
    let measure = album.rank.measure;
    let value = if measure.is_error() { -page.score } else { page.score };
    let digits = measure.digits();
    let shown = if album.rank.gain { signed(value, digits) } else { number(value, digits) };
    escape(&format!("{}: {shown}", album.rank.title()))
}

fn picture(page: &Page, shows: Shows) -> String {
    let Some(picture) = page.picture(shows) else { return String::new() };
    format!(
        "<figure><img src=\"{}\" width=\"{}\" height=\"{}\" alt=\"{}\"/><figcaption>{}</figcaption></figure>\n",
        data_uri("image/png", &picture.png()),
        picture.width,
        picture.height,
        escape(&format!("{}: {}", name(page), shows.title())),
        shows.title()
    )
}

/// The scale of the error pictures.
fn error_scale() -> String {
    let stops: String = (0..=8)
        .map(|i| {
            let [r, g, b] = error_rgb(WORST_ERROR * i as f32 / 8.0);
            format!("<stop offset=\"{}\" stop-color=\"rgb({r},{g},{b})\"/>", number(f64::from(i) / 8.0, 3))
        })
        .collect();
    format!(
        "<figure class=\"scale\"><svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" aria-label=\"Colours of the absolute error, from 0 to {WORST_ERROR} reflectance\" viewBox=\"0 0 300 34\" width=\"300\" height=\"34\"><defs><linearGradient id=\"error-scale\">{stops}</linearGradient></defs><rect x=\"1\" y=\"1\" width=\"298\" height=\"14\" fill=\"url(#error-scale)\"/><text class=\"tick\" x=\"1\" y=\"29\">0</text><text class=\"tick tick-y\" x=\"299\" y=\"29\">{WORST_ERROR} or more</text></svg><figcaption>Absolute error, mean over bands (reflectance)</figcaption></figure>\n"
    )
}
