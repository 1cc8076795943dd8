//! Images by how much cloud they have and how thick it is.

use serde::{Deserialize, Serialize};

use super::report::ImageReport;

/// Images with less cloud than this fraction are left out of means under cloud.
pub const MIN_COVER: f64 = 0.02;

/// Which images of a set a mean is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Subset {
    /// All of them.
    Any,
    /// Under 20 % cloud and shadow.
    Low,
    /// 20 to 60 %.
    Middle,
    /// Over 60 %.
    High,
    /// Thin cloud, of whatever cover.
    Thin,
}

impl Subset {
    /// All images first, then by cover, then those under thin cloud.
    pub const EVERY: [Self; 5] = [Self::Any, Self::Low, Self::Middle, Self::High, Self::Thin];

    /// The class of a fraction under cloud or shadow.
    #[must_use]
    pub fn of_cover(fraction: f64) -> Self {
        if fraction < 0.2 {
            Self::Low
        } else if fraction <= 0.6 {
            Self::Middle
        } else {
            Self::High
        }
    }

    /// Whether an image belongs to it. Of thin cloud an image needs at least [`MIN_COVER`].
    #[must_use]
    pub fn has(self, image: &ImageReport) -> bool {
        match self {
            Self::Any => true,
            Self::Thin => image.thin == Some(true) && image.cover >= MIN_COVER,
            class => class == Self::of_cover(image.cover),
        }
    }

    /// The name in tables.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Low => "< 20 %",
            Self::Middle => "20–60 %",
            Self::High => "> 60 %",
            Self::Thin => "thin cloud",
        }
    }
}
