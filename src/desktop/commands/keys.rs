//! How keys are written, as they stand on a keyboard.

use egui::{Context, Key, KeyboardShortcut, ModifierNames};

use super::Spec;

impl Spec {
    /// Its key in words; empty without one.
    #[must_use]
    pub fn key_words(&self, context: &Context) -> String {
        self.key.map_or_else(String::new, |shortcut| words(shortcut, context.os().is_mac()))
    }
}

fn words(shortcut: KeyboardShortcut, is_mac: bool) -> String {
    // The window's fonts have no symbols for modifiers.
    let names = ModifierNames::NAMES;
    let modifiers = names.format(&shortcut.modifiers, is_mac);
    let between = if modifiers.is_empty() { "" } else { names.concat };
    let key = match shortcut.logical_key {
        Key::Escape => "Esc",
        Key::PageUp => "Page Up",
        Key::PageDown => "Page Down",
        // A comma is written as a comma, not as the word.
        key => key.symbol_or_name(),
    };
    format!("{modifiers}{between}{key}")
}

#[cfg(test)]
mod tests {
    use super::super::{Command, of};
    use super::*;

    #[test]
    fn keys_are_written_as_they_stand_on_a_keyboard() {
        let written = |command| words(of(command).key.expect("a key"), false);
        let expected = [
            (Command::Settings, "Ctrl+,"),
            (Command::BrushSmaller, "["),
            (Command::ZoomIn, "+"),
            (Command::OpenPath, "Ctrl+Shift+O"),
            (Command::Native, "1"),
            (Command::Previous, "Page Up"),
            (Command::Cancel, "Esc"),
        ];
        for (command, words) in expected {
            assert_eq!(written(command), words);
        }
    }
}
