//! What becomes of jobs that have ended.

use crate::jobs::Event;

use super::app::App;
use super::arrivals::Done;
use super::display::{Compare, Over};
use super::layer::{Kind, LayerId};
use super::mask_edit::MaskEdit;
use super::preview_layer::PreviewLayer;

impl App {
    /// Takes in what a job tells.
    pub(super) fn job_event(&mut self, event: Event<Done>) {
        self.note_training(&event);
        match event {
            Event::Started(_) | Event::Progress { .. } => {}
            Event::Warning(_, words) => self.messages.warn(words),
            Event::Note(_, words) => self.messages.note(words),
            Event::Failed(_, words) => self.job_failed(words),
            Event::Cancelled(id) => {
                // A preview that a newer one replaces is no news.
                if self.preview_job != Some(id) && !self.superseded(id) {
                    self.messages.info("Cancelled; nothing half-written was left behind.");
                }
            }
            Event::Finished(_, done) => self.take(done),
        }
    }

    /// Tells what was made; as a warning where hardly anything else is left.
    fn tell_made(&mut self, words: String, hardly: bool) {
        if hardly { self.messages.warn(words) } else { self.messages.info(words) }
    }

    fn superseded(&self, id: crate::jobs::JobId) -> bool {
        self.preview_job.is_some_and(|newer| newer > id)
    }

    fn take(&mut self, done: Done) {
        self.touch();
        match done {
            Done::Mask { layer, mask } => self.take_mask(layer, *mask),
            Done::Evaluated(report) => self.take_report(*report),
            Done::Trained(trained) => self.trained(&trained),
            Done::MaskWritten(path) | Done::ReportWritten(path) => {
                self.messages.info(format!("wrote {}", path.display()));
            }
            Done::Exported { files, words, recipe } => {
                self.session.note_exported(recipe);
                let first = files.first().map(|file| file.display().to_string()).unwrap_or_default();
                let (words, hardly) = words;
                let words = format!("{words}\nwrote {first} and {} more", files.len().saturating_sub(1));
                self.tell_made(words, hardly);
            }
            // The analyst may have closed the scene meanwhile.
            Done::Result { of, path, .. } if self.layer(of).is_none() => self.drop_result(&path),
            Done::Preview { of, .. } if self.layer(of).is_none() => {}
            Done::Result { of, path, words: (words, hardly), recipe, how, settings, mask } => {
                if let Some(mask) = mask {
                    self.keep_found(of, *mask);
                }
                self.tell_made(words, hardly);
                self.session.recipes.push((path.clone(), recipe));
                self.session.hows.push((path.clone(), how));
                self.session.settings.push((path.clone(), *settings));
                // What was to be made is made: the result is to be seen, not what marks it.
                if matches!(self.display.over, Over::Mask | Over::Made) {
                    self.display.over = Over::Nothing;
                }
                // What a preview or a code made would lie over it and pass for it.
                if self.preview.as_ref().is_some_and(|preview| preview.of == of) {
                    self.preview = None;
                }
                self.open_as(path, Kind::Result { of });
            }
            Done::Preview { of, preview, mask, seconds } => {
                if let Some(mask) = mask {
                    self.take_mask(of, *mask);
                }
                let window = preview.window;
                self.messages.info(format!(
                    "Preview of {} × {} pixels in {seconds:.1} s; what lies farther than 256 pixels around was not asked.",
                    window.width, window.height
                ));
                self.preview = Some(PreviewLayer::new(of, preview));
                self.preview_job = None;
                if self.display.compare == Compare::Single {
                    self.display.compare = Compare::Swipe;
                }
            }
        }
    }

    /// Keeps the mask that Decloud found, so that it can be looked at and painted on; not in the place of one that
    /// somebody made or gave meanwhile.
    fn keep_found(&mut self, id: LayerId, mask: MaskEdit) {
        let own = self.layer(id).and_then(|layer| layer.mask.as_ref()).is_some_and(MaskEdit::is_own);
        if !own {
            self.put_mask(id, mask);
        }
    }

    /// Makes a mask a layer's; says whether another waits to be brought back by Undo.
    fn put_mask(&mut self, id: LayerId, mask: MaskEdit) -> bool {
        let Some(layer) = self.layer_mut(id) else { return false };
        let (path, found) = (layer.path.clone(), !mask.is_foreign());
        let waits = if let Some(old) = &mut layer.mask {
            old.replace(mask)
        } else {
            layer.mask = Some(mask);
            false
        };
        layer.made.forget();
        if found {
            self.forget_kept_mask(&path);
        }
        waits
    }

    fn take_mask(&mut self, id: LayerId, mask: MaskEdit) {
        let cover = mask.cover();
        let source = mask.source.clone();
        let Some(name) = self.layer(id).map(|layer| layer.name.clone()) else { return };
        let waits = self.put_mask(id, mask);
        self.display.over = Over::Mask;
        if cover.cloud + cover.shadow == 0.0 {
            self.messages
                .warn(format!("{name}: the mask holds no cloud and no shadow, so nothing would be made"));
        }
        self.messages.info(format!(
            "{name}: {:.1} % cloud, {:.1} % shadow ({source}){}",
            100.0 * cover.cloud,
            100.0 * cover.shadow,
            if waits { "; Undo stroke brings back the mask that was there" } else { "" }
        ));
    }
}
