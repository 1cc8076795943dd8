//! The sweep sheet: which cells are asked for, and how those that came are drawn.

use std::sync::Arc;

use eframe::egui_wgpu::RenderState;

use super::super::app::App;
use super::super::layout::{self, Pane};
use super::super::loss::canvas;
use super::cells::{SheetImages, Values};
use super::slot::Ask;
use crate::latents::{Axes, CELL_PX, Sheet};
use crate::view::{Mode, SweepBuffer, SweepLook, SweepRenderer};

/// Pixels of the screen between cells.
const GAP_PX: f32 = 2.0;

/// What a sheet goes along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(in crate::desktop) enum AxesChoice {
    Principal,
    Raw,
    #[default]
    Samples,
    Clouds,
}

impl AxesChoice {
    pub const ALL: [Self; 4] = [Self::Principal, Self::Raw, Self::Samples, Self::Clouds];

    pub fn name(self) -> &'static str {
        match self {
            Self::Principal => "First two principal directions",
            Self::Raw => "Two raw dimensions",
            Self::Samples => "Samples of the prior",
            Self::Clouds => "The cloud, moved and thinned",
        }
    }
}

/// A sheet that was made.
pub(in crate::desktop) struct SheetShown {
    pub images: SheetImages,
    /// Its numbers on the GPU; none without one.
    pub buffer: Option<Arc<SweepBuffer>>,
}

/// The sheet's state in the window.
pub(in crate::desktop) struct Sweep {
    pub renderer: Option<Arc<SweepRenderer>>,
    pub axes: AxesChoice,
    /// The raw dimensions gone along, from 0.
    pub raw: (usize, usize),
    pub columns: usize,
    pub rows: usize,
    pub shown: Option<SheetShown>,
}

impl Default for Sweep {
    fn default() -> Self {
        let (renderer, shown, axes) = (None, None, AxesChoice::default());
        Self { renderer, axes, raw: (0, 1), columns: 5, rows: 5, shown }
    }
}

impl App {
    /// Makes the sheet's pipeline; without it the sheet stays empty and the log says why.
    pub(in crate::desktop) fn take_sweep_renderer(&mut self, state: Option<&RenderState>) {
        let made = state.map(|state| SweepRenderer::new(canvas(state), state.target_format));
        match made.transpose() {
            Ok(renderer) => self.explorer.sweep.renderer = renderer.map(Arc::new),
            Err(words) => self.messages.warn(format!("sweep sheets cannot be drawn here: {words}")),
        }
    }

    /// Asks for a sheet around the present code.
    pub(super) fn make_sheet(&mut self) {
        layout::raise(&mut self.tree, Pane::Sweep);
        let explorer = &self.explorer;
        let axes = match explorer.sweep.axes {
            AxesChoice::Principal => Axes::Principal,
            AxesChoice::Raw => Axes::Raw(explorer.sweep.raw.0, explorer.sweep.raw.1),
            AxesChoice::Samples => Axes::Random,
            AxesChoice::Clouds => return self.make_cloud_sheet(),
        };
        let cells = (explorer.sweep.columns, explorer.sweep.rows);
        match Sheet::of(axes, &explorer.code, explorer.directions(), self.decloud.seed, cells) {
            Some(sheet) => {
                let window = self.explorer.sweep.renderer.as_ref().map(|renderer| renderer.canvas().clone());
                self.ask_at_place(|_, place| Ask::Sheet { place, sheet, date: None, window });
            }
            None => {
                self.messages
                    .info("Sweep sheet: no principal directions are known; find them, or choose other axes");
            }
        }
    }

    /// Asks for a sheet of the cloud over the ground that the panel Latents has chosen.
    fn make_cloud_sheet(&mut self) {
        let (columns, rows) = (self.explorer.sweep.columns, self.explorer.sweep.rows);
        let (code, date) = (self.explorer.code.clone(), self.ground_date());
        self.ask_at_place(|_, place| {
            let width = place.window.width.min(CELL_PX);
            Ask::Sheet { sheet: Sheet::of_clouds(&code, width, columns, rows), place, date, window: None }
        });
    }

    /// A sheet has come.
    pub(super) fn take_sheet(&mut self, mut images: SheetImages) {
        // Values that were read are on the GPU after this.
        let values = std::mem::replace(&mut images.values, Values::Read(Vec::new()));
        let renderer = self.explorer.sweep.renderer.clone();
        let taken = renderer.map(|renderer| match values {
            Values::Read(values) => renderer.upload(&values),
            Values::Shared(values) => renderer.bind(values),
        });
        let buffer = match taken.transpose() {
            Ok(buffer) => buffer.map(Arc::new),
            Err(words) => {
                self.messages.error(format!("the sweep sheet cannot be drawn: {words}"));
                None
            }
        };
        self.explorer.sweep.shown = Some(SheetShown { images, buffer });
    }

    /// How the sheet is drawn: as the map draws its composite, or in true colour where that has no three bands.
    pub(in crate::desktop) fn sweep_look(&mut self) -> Option<SweepLook> {
        let limits = self.present_limits();
        let shown = self.explorer.sweep.shown.as_ref()?;
        let (images, sheet) = (&shown.images, &shown.images.sheet);
        let place = |name: &String| images.bands.iter().position(|band| band.to_string() == *name);
        let [red, green, blue] = self.display.bands.each_ref().map(place);
        let (channels, lo, hi, gamma) = match (self.display.mode, red, green, blue) {
            (Mode::Rgb, Some(red), Some(green), Some(blue)) => {
                let [lo, hi] = [0, 1].map(|end| limits.map(|pair| pair[end]));
                ([red, green, blue], lo, hi, self.display.gamma)
            }
            _ => (images.stretch.channels, images.stretch.lo, images.stretch.hi, 1.0),
        };
        let (width, height) = (images.window.width, images.window.height);
        Some(SweepLook {
            columns: sheet.columns,
            rows: sheet.rows,
            cells: sheet.codes.len(),
            width,
            height,
            offset: 0,
            strides: images.strides,
            channels,
            lo,
            hi,
            gamma,
            gap_px: GAP_PX,
        })
    }
}
