//! What errors ask for, in the window's own words.
//!
//! An error of the library names what can be said otherwise as the command line does (`--bands`): one name for one
//! thing, whoever reads it. That name is the datum; here it becomes the control that says the same in the window.
//! Everything the window tells goes through [`worded`], in one place for messages and one for words in panels, and a
//! test reads every message of the library for names that are not in the list.

use std::borrow::Cow;

/// Where something is said in the window.
struct Control {
    /// Its name in messages.
    option: &'static str,
    /// What it is called in the window.
    name: &'static str,
    /// Where it is found; nothing where it is in sight.
    place: &'static str,
}

const fn control(option: &'static str, name: &'static str, place: &'static str) -> Control {
    Control { option, name, place }
}

const DESCRIBE: &str = "File > Describe scene…";
const EXPORT: &str = "File > Export…";
const EVALUATE: &str = "Evaluate > Evaluate…";
const PROTOCOL: &str = "in a protocol file";
/// What the window has no control for; the name stays as it is.
const PREPARE: &str = "declouder prepare";
const TRAIN: &str = "declouder train";
const CLASSIFIER: &str = "declouder train-classifier";

const CONTROLS: &[Control] = &[
    control("--bands", "Bands", DESCRIBE),
    control("--level", "Level", DESCRIBE),
    control("--radiometry", "Radiometry", DESCRIBE),
    control("--mask", "Import mask…", "File"),
    control("--mask-classes", "Values", "File > Import mask…"),
    control("--mask-band", "Band", "File > Import mask…"),
    control("--method", "Mask by", ""),
    control("--threshold", "Threshold", EXPORT),
    control("--average", "Average", EXPORT),
    control("--grow", "Grow", EXPORT),
    control("--dilate", "Dilate", ""),
    control("--feather", "Feather", ""),
    control("--engine", "Engine", ""),
    control("--model", "Model", ""),
    control("--latent", "Land code", EXPORT),
    control("--samples", "Samples", ""),
    control("--s1", "Sentinel-1", ""),
    control("--reference", "Clear date", ""),
    control("--tile", "Tile", EXPORT),
    control("--device", "Networks compute on", "File > Settings…"),
    control("--force", "Use it on another level too", ""),
    control("--stac", "STAC item", EXPORT),
    control("--output", "Output file", ""),
    control("--overwrite", "Replace existing files", ""),
    control("--masks", "Masks folder", EVALUATE),
    control("--honesty", "Honesty tests", EVALUATE),
    control("--methods", "methods", PROTOCOL),
    control("--references", "references", PROTOCOL),
    control("--donors", "donors", PROTOCOL),
    control("--donor-masks", "donors.masks", PROTOCOL),
    control("--per-image", "donors.per_image", PROTOCOL),
    control("--clear", "Clear date", ""),
    control("--clear-as-is", "It is clear", ""),
    control("--principal", "Find directions", ""),
    control("--fps", "Frames/s", ""),
    control("--steps", "Steps", ""),
    control("--resume", "Continue", "Train"),
    control("--domain", "By its mask", "Training"),
    control("--from", "", TRAIN),
    control("--folds", "", CLASSIFIER),
    control("--seeds", "", CLASSIFIER),
    control("--labels", "", CLASSIFIER),
    control("--patch", "", PREPARE),
    control("--stride", "", PREPARE),
    control("--place-km", "", PREPARE),
    control("--clear-most", "", PREPARE),
    control("--cloudy-least", "", PREPARE),
    control("--cloudy-most", "", PREPARE),
    control("--valid-least", "", PREPARE),
    control("--validation-part", "", PREPARE),
    control("--test-part", "", PREPARE),
    control("--store-bands", "", PREPARE),
    control("--allow-missing", "", PREPARE),
    control("--lists", "", PREPARE),
    control("--licence", "", PREPARE),
    control("--preset", "", PREPARE),
    control("--split", "", PREPARE),
    control("--pairs", "", PREPARE),
];

/// Names with a value that read better in other words.
const PHRASES: &[(&str, &str)] = &[
    ("--device cpu", "the CPU (File > Settings…)"),
    ("--device gpu", "the GPU (File > Settings…)"),
    ("--engine fill", "the engine fill"),
    ("--level L1C or L2A", "“Level” L1C or L2A (File > Describe scene…)"),
    ("--method product or threshold", "“Mask by” product or threshold"),
    ("--method threshold", "“Mask by” threshold"),
];

/// Whether a message asks for something that can be said otherwise.
pub(super) fn asks(text: &str) -> bool {
    worded(text) != text
}

