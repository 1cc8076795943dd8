//! The few letters that axes of sheets are labelled with.

/// Screen pixels of a dot of a glyph.
const SCALE: usize = 2;
/// Width and height of a glyph in pixels, with the space after it.
pub(super) const GLYPH_PX: (usize, usize) = (4 * SCALE, 5 * SCALE);

/// Rows of three dots, the left one in bit 2.
fn dots(letter: char) -> [u8; 5] {
    match letter {
        '0' => [7, 5, 5, 5, 7],
        '1' => [2, 6, 2, 2, 7],
        '2' => [7, 1, 7, 4, 7],
        '3' => [7, 1, 7, 1, 7],
        '4' => [5, 5, 7, 1, 1],
        '5' => [7, 4, 7, 1, 7],
        '6' => [7, 4, 7, 5, 7],
        '7' => [7, 1, 2, 2, 2],
        '8' => [7, 5, 7, 5, 7],
        '9' => [7, 5, 7, 1, 7],
        '+' => [0, 2, 7, 2, 0],
        '-' => [0, 0, 7, 0, 0],
        '.' => [0, 0, 0, 0, 2],
        'n' => [0, 6, 5, 5, 5],
        'p' => [6, 5, 6, 4, 4],
        't' => [2, 7, 2, 2, 3],
        'x' => [0, 5, 2, 2, 5],
        'z' => [0, 7, 1, 2, 7],
        _ => [0; 5],
    }
}

/// Width of a label in pixels.
pub(super) fn width(label: &str) -> usize {
    GLYPH_PX.0 * label.chars().count()
}

/// Calls `set` for each pixel of a label, counted from its left upper corner.
pub(super) fn draw(label: &str, mut set: impl FnMut(usize, usize)) {
    for (index, letter) in label.chars().enumerate() {
        for (row, bits) in dots(letter).into_iter().enumerate() {
            for column in (0..3).filter(|column| bits >> (2 - column) & 1 == 1) {
                for dot in 0..SCALE * SCALE {
                    set(index * GLYPH_PX.0 + column * SCALE + dot % SCALE, row * SCALE + dot / SCALE);
                }
            }
        }
    }
}
