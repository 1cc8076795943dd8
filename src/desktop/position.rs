//! What is under the pointer, in words.

use crate::raster::Window;

use super::app::App;

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
        if let Some(probe) = source.tiles.probed().filter(|probe| probe.at == pixel) {
            let count = self.display.channels();
            let mut shown: Vec<_> = source.bands(&self.display.bands)[..count].to_vec();
            shown.dedup();
            for band in shown.into_iter().filter_map(|band| probe.bands.get(band)) {
                let value = band.reflectance.map_or("nodata".to_owned(), |value| format!("{value:.4}"));
                words.push_str(&format!(" · {} {} / {value}", band.name, band.dn));
            }
        }
        words
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
