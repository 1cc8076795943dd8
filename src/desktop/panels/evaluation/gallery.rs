//! The images of an evaluation in the order of a measure; a click shows one on the map.

use egui::{TextureOptions, Ui, WidgetInfo};

use crate::desktop::app::App;
use crate::desktop::evaluate::lock;
use crate::desktop::panels::combo;
use crate::desktop::{layer, tokens};
use crate::evaluation::album::Shows;
use crate::evaluation::picture::Picture;
use crate::evaluation::report::{ImageReport, Report, SetReport};

/// Images shown of each end.
const SHOWN: usize = 12;
/// What a picture may show.
const CHOICES: [Shows; 6] =
    [Shows::Result, Shows::Input, Shows::Fill, Shows::Truth, Shows::Error, Shows::Cycle];

/// What is read from the dates' own files.
const DATES: [Shows; 2] = [Shows::Input, Shows::Truth];
/// What the words of a card without a picture begin with.
const NO_PICTURE: &str = "No picture: ";
/// Said of a report from a file.
const NO_RESULTS: &str = "A report in a file holds figures, not pictures: the dates are shown from their own files. For pictures of results evaluate again (Evaluate…).";

impl App {
    pub(super) fn gallery_ui(&mut self, ui: &mut Ui, report: &Report, set: &SetReport) {
        let evaluation = &mut self.evaluation;
        let rank = evaluation.rank.suited(&evaluation.method, &report.baseline);
        let order = rank.order(&set.images, &evaluation.method, &report.baseline);
        ui.horizontal_wrapped(|ui| {
            ui.strong(format!("Best to worst by {}", rank.title()));
            ui.scope(|ui| {
                ui.set_max_width(240.0);
                let dates = evaluation.dates.is_some();
                combo(ui, "Picture", title(evaluation.shows, dates).to_owned(), |ui| {
                    for shows in CHOICES {
                        // A report in a file holds no pictures; the dates are read from their own files.
                        let can = !dates || DATES.contains(&shows);
                        ui.add_enabled_ui(can, |ui| {
                            ui.selectable_value(&mut evaluation.shows, shows, title(shows, dates))
                                .on_disabled_hover_text(NO_RESULTS);
                        });
                    }
                });
            });
        });
        if order.is_empty() {
            ui.weak("No image has enough cloud and this measure.");
            return;
        }
        if self.evaluation.dates.is_some() {
            ui.add(egui::Label::new(egui::RichText::new(NO_RESULTS).weak()).wrap());
        }
        // Baselines keep no pictures of their own beside a model's.
        let pictured =
            self.evaluation.with_live(|live| live.pictured(&self.evaluation.method).map(str::to_owned));
        if let Some(pictured) = pictured.as_ref().filter(|name| **name != self.evaluation.method) {
            ui.weak(format!(
                "Pictures of {} were not kept; results shown are those of {pictured}.",
                self.evaluation.method
            ));
        }
        if order.len() > 2 * SHOWN {
            ui.weak(format!("The {SHOWN} best and the {SHOWN} worst of {}.", order.len()));
        }
        let digits = rank.measure.digits();
        let sign = if rank.measure.is_error() { -1.0 } else { 1.0 };
        let number = self.evaluation.set.min(report.sets.len().saturating_sub(1));
        let mut clicked = None;
        ui.horizontal_wrapped(|ui| {
            for (place, (image, score)) in order.iter().enumerate() {
                if place >= SHOWN && place + SHOWN < order.len() {
                    continue;
                }
                let words = format!("{}. {:.digits$}", place + 1, sign * score);
                self.want_dates((number, layer_name(image)), image, report);
                if self.card_ui(ui, (number, image), pictured.as_deref(), &words) {
                    clicked = Some(*image);
                }
            }
        });
        if let Some(image) = clicked {
            self.show_on_map(image);
        }
    }

