//! Which panels there are and how they first lie.

use egui_tiles::{Container, Linear, LinearDir, Tile, TileId, Tiles, Tree};
use serde::{Deserialize, Serialize};

/// A panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Pane {
    Layers,
    Display,
    Decloud,
    Map,
    Sweep,
    Training,
    Spectrum,
    Histogram,
    Latents,
    Evaluation,
    Log,
}

impl Pane {
    /// All panels.
    pub const ALL: [Self; 11] = [
        Self::Layers,
        Self::Display,
        Self::Decloud,
        Self::Map,
        Self::Sweep,
        Self::Training,
        Self::Spectrum,
        Self::Histogram,
        Self::Latents,
        Self::Evaluation,
        Self::Log,
    ];

    pub fn title(self) -> &'static str {
        match self {
            Self::Layers => "Layers",
            Self::Display => "Display",
            Self::Decloud => "Clouds",
            Self::Map => "Map",
            Self::Sweep => "Sweep",
            Self::Training => "Training",
            Self::Spectrum => "Spectrum",
            Self::Histogram => "Histogram",
            Self::Latents => "Latents",
            Self::Evaluation => "Evaluation",
            Self::Log => "Log",
        }
    }
}

/// A window narrower than this, in points, has no room for panels side by side below the map.
const NARROW: f32 = 900.0;

/// The standard arrangement in a window of a width in points: the map is the largest thing on the screen.
pub(super) fn standard(width: f32) -> Tree<Pane> {
    let mut tiles = Tiles::default();
    let mut pane = |pane| {
        let id = tiles.insert_pane(pane);
        tiles.insert_tab_tile(vec![id])
    };
    let (layers, display, decloud) = (pane(Pane::Layers), pane(Pane::Display), pane(Pane::Decloud));
    let below = if width < NARROW {
        let panes = [Pane::Histogram, Pane::Log].map(|pane| tiles.insert_pane(pane));
        tiles.insert_tab_tile(panes.to_vec())
    } else {
        let (log, histogram) = (pane(Pane::Log), pane(Pane::Histogram));
        linear(&mut tiles, LinearDir::Horizontal, &[(log, 0.6), (histogram, 0.4)])
    };
    let beside = [Pane::Spectrum, Pane::Latents].map(|pane| tiles.insert_pane(pane));
    let spectrum = tiles.insert_tab_tile(beside.to_vec());
    // What needs room lies over the map, as tabs.
    let large =
        [Pane::Map, Pane::Sweep, Pane::Training, Pane::Evaluation].map(|pane| tiles.insert_pane(pane));
    let map = tiles.insert_tab_tile(large.to_vec());
    let left = linear(&mut tiles, LinearDir::Vertical, &[(layers, 0.34), (display, 0.66)]);
    let middle = linear(&mut tiles, LinearDir::Vertical, &[(map, 0.81), (below, 0.19)]);
    let right = linear(&mut tiles, LinearDir::Vertical, &[(decloud, 0.5), (spectrum, 0.5)]);
    let root = linear(&mut tiles, LinearDir::Horizontal, &[(left, 0.19), (middle, 0.58), (right, 0.23)]);
    Tree::new(egui::Id::unique("panels"), root, tiles)
}

fn linear(tiles: &mut Tiles<Pane>, dir: LinearDir, parts: &[(TileId, f32)]) -> TileId {
    let mut linear = Linear::new(dir, parts.iter().map(|(tile, _)| *tile).collect());
    for (tile, share) in parts {
        linear.shares.set_share(*tile, *share);
    }
    tiles.insert_new(Tile::Container(Container::Linear(linear)))
}

/// Width that the columns beside the map need: narrower, names and choices in them are cut off.
const COLUMN: f32 = 226.0;
/// Share of the window that the map keeps all the same.
const MAP: f32 = 0.3;

