//! Every command with its name, its key and what it does.

use egui::{Key, KeyboardShortcut, Modifiers};

use super::{Command, Menu, Spec};

const fn spec(command: Command, menu: Menu, name: &'static str, tip: &'static str) -> Spec {
    Spec { command, menu, name, tip, key: None }
}

impl Spec {
    const fn key(mut self, modifiers: Modifiers, key: Key) -> Self {
        self.key = Some(KeyboardShortcut::new(modifiers, key));
        self
    }
}

const PLAIN: Modifiers = Modifiers::NONE;
const CTRL: Modifiers = Modifiers::COMMAND;
const CTRL_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

/// Every command, in the order of the menus.
pub static COMMANDS: [Spec; 60] = [
    spec(Command::Open, Menu::File, "Open…", "Choose GeoTIFF, JPEG 2000, SAFE zip or metadata files")
        .key(CTRL, Key::O),
    spec(Command::OpenPath, Menu::File, "Open path…", "Type the path of a file or product folder")
        .key(CTRL_SHIFT, Key::O),
    spec(
        Command::Describe,
        Menu::File,
        "Describe scene…",
        "Say which bands a scene has, its level and its radiometry, where its file does not",
    ),
    spec(Command::Export, Menu::File, "Export…", "Decloud the whole scene into a GeoTIFF with its report")
        .key(CTRL, Key::E),
    spec(
        Command::ImportMask,
        Menu::File,
        "Import mask…",
        "Take cloud and shadow from a raster of the same place, and say what its values mean",
    ),
    spec(Command::ExportMask, Menu::File, "Export mask…", "Write cloud and shadow as a GeoTIFF"),
    spec(Command::ExportSpectra, Menu::File, "Export spectra…", "Write the pinned spectra as CSV"),
    spec(Command::Close, Menu::File, "Close scene", "Close the selected scene and its results")
        .key(CTRL, Key::W),
    spec(Command::Settings, Menu::File, "Settings…", "Where networks compute").key(CTRL, Key::Comma),
    spec(Command::Quit, Menu::File, "Quit", "End the program; the session is kept").key(CTRL, Key::Q),
    spec(Command::Previous, Menu::View, "Previous scene", "Show the scene above in the list")
        .key(PLAIN, Key::PageUp),
    spec(Command::Next, Menu::View, "Next scene", "Show the scene below in the list")
        .key(PLAIN, Key::PageDown),
    spec(Command::Fit, Menu::View, "Fit scene", "Show the whole scene").key(PLAIN, Key::F),
    spec(Command::Native, Menu::View, "Native pixels", "One screen pixel a scene pixel")
        .key(PLAIN, Key::Num1),
    spec(
        Command::CopyPosition,
        Menu::View,
        "Copy position",
        "Position and values under the pointer, as the status bar shows them, onto the clipboard",
    )
    .key(PLAIN, Key::C),
    spec(Command::ZoomIn, Menu::View, "Zoom in", "Look closer at the middle").key(PLAIN, Key::Plus),
    spec(Command::ZoomOut, Menu::View, "Zoom out", "See more around the middle").key(PLAIN, Key::Minus),
    spec(Command::Single, Menu::View, "Single image", "Show the selected layer alone").key(PLAIN, Key::Num2),
    spec(Command::Swipe, Menu::View, "Swipe", "Source left, result right of a line that can be dragged")
        .key(PLAIN, Key::Num3),
    spec(
        Command::SideBySide,
        Menu::View,
        "Side by side",
        "Source and result beside each other, moved together",
    )
    .key(PLAIN, Key::Num4),
    spec(Command::Difference, Menu::View, "Difference", "Result minus source, mean of the shown bands")
        .key(PLAIN, Key::Num5),
    spec(Command::ShowMask, Menu::View, "Show mask", "Cloud red and shadow blue over the map")
        .key(PLAIN, Key::M),
    spec(
        Command::ShowMade,
        Menu::View,
        "Show what is to be made",
        "Where Decloud will make pixels anew and by how much, after dilation and feathering",
    )
    .key(PLAIN, Key::G),
    spec(
        Command::ShowSynthetic,
        Menu::View,
        "Show what was made",
        "What was made anew in the result, as its band synthetic says",
    ),
    spec(Command::ShowSpread, Menu::View, "Show spread", "Where the samples of the result differ")
        .key(PLAIN, Key::H),
    spec(Command::Theme, Menu::View, "Dark or light", "Change between the dark and the light look"),
    spec(Command::ResetLayout, Menu::View, "Reset layout", "Put all panels back to where they were at first"),
    spec(
        Command::FindClouds,
        Menu::Cloud,
        "Find clouds",
        "Make a mask by the method chosen in the panel Clouds",
    )
    .key(CTRL, Key::M),
    spec(Command::Preview, Menu::Cloud, "Preview", "Decloud what is on the screen").key(PLAIN, Key::P),
    spec(Command::Decloud, Menu::Cloud, "Decloud", "Decloud the whole scene in the background")
        .key(CTRL, Key::D),
    spec(Command::Brush, Menu::Cloud, "Mask brush", "Paint cloud, shadow or clear on the mask")
        .key(PLAIN, Key::B),
    spec(Command::BrushSmaller, Menu::Cloud, "Smaller brush", "Paint with a smaller radius")
        .key(PLAIN, Key::OpenBracket),
    spec(Command::BrushLarger, Menu::Cloud, "Larger brush", "Paint with a larger radius")
        .key(PLAIN, Key::CloseBracket),
    spec(
        Command::Undo,
        Menu::Cloud,
        "Undo stroke",
        "Take the last brush stroke back, or the mask that took a painted one's place",
    )
    .key(CTRL, Key::Z),
    spec(Command::Redo, Menu::Cloud, "Redo stroke", "Do again what was taken back").key(CTRL_SHIFT, Key::Z),
    spec(Command::Cancel, Menu::Cloud, "Cancel job", "Stop the running job; nothing half-written is left")
        .key(PLAIN, Key::Escape),
    spec(
        Command::LatentPanel,
        Menu::Explore,
        "Latent explorer",
        "Look at other surfaces that the model holds possible under the cloud on the screen",
    )
    .key(PLAIN, Key::L),
    spec(
        Command::LatentReset,
        Menu::Explore,
        "Reset code",
        "Back to the code 0, whose surface is exported unless another is adopted",
    ),
    spec(Command::LatentUndo, Menu::Explore, "Undo code", "Back to the code before the last change"),
    spec(Command::LatentRandom, Menu::Explore, "Random code", "Draw a code from the prior"),
    spec(Command::LatentPin, Menu::Explore, "Pin code", "Keep the code with a picture of its surface"),
    spec(
        Command::LatentEncode,
        Menu::Explore,
        "Encode clear date",
        "Go to the code that the encoder finds for the clear date chosen in the panel Latents",
    ),
    spec(
        Command::LatentAnimate,
        Menu::Explore,
        "Export animation…",
        "Write the way between the two pins of the mix as a GIF that goes there and back",
    ),
    spec(
        Command::LatentUse,
        Menu::Explore,
        "Use for export",
        "Decloud with this code instead of 0, in the preview, the whole scene and the export",
    ),
    spec(
        Command::LatentDirections,
        Menu::Explore,
        "Find directions",
        "Find the directions of the code in which the surface under this cloud answers most",
    ),
    spec(
        Command::LatentTrust,
        Menu::Explore,
        "Compare samples",
        "How far samples of the prior differ here, and the two that differ most",
    ),
    spec(
        Command::LatentCloud,
        Menu::Explore,
        "Show cloud code",
        "Render the cloud on the screen from its own code over the ground below it: moved, thicker, thinner or gone",
    ),
    spec(
        Command::SweepSheet,
        Menu::Explore,
        "Sweep sheet",
        "Show the surfaces of many codes beside each other, under one stretch",
    ),
    spec(Command::TrainPanel, Menu::Train, "Training panel", "Set up, follow and compare trainings")
        .key(CTRL, Key::T),
    spec(
        Command::TrainStart,
        Menu::Train,
        "Start training",
        "Begin a training with the settings of the panel",
    ),
    spec(Command::TrainPause, Menu::Train, "Pause", "Let the training rest; where it stands is kept"),
    spec(Command::TrainResume, Menu::Train, "Resume", "Let the paused training go on"),
    spec(Command::TrainStop, Menu::Train, "Stop", "End the training and keep where it stands"),
    spec(Command::TrainContinue, Menu::Train, "Continue", "Go on with the shown run from its checkpoint"),
    spec(Command::UseModel, Menu::Train, "Use this model", "Decloud with the best model of the shown run"),
    spec(
        Command::Evaluate,
        Menu::Evaluate,
        "Evaluate…",
        "Measure models and baselines on pairs of cloudy and clear images, or by a protocol file",
    ),
    spec(
        Command::OpenReport,
        Menu::Evaluate,
        "Open report…",
        "Look at a report in JSON that was written before",
    ),
    spec(
        Command::ExportReport,
        Menu::Evaluate,
        "Export report…",
        "Write the report as a page with plots and pictures, or as JSON",
    ),
    spec(Command::Palette, Menu::Help, "Commands…", "Search for a command by its name").key(CTRL, Key::P),
    spec(Command::About, Menu::Help, "About", "Version, device, data licences and folders")
        .key(PLAIN, Key::F1),
];