    /// An image; returns whether it was clicked.
    fn card_ui(
        &mut self,
        ui: &mut Ui,
        (set, image): (usize, &ImageReport),
        method: Option<&str>,
        words: &str,
    ) -> bool {
        let (small, large) = tokens::THUMBNAIL;
        let name = layer_name(image);
        let shows = self.evaluation.shows;
        let textures: Vec<_> = [Shows::Input, Shows::Fill, Shows::Result, Shows::Truth, Shows::Error]
            .into_iter()
            .filter_map(|shows| Some((shows, self.texture(ui, (set, image), method, shows)?)))
            .collect();
        // Under lent cloud there is no file of the cloudy image: its ground is shown.
        let own = self.texture(ui, (set, image), method, shows).or_else(|| {
            let dates = self.evaluation.dates.is_some();
            textures.first().filter(|_| dates).map(|(_, texture)| texture.clone())
        });
        let (short, full) = self.no_picture(set, image);
        let dates = self.evaluation.dates.is_some();
        ui.vertical(|ui| {
            ui.set_width(small);
            let size = egui::vec2(small, small);
            let button = match &own {
                Some(texture) => {
                    egui::Button::image(egui::Image::from_texture(texture).fit_to_exact_size(size))
                        .frame(false)
                }
                None => egui::Button::new(egui::RichText::new(&short).small()).wrap().min_size(size),
            };
            let response = ui.add(button);
            let said = match &own {
                None if short.starts_with(NO_PICTURE) => format!("Show {name}. {short}"),
                _ => format!("Show {name}"),
            };
            response.widget_info(|| WidgetInfo::labeled(egui::Role::Button, true, &said));
            ui.add(egui::Label::new(egui::RichText::new(format!("{words}  {name}")).small()).truncate());
            response
                .on_hover_ui(|ui| {
                    ui.set_max_width(6.0 * large);
                    ui.strong(&name);
                    ui.weak(format!("{:.0} % cover; click to show it on the map", 100.0 * image.cover));
                    if own.is_none() {
                        ui.label(&full);
                    }
                    ui.horizontal(|ui| {
                        for (shows, texture) in &textures {
                            ui.vertical(|ui| {
                                let size = egui::vec2(large, large);
                                ui.add(egui::Image::from_texture(texture).fit_to_exact_size(size));
                                ui.small(title(*shows, dates));
                            });
                        }
                    });
                })
                .clicked()
        })
        .inner
    }

    /// A picture of an image as a texture, made when it is first shown.
    fn texture(
        &mut self,
        ui: &Ui,
        (set, image): (usize, &ImageReport),
        method: Option<&str>,
        shows: Shows,
    ) -> Option<egui::TextureHandle> {
        let key = (set, layer_name(image), method.unwrap_or_default().to_owned(), shows);
        if let Some(texture) = self.evaluation.textures.get(&key) {
            return Some(texture.clone());
        }
        let picture = match &self.evaluation.dates {
            Some(dates) => lock(dates).picture(&(set, layer_name(image)), shows).cloned(),
            None => self.evaluation.with_live(|live| live.page(method?, set, image)?.picture(shows).cloned()),
        }?;
        let texture = ui.ctx().load_texture(format!("{key:?}"), colors(&picture), TextureOptions::LINEAR);
        self.evaluation.textures.insert(key, texture.clone());
        Some(texture)
    }

    /// Why a card has no picture: in words for the card, and the whole of it.
    fn no_picture(&self, set: usize, image: &ImageReport) -> (String, String) {
        let Some(dates) = &self.evaluation.dates else {
            let words = "No picture was kept of this image.".to_owned();
            return (words.clone(), words);
        };
        let dates = lock(dates);
        dates.trouble(&(set, layer_name(image))).map_or_else(
            || ("Reading…".to_owned(), String::new()),
            |why| (format!("{NO_PICTURE}{}. Evaluate again for pictures.", why.short), why.full.clone()),
        )
    }

    fn show_on_map(&mut self, image: &ImageReport) {
        let Some(files) = &image.files else {
            self.messages.info("The report does not say where this image lies.");
            return;
        };
        let path = if image.lent.is_some() { &files.clear } else { &files.cloudy };
        let dates = self.evaluation.dates.as_ref();
        let path = &dates.map_or_else(|| path.clone(), |dates| lock(dates).located(path));
        if !path.exists() {
            self.messages.error(format!("the image is no longer where the report says: {}", path.display()));
            return;
        }
        if let Some(lent) = &image.lent {
            self.messages.info(format!(
                "{} is shown without the cloud that {} lent it.",
                layer::name_of(path),
                lent.donor
            ));
        }
        self.open(path.clone());
    }
}

/// What a picture is called; no mask is known of a date that is read from its file.
fn title(shows: Shows, dates: bool) -> &'static str {
    if dates && shows == Shows::Input { "cloudy" } else { shows.title() }
}

fn layer_name(image: &ImageReport) -> String {
    image
        .lent
        .as_ref()
        .map_or_else(|| image.name.clone(), |lent| format!("{} under {}", image.name, lent.donor))
}

fn colors(picture: &Picture) -> egui::ColorImage {
    egui::ColorImage::from_rgb([picture.width, picture.height], &picture.rgb)
}