/// Keeps the columns beside the map wide enough for what stands in them, in small windows and at large scales.
pub(super) fn keep_columns(tree: &mut Tree<Pane>, width: f32) {
    let (Some(root), Some(map)) = (tree.root(), tree.tiles.find_pane(&Pane::Map)) else { return };
    let mut around = map;
    while let Some(parent) = tree.tiles.parent_of(around).filter(|&parent| parent != root) {
        around = parent;
    }
    let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(root) else { return };
    let columns: Vec<_> = linear.children.iter().copied().filter(|&child| child != around).collect();
    if linear.dir != LinearDir::Horizontal || columns.len() == linear.children.len() || columns.is_empty() {
        return;
    }
    let all: f32 = linear.children.iter().map(|child| linear.shares[*child]).sum();
    let least = (COLUMN / width.max(1.0)).min((1.0 - MAP) / columns.len() as f32) * all;
    for column in columns {
        let lacking = least - linear.shares[column];
        // A hair's breadth is the rounding of shares.
        if lacking > 1e-3 * all {
            linear.shares.set_share(column, least);
            let left = linear.shares[around] - lacking;
            linear.shares.set_share(around, left.max(MAP * all));
        }
    }
}

/// Share of its column that a panel gets at least when it is called up.
const RAISED: f32 = 0.5;

/// Brings a panel to the front, and gives it room where it lies below others.
pub(super) fn raise(tree: &mut Tree<Pane>, pane: Pane) {
    tree.make_active(|_, tile| matches!(tile, Tile::Pane(own) if *own == pane));
    let Some(mut child) = tree.tiles.find_pane(&pane) else { return };
    while let Some(parent) = tree.tiles.parent_of(child) {
        if let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get_mut(parent) {
            if linear.dir == LinearDir::Vertical {
                let all: f32 = linear.children.iter().map(|tile| linear.shares[*tile]).sum();
                if linear.shares[child] < RAISED * all {
                    let others = all - linear.shares[child];
                    linear.shares.set_share(child, others * RAISED / (1.0 - RAISED));
                }
            }
            return;
        }
        child = parent;
    }
}

/// Whether a stored arrangement holds every panel once; one from another version may not.
pub(super) fn is_whole(tree: &Tree<Pane>) -> bool {
    let panes: Vec<_> = tree
        .tiles
        .tiles()
        .filter_map(|tile| match tile {
            Tile::Pane(pane) => Some(*pane),
            Tile::Container(_) => None,
        })
        .collect();
    panes.len() == Pane::ALL.len()
        && Pane::ALL.iter().all(|pane| panes.contains(pane))
        && tree.root().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_keep_their_room_in_a_small_window_and_their_shares_in_a_large_one() {
        let widths = |tree: &Tree<Pane>, width: f32| {
            let root = tree.root().expect("a root");
            let Some(Tile::Container(Container::Linear(linear))) = tree.tiles.get(root) else { panic!() };
            let all: f32 = linear.children.iter().map(|child| linear.shares[*child]).sum();
            linear.children.iter().map(|child| width * linear.shares[*child] / all).collect::<Vec<_>>()
        };
        let mut tree = standard(1280.0);
        let before = widths(&tree, 1280.0);
        keep_columns(&mut tree, 1280.0);
        assert_eq!(widths(&tree, 1280.0), before);
        keep_columns(&mut tree, 800.0);
        let small = widths(&tree, 800.0);
        assert!(
            small[0] > COLUMN - 2.0 && small[2] > COLUMN - 2.0 && small[1] > MAP * 800.0 - 2.0,
            "{small:?}"
        );
        keep_columns(&mut tree, 400.0);
        assert!(widths(&tree, 400.0)[1] > 0.29 * 400.0, "the map is not squeezed away");
    }

    #[test]
    fn the_standard_arrangement_is_whole_and_survives_json() {
        assert!(is_whole(&standard(640.0)));
        let tree = standard(1280.0);
        assert!(is_whole(&tree));
        let text = serde_json::to_string(&tree).expect("written");
        let back: Tree<Pane> = serde_json::from_str(&text).expect("read");
        assert!(is_whole(&back));
    }
}
