//! What a step along a principal direction does, as bars to the left and right of 0.

use egui::{Color32, Rect, Sense, Ui, WidgetInfo, vec2};

use super::super::tokens;
use crate::latents::{Classes, Direction};

/// Classes with a bar: those whose probability any direction moves most.
const CLASSES: usize = tokens::CLASSES.len();

/// The bars of some directions. Each measure has a scale of its own, the same for all directions, so that bars of
/// one colour can be compared; classes share one.
pub(super) struct Bars {
    measures: Vec<Measure>,
    /// Why the classes' probabilities are a demonstration.
    demonstration: Vec<String>,
}

struct Measure {
    name: String,
    color: Color32,
    /// The largest effect of any direction.
    most: f64,
    /// The class, for a measure of its probability.
    class: Option<usize>,
}

impl Measure {
    fn of(&self, direction: &Direction) -> Option<f64> {
        match (self.class, self.name.as_str()) {
            (Some(class), _) => direction.classes.as_ref()?.get(class).copied(),
            (None, "NDVI") => Some(direction.effect?.ndvi),
            (None, "NDWI") => Some(direction.effect?.ndwi),
            (None, _) => Some(direction.effect?.brightness),
        }
    }
}

impl Bars {
    pub fn of(directions: &[Direction], classes: Option<&Classes>) -> Self {
        let most = |measure: &Measure| {
            directions
                .iter()
                .filter_map(|direction| measure.of(direction))
                .fold(1e-9, |most, by| by.abs().max(most))
        };
        let named = ["NDVI", "NDWI", "brightness"].into_iter().zip(tokens::EFFECTS);
        let own = named.map(|(name, color)| Measure { name: name.into(), color, most: 0.0, class: None });
        let mut measures: Vec<Measure> = own.map(|own| Measure { most: most(&own), ..own }).collect();
        if let Some(classes) = classes {
            let all = classes.names.iter().enumerate().map(|(class, name)| {
                let own = Measure { name: name.clone(), color: tokens::MONO, most: 0.0, class: Some(class) };
                Measure { most: most(&own), ..own }
            });
            let mut all: Vec<Measure> = all.collect();
            all.sort_by(|a, b| b.most.total_cmp(&a.most));
            let largest = all.first().map_or(1.0, |first| first.most);
            let shown = all.into_iter().take(CLASSES).zip(tokens::CLASSES);
            measures.extend(shown.map(|(own, color)| Measure { color, most: largest, ..own }));
        }
        let demonstration = classes.map(|classes| classes.demonstration.clone()).unwrap_or_default();
        Self { measures, demonstration }
    }

    /// What the bars are, from the top.
    pub fn words(&self) -> String {
        let name = |measure: &Measure| match measure.class {
            Some(_) => format!("the probability of \"{}\"", measure.name),
            None => measure.name.clone(),
        };
        let names: Vec<_> = self.measures.iter().map(name).collect();
        let mut words = format!(
            "Sorted by how much the surface answers. Bars, from the top: what a step of one deviation does to {}",
            names.join(", ")
        );
        if !self.demonstration.is_empty() {
            words += &format!(". The classes are a DEMONSTRATION: {}", self.demonstration.join("; "));
        }
        words
    }

    pub fn ui(&self, ui: &mut Ui, direction: &Direction) {
        let found: Vec<(&Measure, f64)> =
            self.measures.iter().filter_map(|measure| Some((measure, measure.of(direction)?))).collect();
        if found.is_empty() {
            return;
        }
        let [width, row] = tokens::EFFECT_BAR;
        let (rect, response) = ui.allocate_exact_size(vec2(width, row * found.len() as f32), Sense::hover());
        let painter = ui.painter_at(rect);
        let middle = rect.center().x;
        for (number, (measure, value)) in found.iter().enumerate() {
            let reach = 0.5 * width * (value / measure.most) as f32;
            let top = rect.top() + number as f32 * row;
            let bar = Rect::from_x_y_ranges(
                middle.min(middle + reach)..=middle.max(middle + reach),
                top + 1.0..=top + row - 1.0,
            );
            painter.rect_filled(bar, 0.0, measure.color);
        }
        painter.vline(middle, rect.y_range(), egui::Stroke::new(1.0, ui.visuals().weak_text_color()));
        let word = |(measure, by): &(&Measure, f64)| format!("{} {by:+.4}", measure.name);
        let words: Vec<_> = found.iter().map(word).collect();
        let mut words = words.join(", ");
        if !self.demonstration.is_empty() {
            words += " (classes: demonstration)";
        }
        response.widget_info(|| WidgetInfo::labeled(egui::Role::Image, true, words.clone()));
        response.on_hover_text(words);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latents::Effect;

    fn direction(ndvi: f64, classes: Option<Vec<f64>>) -> Direction {
        let effect = Some(Effect { ndvi, ..Effect::default() });
        Direction { vector: vec![1.0], response: 0.1, effect, classes }
    }

    #[test]
    fn the_classes_that_move_most_have_bars_on_one_scale() {
        let names = ["fields", "forest", "water", "towns", "ice"].map(String::from).to_vec();
        let classes = Classes {
            classifier: "c".into(),
            classifier_sha256: String::new(),
            demonstration: vec!["few patches".into()],
            names,
        };
        let directions = [
            direction(0.1, Some(vec![0.0, 0.2, -0.01, 0.05, 0.0])),
            direction(-0.3, Some(vec![0.02, -0.1, -0.4, 0.0, 0.001])),
        ];
        let bars = Bars::of(&directions, Some(&classes));
        let shown: Vec<_> = bars.measures.iter().map(|measure| measure.name.as_str()).collect();
        assert_eq!(shown, ["NDVI", "NDWI", "brightness", "water", "forest", "towns"]);
        assert_eq!(bars.measures[0].most, 0.3);
        assert!(bars.measures[3..].iter().all(|measure| measure.most == 0.4));
        assert_eq!(bars.measures[3].of(&directions[0]), Some(-0.01));
        assert!(bars.words().contains("DEMONSTRATION: few patches"));
        let plain = Bars::of(&[direction(0.1, None)], None);
        assert_eq!(plain.measures.len(), 3);
        assert!(!plain.words().contains("DEMONSTRATION"));
    }
}
