//! Everything the window can be told to do, in one list: menus, shortcuts and the palette are made of it.

mod keys;
mod list;

use egui::KeyboardShortcut;

pub use list::COMMANDS;

/// A command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Command {
    /// Choose scenes in a dialog.
    Open,
    /// Type a path.
    OpenPath,
    /// Say what a scene's file does not.
    Describe,
    /// Close the selected scene.
    Close,
    /// Show the scene above in the list.
    Previous,
    /// Show the scene below in the list.
    Next,
    /// Write the declouded scene to a file.
    Export,
    /// Take a mask from a file.
    ImportMask,
    /// Write the mask to a file.
    ExportMask,
    /// Write the pinned spectra to a file.
    ExportSpectra,
    /// Where networks compute.
    Settings,
    /// End the program.
    Quit,
    /// Show the whole scene.
    Fit,
    /// One screen pixel a scene pixel.
    Native,
    /// What is under the pointer, onto the clipboard.
    CopyPosition,
    /// Larger.
    ZoomIn,
    /// Smaller.
    ZoomOut,
    /// One image.
    Single,
    /// A line between source and result.
    Swipe,
    /// Source and result beside each other.
    SideBySide,
    /// Result minus source.
    Difference,
    /// Cloud and shadow over the map.
    ShowMask,
    /// What is or would be made anew, over the map.
    ShowMade,
    /// What was made anew in the shown result, over the map.
    ShowSynthetic,
    /// How far samples differ, over the map.
    ShowSpread,
    /// The standard arrangement of panels.
    ResetLayout,
    /// Dark or light.
    Theme,
    /// Find cloud and shadow.
    FindClouds,
    /// The whole scene, in the background.
    Decloud,
    /// What is on the screen.
    Preview,
    /// Paint on the mask.
    Brush,
    /// A brush of a smaller radius.
    BrushSmaller,
    /// A brush of a larger radius.
    BrushLarger,
    /// Take a brush stroke back.
    Undo,
    /// Paint it again.
    Redo,
    /// Stop the running job.
    Cancel,
    /// The panel Latents.
    LatentPanel,
    /// The code of the exported surface, in the explorer.
    LatentReset,
    /// The code before.
    LatentUndo,
    /// A sample of the prior.
    LatentRandom,
    /// Keep the code with its picture.
    LatentPin,
    /// Go to the code of a clear date.
    LatentEncode,
    /// Write the way between two pins as an animation.
    LatentAnimate,
    /// Declouding takes the explorer's code.
    LatentUse,
    /// Find the directions in which the surface answers most.
    LatentDirections,
    /// How far samples differ.
    LatentTrust,
    /// The cloud as its code holds it.
    LatentCloud,
    /// Surfaces of many codes beside each other.
    SweepSheet,
    /// The panel Training.
    TrainPanel,
    /// Begin a training.
    TrainStart,
    /// Let it rest.
    TrainPause,
    /// Let it go on.
    TrainResume,
    /// End it and keep where it stands.
    TrainStop,
    /// Go on with a run.
    TrainContinue,
    /// Decloud with what was trained.
    UseModel,
    /// Measure models on test data.
    Evaluate,
    /// Look at a report that was written before.
    OpenReport,
    /// Write the report as a page or as JSON.
    ExportReport,
    /// Search for a command.
    Palette,
    /// Version, device, folders.
    About,
}

/// The menu a command is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Menu {
    /// Files.
    File,
    /// What is seen.
    View,
    /// Masks and declouding.
    Cloud,
    /// Latent codes.
    Explore,
    /// Training.
    Train,
    /// Reports.
    Evaluate,
    /// Help.
    Help,
}

impl Menu {
    /// All menus, left to right.
    pub const ALL: [Self; 7] =
        [Self::File, Self::View, Self::Cloud, Self::Explore, Self::Train, Self::Evaluate, Self::Help];

    /// Its title.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::File => "File",
            Self::View => "View",
            Self::Cloud => "Cloud",
            Self::Explore => "Explore",
            Self::Train => "Train",
            Self::Evaluate => "Evaluate",
            Self::Help => "Help",
        }
    }
}

/// How a command is shown and called.
#[derive(Debug, Clone, Copy)]
pub struct Spec {
    /// The command.
    pub command: Command,
    /// Its menu.
    pub menu: Menu,
    /// Its name; it ends in "…" where more is asked.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub tip: &'static str,
    /// Its key.
    pub key: Option<KeyboardShortcut>,
}

/// The commands that have all words of `query` in name, menu or tip, in any case; those that have them in the name come
/// first.
#[must_use]
pub fn matching(query: &str) -> Vec<&'static Spec> {
    let words: Vec<String> = query.split_whitespace().map(str::to_lowercase).collect();
    let all_in = |text: &str| {
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
    };
    let mut found: Vec<_> = COMMANDS
        .iter()
        .filter(|spec| all_in(&format!("{} {} {}", spec.menu.name(), spec.name, spec.tip)))
        .collect();
    found.sort_by_key(|spec| !all_in(spec.name));
    found
}

/// The specification of a command.
#[must_use]
pub fn of(command: Command) -> &'static Spec {
    // Every command is in the list; a test sees to it.
    COMMANDS.iter().find(|spec| spec.command == command).unwrap_or(&COMMANDS[0])
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn commands_names_and_keys_are_there_once() {
        let commands: HashSet<_> = COMMANDS.iter().map(|spec| spec.command).collect();
        let names: HashSet<_> = COMMANDS.iter().map(|spec| spec.name).collect();
        let keys: Vec<_> = COMMANDS.iter().filter_map(|spec| spec.key).collect();
        let distinct: HashSet<_> = keys.iter().map(|key| format!("{key:?}")).collect();
        assert_eq!(
            (commands.len(), names.len(), keys.len()),
            (COMMANDS.len(), COMMANDS.len(), distinct.len())
        );
        assert_eq!(of(Command::About).name, "About");
    }

    #[test]
    fn words_are_found_in_any_order() {
        let found: Vec<_> = matching("scene FIT").iter().map(|spec| spec.command).collect();
        assert!(found.contains(&Command::Fit) && !found.contains(&Command::Quit));
        assert!(matching("no such thing").is_empty());
        let first: Vec<_> = matching("report").iter().map(|spec| spec.command).take(2).collect();
        assert_eq!(first, [Command::OpenReport, Command::ExportReport], "names before tips");
        assert!(matching("report").iter().any(|spec| spec.command == Command::Export));
    }
}
