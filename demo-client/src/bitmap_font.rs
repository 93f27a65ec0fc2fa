//! A font of 5 by 7 dots for a frame rate: digits, a point and the letters of "fps".
//! Knows which dots are set; what a dot looks like is for the caller.

/// Columns of a glyph, and of a glyph with the gap that follows it.
const WIDTH: u32 = 5;
const ADVANCE: u32 = WIDTH + 1;
/// Rows of a line of text.
pub(crate) const HEIGHT: u32 = 7;

/// Seven rows of five dots; the leftmost is bit 4. Unknown characters are blank.
fn glyph(character: char) -> [u8; HEIGHT as usize] {
    match character {
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
        '3' => [0b01110, 0b10001, 0b00001, 0b00110, 0b00001, 0b10001, 0b01110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        '.' => [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100],
        'f' => [0b00110, 0b01001, 0b01000, 0b11100, 0b01000, 0b01000, 0b01000],
        'p' => [0b00000, 0b00000, 0b11110, 0b10001, 0b11110, 0b10000, 0b10000],
        's' => [0b00000, 0b00000, 0b01111, 0b10000, 0b01110, 0b00001, 0b11110],
        _ => [0; HEIGHT as usize],
    }
}

/// Columns of a line of text.
pub(crate) fn width(text: &str) -> u32 {
    (text.chars().count() as u32 * ADVANCE).saturating_sub(ADVANCE - WIDTH)
}

/// The columns of the dots that are set in row `y` of `text`, from left to right.
pub(crate) fn dots(text: &str, y: u32) -> impl Iterator<Item = u32> {
    text.chars().zip((0..).step_by(ADVANCE as usize)).flat_map(move |(character, left)| {
        let row = glyph(character).get(y as usize).copied().unwrap_or(0);
        (0..WIDTH).filter(move |x| row & (0b10000 >> x) != 0).map(move |x| left + x)
    })
}

#[cfg(test)]
mod tests {
    use super::{HEIGHT, dots, width};

    fn draw(text: &str) -> Vec<String> {
        let line = |y| {
            let mut line = vec!['.'; width(text) as usize];
            for x in dots(text, y) {
                line[x as usize] = '#';
            }
            line.into_iter().collect()
        };
        (0..HEIGHT).map(line).collect()
    }

    #[test]
    fn text_is_made_of_dots() {
        let expected = [
            ".###....##.", //
            "#...#..#..#",
            "#..##..#...",
            "#.#.#.###..",
            "##..#..#...",
            "#...#..#...",
            ".###...#...",
        ];
        assert_eq!(draw("0f"), expected);
    }

    #[test]
    fn what_the_font_lacks_is_blank() {
        assert_eq!(draw("é x").concat().replace('.', ""), "");
        assert_eq!(width(""), 0);
    }
}
