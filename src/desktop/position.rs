//! What is under the pointer, in words.

use crate::raster::Window;

use crate::view::ProbedBand;

use super::app::App;
use super::display::Compare;
use super::layer::Layer;

/// The image that is under the pointer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Pointed {
    Source,
    Result,
    /// Their difference is shown.
    Both,
}

impl App {
    /// What is under the pointer, in numbers.
    pub(super) fn position_words(&self) -> String {
        let Some(source) = self.source() else { return "no scene".into() };
        let zoom = zoom_words(self.camera.zoom * f64::from(self.context.pixels_per_point()));
        let Some((at, pixel)) = self.map.hover.and_then(|at| Some((at, self.pixel(at)?))) else {
            return zoom;
        };
        let mut words = format!("{zoom} · column {} row {}", pixel.0, pixel.1);
        if source.scene.grid.geotransform.is_some() {
            let (x, y) = source.scene.grid.world_from_pixel(at[0], at[1]);
            let digits =
                if source.crs.as_ref().is_some_and(|crs| crs.unit.starts_with("deg")) { 6 } else { 1 };
            words.push_str(&format!(" · x {x:.digits$} y {y:.digits$}"));
        }
        if let Some((latitude, longitude)) =
            source.locator.as_ref().and_then(|locator| locator.lat_lon(at[0], at[1]))
        {
            let (ns, ew) = (if latitude < 0.0 { 'S' } else { 'N' }, if longitude < 0.0 { 'W' } else { 'E' });
            words.push_str(&format!(" · {:.5}° {ns} {:.5}° {ew}", latitude.abs(), longitude.abs()));
        }
        words.push_str(&self.values_words(pixel));
        words
    }

    /// The values of the shown bands there: of the image that is under the pointer, which is named where there are two.
    fn values_words(&self, pixel: (usize, usize)) -> String {
        let source = self.shown_values(self.source(), pixel);
        let result = self.shown_values(self.result_id().and_then(|id| self.layer(id)), pixel);
        let number = |value: Option<f32>| value.map_or("nodata".to_owned(), |value| format!("{value:.4}"));
        let words = |bands: &[&ProbedBand]| -> String {
            let words =
                |band: &&ProbedBand| format!(" · {} {} / {}", band.name, band.dn, number(band.reflectance));
            bands.iter().map(words).collect()
        };
        match self.pointed() {
            _ if self.result_id().is_none() => words(&source),
            Pointed::Source if source.is_empty() => String::new(),
            Pointed::Source => format!(" · source{}", words(&source)),
            Pointed::Result if result.is_empty() => String::new(),
            Pointed::Result => format!(" · result{}", words(&result)),
            Pointed::Both => {
                let pair = |(before, after): (&&ProbedBand, &&ProbedBand)| {
                    format!(
                        " · {} {} → {}",
                        before.name,
                        number(before.reflectance),
                        number(after.reflectance)
                    )
                };
                source.iter().zip(&result).map(pair).collect()
            }
        }
    }

    /// The shown bands of a layer at a pixel; none before they are read.
    fn shown_values<'a>(&self, layer: Option<&'a Layer>, pixel: (usize, usize)) -> Vec<&'a ProbedBand> {
        let Some(layer) = layer else { return Vec::new() };
        let Some(probe) = layer.tiles.probed().filter(|probe| probe.at == pixel) else { return Vec::new() };
        let mut shown: Vec<_> = layer.bands(&self.display.bands)[..self.display.channels()].to_vec();
        shown.dedup();
        shown.into_iter().filter_map(|band| probe.bands.get(band)).collect()
    }

    /// Which image is under the pointer.
    fn pointed(&self) -> Pointed {
        let right = |x: f32| self.map.pointer.is_some_and(|at| at.x >= x);
        let result = match self.display.compare {
            _ if self.map.flicker => false,
            Compare::Difference => return Pointed::Both,
            Compare::Swipe => right(self.swipe_x()),
            Compare::SideBySide => right(self.halves(self.map.rect).1.left()),
            Compare::Single => self.selected != self.source_id(),
        };
        if result { Pointed::Result } else { Pointed::Source }
    }

    /// The same without the zoom; none where the pointer is not on the scene.
    pub(super) fn pointed_words(&self) -> Option<String> {
        self.map.hover.and_then(|at| self.pixel(at))?;
        self.position_words().split_once(" · ").map(|(_, words)| words.to_owned())
    }

    /// The part of the shown source that is on the screen.
    pub(super) fn seen(&self) -> Option<Window> {
        Some(self.camera.window(self.map.rect, &self.source()?.scene.grid))
    }
}

/// Screen pixels to scene pixels.
fn zoom_words(zoom: f64) -> String {
    let number = |value: f64| {
        let text = format!("{value:.1}");
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    };
    if zoom >= 1.0 { format!("{}:1", number(zoom)) } else { format!("1:{}", number(1.0 / zoom)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zooms_are_ratios() {
        assert_eq!([zoom_words(1.0), zoom_words(0.5), zoom_words(4.0)], ["1:1", "1:2", "4:1"]);
    }
}
