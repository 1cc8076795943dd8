//! XML as a stranger may have written it: no entities, bounded size and number of nodes.

use std::path::Path;

use roxmltree::{Document, Node, ParsingOptions};

use crate::raster::{Error, Result};

/// Largest XML that is read. A granule's metadata has half a megabyte.
pub(super) const MAX_BYTES: u64 = 64 << 20;
const MAX_NODES: u32 = 2_000_000;
const MAX_DEPTH: usize = 200;

/// Parses XML; `path` only names it in errors.
///
/// # Errors
/// [`Error::Damaged`] where it is no XML, declares entities, or is too large or too deep.
pub(super) fn parse<'t>(text: &'t str, path: &Path) -> Result<Document<'t>> {
    if depth_of(text) > MAX_DEPTH {
        return Err(Error::damaged(
            path,
            format!("the XML nests more than {MAX_DEPTH} elements; no product's metadata does"),
        ));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MAX_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text.trim_start_matches('\u{feff}'), options).map_err(|error| {
        let problem = match error {
            roxmltree::Error::DtdDetected => {
                "the XML declares a document type or entities, which no product's metadata does; it is refused"
                    .to_owned()
            }
            roxmltree::Error::NodesLimitReached => {
                format!("the XML has more than {MAX_NODES} nodes; no product's metadata does")
            }
            other => format!("the XML cannot be parsed ({other}); fetch the product again"),
        };
        Error::damaged(path, problem)
    })
}

/// How deep elements nest, before the recursive parser sees them. Markup inside comments counts
/// too: this only has to be bounded, not exact.
fn depth_of(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    let (mut opening, mut previous) = (false, 0_u8);
    for &byte in text.as_bytes() {
        match (previous, byte) {
            (b'<', b'/') => depth = depth.saturating_sub(1),
            (b'<', b'!' | b'?') => {}
            (b'<', _) => opening = true,
            (last, b'>') if opening => {
                opening = false;
                depth += usize::from(last != b'/');
                deepest = deepest.max(depth);
            }
            _ => {}
        }
        previous = byte;
    }
    deepest
}

/// All elements of a local name, whatever their namespace.
pub(super) fn elements<'d, 't>(
    document: &'d Document<'t>,
    name: &'static str,
) -> impl Iterator<Item = Node<'d, 't>> {
    document.descendants().filter(move |node| node.is_element() && node.tag_name().name() == name)
}

/// Trimmed text of the first element of a local name that has some.
pub(super) fn text_of<'d>(document: &'d Document<'_>, name: &'static str) -> Option<&'d str> {
    elements(document, name).find_map(|node| node.text().map(str::trim).filter(|text| !text.is_empty()))
}

/// The finite number in an element; none where there is no such element.
///
/// # Errors
/// [`Error::Damaged`] where the text is no finite number.
pub(super) fn number_of(document: &Document<'_>, name: &'static str, path: &Path) -> Result<Option<f64>> {
    text_of(document, name).map(|text| number(text, name, path)).transpose()
}

/// A finite number; `name` and `path` only name it in errors.
///
/// # Errors
/// [`Error::Damaged`] where it is none.
pub(super) fn number(text: &str, name: &str, path: &Path) -> Result<f64> {
    match text.trim().parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(Error::damaged(
            path,
            format!("{name} is \"{}\"; expected a number", text.chars().take(40).collect::<String>()),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        parse(text, Path::new("MTD.xml")).expect_err("refused").to_string()
    }

    #[test]
    fn entities_are_refused_before_they_expand() {
        let bomb = "<!DOCTYPE a [<!ENTITY b \"xx\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert!(problem(bomb).contains("entities"));
        let outside = "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>";
        assert!(problem(outside).contains("entities"));
    }

    #[test]
    fn deep_nesting_is_an_error_and_no_overflow() {
        assert!(problem(&"<a>".repeat(200_000)).contains("nests"));
        assert!(parse(&format!("{}{}", "<a>".repeat(150), "</a>".repeat(150)), Path::new("x")).is_ok());
        assert!(parse(&format!("<r>{}</r>", "<a b='1'/>".repeat(1000)), Path::new("x")).is_ok());
    }

    #[test]
    fn a_number_that_is_none_is_named() {
        let document = Document::parse("<a><Q>ten</Q></a>").expect("XML");
        let message = number_of(&document, "Q", Path::new("MTD.xml")).expect_err("no number").to_string();
        assert!(message.contains('Q') && message.contains("ten"), "{message}");
    }
}
