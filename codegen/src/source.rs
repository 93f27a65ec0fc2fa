//! Input text, and positions in it as bytes, lines and columns.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use crate::text::boundary_before;

/// The largest input that is read, in bytes. The largest protocol in public use is below 200 kB; the limit keeps a wrong
/// path (a disk image, `/dev/zero`) from filling the memory.
pub const MAX_INPUT: usize = 16 << 20;

/// The name that stands for standard input on the command line.
pub const STDIN: &str = "-";

/// A range of bytes in one [`Source`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// First byte.
    pub start: usize,
    /// One past the last byte; equal to `start` for an empty value.
    pub end: usize,
}

/// Line and column, both counted from 1; columns count characters, as editors do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One input file in memory, under the name that messages show.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    text: String,
    line_starts: Vec<usize>,
    /// How many characters start in front of each block of [`BLOCK`] bytes.
    chars_before: Vec<usize>,
    defect: Option<Defect>,
}

/// Bytes between places whose number of characters is known, so that a column far out on a long line is found at once.
const BLOCK: usize = 1 << 10;

/// What made the bytes unusable as text. The text before the place is intact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Defect {
    /// The file could not be read, for the reason the system gave.
    Unreadable(String),
    /// The byte at this offset does not continue valid UTF-8.
    NotUtf8(usize),
    /// More than [`MAX_INPUT`] bytes.
    TooLarge,
}

impl Source {
    /// A source from bytes that are already in memory.
    pub fn new(name: impl Into<String>, bytes: Vec<u8>) -> Self {
        let mut defect = (bytes.len() > MAX_INPUT).then_some(Defect::TooLarge);
        let text = if defect.is_some() {
            String::new()
        } else {
            String::from_utf8(bytes).unwrap_or_else(|error| {
                defect = Some(Defect::NotUtf8(error.utf8_error().valid_up_to()));
                String::from_utf8_lossy(error.as_bytes()).into_owned()
            })
        };
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut chars_before = vec![0];
        for (block, before) in text.as_bytes().chunks(BLOCK).enumerate() {
            chars_before.push(chars_before[block] + starts(before));
        }
        Self { name: name.into(), text, line_starts, chars_before, defect }
    }

    /// Reads a file, a pipe, or standard input (`-`), at most a byte more than [`MAX_INPUT`]. A file that cannot be read
    /// gives a source too: checking it reports why, among the findings of the other files.
    pub fn read(path: &Path) -> Self {
        let mut bytes = Vec::new();
        let limit = MAX_INPUT as u64 + 1;
        let (name, result) = if path.as_os_str() == STDIN {
            ("<stdin>".to_owned(), io::stdin().lock().take(limit).read_to_end(&mut bytes))
        } else {
            let result = File::open(path).and_then(|file| file.take(limit).read_to_end(&mut bytes));
            (path.display().to_string(), result)
        };
        match result {
            Ok(_) => Self::new(name, bytes),
            Err(error) => {
                let defect = Some(Defect::Unreadable(error.to_string()));
                Self { defect, ..Self::new(name, Vec::new()) }
            }
        }
    }

    /// The name shown in messages: the path as given, or `<stdin>`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text; empty if the input was too large, with U+FFFD where it was not UTF-8.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn defect(&self) -> Option<&Defect> {
        self.defect.as_ref()
    }

    /// Line and column of a byte offset; offsets past the end give the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = boundary_before(&self.text, offset);
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let column = self.chars_until(offset) - self.chars_until(self.line_starts[line - 1]) + 1;
        Position { line, column }
    }

    /// How many characters start in front of an offset.
    fn chars_until(&self, offset: usize) -> usize {
        let block = offset / BLOCK;
        self.chars_before[block] + starts(&self.text.as_bytes()[block * BLOCK..offset])
    }

    /// The byte offset of a line and column as the XML parser counts them; the nearest place if there is no such one.
    pub(crate) fn offset(&self, line: usize, column: usize) -> usize {
        let Some(&start) = self.line_starts.get(line.saturating_sub(1)) else {
            return self.text.len();
        };
        let rest = &self.text[start..];
        start + rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at)
    }

    /// The bytes of the line, without its end, that holds this offset.
    #[cfg(feature = "snippets")]
    pub(crate) fn line_at(&self, offset: usize) -> Span {
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let end = self.line_starts.get(line).map_or(self.text.len(), |next| next - 1);
        Span { start: self.line_starts[line - 1], end }
    }
}

/// How many characters start in these bytes.
fn starts(bytes: &[u8]) -> usize {
    bytes.iter().filter(|&&byte| byte & 0xc0 != 0x80).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_from_one() {
        let source = Source::new("a", "é<x\n\n  ü".into());
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(2), Position { line: 1, column: 2 });
        assert_eq!(source.position(5), Position { line: 2, column: 1 });
        assert_eq!(source.position(8), Position { line: 3, column: 3 });
        assert_eq!(source.position(1000), Position { line: 3, column: 4 });
        assert_eq!(source.offset(3, 3), 8);
        assert_eq!(source.offset(9, 9), source.text().len());
    }

    #[test]
    fn columns_of_long_lines_are_counted_from_the_next_block() {
        for text in [
            "é".repeat(3 * BLOCK),
            "é".repeat(BLOCK / 2),
            "x".repeat(2 * BLOCK),
            "ab\n".to_owned() + &"€".repeat(BLOCK),
        ] {
            let source = Source::new("a", text.clone().into_bytes());
            for (at, _) in text.char_indices().chain([(text.len(), ' ')]) {
                let line = text[..at].rfind('\n').map_or(0, |end| end + 1);
                assert_eq!(source.position(at).column, text[line..at].chars().count() + 1, "{at}");
            }
        }
    }

    #[test]
    fn bytes_that_are_not_text_are_kept_out_with_their_place() {
        let source = Source::new("a", b"<p>\xff</p>".to_vec());
        assert_eq!(source.defect(), Some(&Defect::NotUtf8(3)));
        assert_eq!(Source::new("b", vec![b' '; MAX_INPUT + 1]).defect(), Some(&Defect::TooLarge));
    }
}
