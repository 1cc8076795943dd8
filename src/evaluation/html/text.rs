//! Text and numbers for the page.

use crate::evaluation::bootstrap::Interval;
use crate::metrics::Measure;

/// Text that may stand in an element or in a quoted attribute. Characters that XML cannot hold become U+FFFD.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            '\t' | '\n' | '\r' => escaped.push(character),
            '\u{0}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(character),
        }
    }
    escaped
}

/// A section that says why it shows nothing.
#[expect(clippy::unnecessary_wraps, reason = "it stands where a section stands")]
pub(super) fn absent(words: &str) -> Option<String> {
    Some(format!("<p class=\"absent\">{}</p>\n", escape(words)))
}

/// A title as an identifier.
pub(super) fn slug(title: &str) -> String {
    title.to_lowercase().chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// A minus that is as wide as a plus.
pub(super) fn number(value: f64, digits: usize) -> String {
    format!("{value:.digits$}").replace('-', "−")
}

/// A number with its sign.
pub(super) fn signed(value: f64, digits: usize) -> String {
    format!("{value:+.digits$}").replace('-', "−")
}

/// A mean and its interval as the contents of a cell.
pub(super) fn cell(interval: Option<&Interval>, measure: Measure) -> String {
    let digits = measure.digits();
    with_range(interval, |value| number(value, digits))
}

/// The same for a difference.
pub(super) fn signed_cell(interval: Option<&Interval>, digits: usize) -> String {
    with_range(interval, |value| signed(value, digits))
}

fn with_range(interval: Option<&Interval>, number: impl Fn(f64) -> String) -> String {
    let Some(interval) = interval else { return "–".to_owned() };
    let mean = number(interval.mean);
    match interval.low.zip(interval.high) {
        Some((low, high)) => {
            format!("{mean} <span class=\"range\">[{}, {}]</span>", number(low), number(high))
        }
        None => format!("{mean} <span class=\"range\">one scene</span>"),
    }
}

/// "1 image", "2 images".
pub(super) fn counted(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { "" } else { "s" })
}

/// Bytes as a data URI of a type.
pub(super) fn data_uri(kind: &str, bytes: &[u8]) -> String {
    format!("data:{kind};base64,{}", base64(bytes))
}

/// Base64 of RFC 4648, §4.
fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let at = |i: usize| u32::from(three.get(i).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for digit in 0..4 {
            if digit <= three.len() {
                text.push(char::from(DIGITS[(bits >> (18 - 6 * digit) & 63) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_standard() {
        // RFC 4648, §10.
        for (plain, coded) in [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
            ("foobar", "Zm9vYmFy"),
        ] {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
        assert_eq!(base64(&[0xff, 0xef, 0xbe]), "/+++");
    }

    #[test]
    fn what_markup_is_made_of_is_escaped() {
        assert_eq!(escape("a<b>&\"c'\u{1}"), "a&lt;b&gt;&amp;&quot;c&#39;\u{fffd}");
        assert_eq!((number(-1.25, 1), signed(0.25, 2)), ("−1.2".to_owned(), "+0.25".to_owned()));
    }
}
