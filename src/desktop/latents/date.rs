//! A clear date whose code is gone to.

use super::slot::Ask;
use crate::latents::ClearDate;

use super::super::app::App;
use super::super::dialogs::expanded;

/// The date as it is typed or chosen.
#[derive(Debug, Clone, Default)]
pub(in crate::desktop) struct Date {
    pub path: String,
    /// Whether it is clear by the analyst's word.
    pub as_is: bool,
    /// What was found of the last one.
    pub found: Option<String>,
}

impl App {
    /// Asks for the code of the chosen date.
    pub(super) fn encode_date(&mut self) {
        let Date { path, as_is, .. } = &self.explorer.date;
        let date = ClearDate { path: expanded(path.trim()), as_is: *as_is };
        self.explorer.date.found = None;
        self.ask_at_place(|_, place| Ask::Encode { place, date });
    }
}