/// A message with the window's own names for what can be said otherwise.
pub(super) fn worded(text: &str) -> Cow<'_, str> {
    if !text.contains("--") {
        return Cow::Borrowed(text);
    }
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("--") {
        let (before, name) = rest.split_at(at);
        words.push_str(before);
        let free = words.chars().next_back().is_none_or(|last| last.is_whitespace() || "(\"“".contains(last));
        let found = if free { called(name) } else { None };
        let (length, shown) = found.unwrap_or_else(|| (2, "--".to_owned()));
        if words.is_empty() {
            words.extend(capital(&shown));
        } else {
            words.push_str(&shown);
        }
        rest = &name[length..];
    }
    words.push_str(rest);
    Cow::Owned(words)
}

/// What the name that a text begins with is called, and how much of the text that is, a value included.
fn called(text: &str) -> Option<(usize, String)> {
    let ends =
        |length: usize| !text[length..].starts_with(|next: char| next.is_alphanumeric() || next == '-');
    let phrase = PHRASES.iter().find(|(phrase, _)| text.starts_with(phrase) && ends(phrase.len()));
    if let Some((phrase, words)) = phrase {
        return Some((phrase.len(), (*words).to_owned()));
    }
    let own = CONTROLS.iter().find(|own| text.starts_with(own.option) && ends(own.option.len()))?;
    let after = &text[own.option.len()..];
    // A number is a value; words go on with the sentence.
    let is_value =
        after.strip_prefix(' ').is_some_and(|value| value.starts_with(|c: char| c.is_ascii_digit()));
    let value = after[usize::from(is_value)..].split([' ', ';', ')', ':']).next().unwrap_or_default();
    let length = own.option.len() + if is_value { 1 + value.len() } else { 0 };
    let mut words = if own.name.is_empty() { own.option.to_owned() } else { format!("“{}”", own.name) };
    if is_value {
        words.push_str(&format!(" {value}"));
    }
    if !own.place.is_empty() {
        words.push_str(&format!(" ({})", own.place));
    }
    Some((length, words))
}

fn capital(text: &str) -> impl Iterator<Item = char> {
    let mut letters = text.chars();
    let first = letters.next().into_iter().flat_map(char::to_uppercase);
    first.chain(letters.collect::<Vec<_>>())
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::*;

    #[test]
    fn messages_name_controls_with_values_and_places() {
        for (told, expected) in [
            (
                "--model: m needs band B10; name the bands with --bands, or use --engine fill",
                "“Model”: m needs band B10; name the bands with “Bands” (File > Describe scene…), or use the engine fill",
            ),
            (
                "use smaller tiles (--tile 256), or --device cpu",
                "use smaller tiles (“Tile” 256 (File > Export…)), or the CPU (File > Settings…)",
            ),
            ("give --radiometry 10000,-1000 if", "give “Radiometry” 10000,-1000 (File > Describe scene…) if"),
            (
                "give another name or --overwrite: /a--force b.tif",
                "give another name or “Replace existing files”: /a--force b.tif",
            ),
            ("prepare it with --patch 64", "prepare it with --patch 64 (declouder prepare)"),
            ("--device cpu", "The CPU (File > Settings…)"),
            ("say it is clear (--clear-as-is)", "say it is clear (“It is clear”)"),
            ("nothing -- at --all", "nothing -- at --all"),
            ("plain", "plain"),
        ] {
            assert_eq!(worded(told), expected);
        }
    }

    fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).expect("the sources").flatten() {
            let path = entry.path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }

    /// Parts of the library whose words the window does not show: the command line, measurements of it, pages.
    const ELSEWHERE: [&str; 6] = ["cli", "desktop", "benchmark", "simulate", "evaluation/html", "main.rs"];

    #[test]
    fn every_option_that_a_message_names_has_a_control() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut files = Vec::new();
        sources(&root, &mut files);
        let mut seen = 0;
        for file in files {
            let own = file.strip_prefix(&root).expect("below the root");
            if ELSEWHERE.iter().any(|other| own.starts_with(other)) {
                continue;
            }
            let text = std::fs::read_to_string(&file).expect("a source");
            let code = text.split("#[cfg(test)]").next().unwrap_or_default();
            for line in code.lines().filter(|line| !line.trim_start().starts_with("//")) {
                for (at, _) in line.match_indices("--") {
                    let name: String = line[at..]
                        .chars()
                        .take_while(|c| c.is_ascii_lowercase() || "-0123456789".contains(*c))
                        .collect();
                    let free = line[..at].chars().next_back().is_none_or(|last| " (\"“".contains(last));
                    if free && name.len() > 3 {
                        seen += 1;
                        let known = CONTROLS.iter().any(|control| control.option == name);
                        assert!(known, "{}: {name} has no words in the window", own.display());
                    }
                }
            }
        }
        assert!(seen > 50, "the messages were read: {seen}");
    }
}
