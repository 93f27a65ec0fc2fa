//! The shape of a description: paragraphs, lists, headings, and what keeps its line breaks.

/// A part of a description.
#[derive(Debug, PartialEq)]
pub(super) enum Block {
    Heading(String),
    Paragraph(String),
    Preformatted(String),
    /// The number of the first item, if they are numbered; each item has paragraphs.
    List(Option<u32>, Vec<Vec<String>>),
}

/// A description in parts. Its indentation is that of the model: what all lines share is gone.
pub(super) fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    // How far the text of the last list's items is indented, while other chunks may still belong to it.
    let mut inside = None;
    for chunk in chunks(text) {
        let mut lines = chunk.as_slice();
        let least = lines.iter().map(|line| indent(line)).min().unwrap_or(0);
        if let (Some(depth), Some(Block::List(_, items))) = (inside, blocks.last_mut())
            && least >= depth
            && item(lines[0]).is_none()
        {
            items.last_mut().expect("a list has an item").push(lines.join("\n"));
            continue;
        }
        inside = None;
        if let [title, rule, rest @ ..] = lines
            && is_rule(rule)
            && item(title).is_none()
        {
            blocks.push(Block::Heading(title.trim().to_owned()));
            lines = rest;
        }
        if lines.is_empty() {
            continue;
        }
        if least >= 4 && !lines.iter().any(|line| item(line).is_some()) {
            let lines: Vec<_> = lines.iter().map(|line| &line[least..]).collect();
            blocks.push(Block::Preformatted(lines.join("\n")));
            continue;
        }
        inside = flowing(lines, &mut blocks);
    }
    blocks
}

/// Runs of lines that are not blank.
fn chunks(text: &str) -> Vec<Vec<&str>> {
    let mut chunks = vec![Vec::new()];
    for line in text.lines() {
        match (line.trim().is_empty(), chunks.last_mut().expect("there is always one")) {
            (true, last) if last.is_empty() => {}
            (true, _) => chunks.push(Vec::new()),
            (false, last) => last.push(line),
        }
    }
    chunks.retain(|chunk| !chunk.is_empty());
    chunks
}

/// Prose with or without list items in it. Returns how far the text of the last item is indented, if it ends with one.
fn flowing(lines: &[&str], blocks: &mut Vec<Block>) -> Option<usize> {
    let mut depth = None;
    let mut marker = 0;
    let mut fresh = true;
    for line in lines {
        if let Some((number, at, text)) = item(line) {
            marker = indent(line);
            match blocks.last_mut() {
                Some(Block::List(start, items)) if start.is_some() == number.is_some() => {
                    items.push(vec![text.to_owned()]);
                }
                _ => blocks.push(Block::List(number, vec![vec![text.to_owned()]])),
            }
            depth = Some(at);
            fresh = false;
            continue;
        }
        // A line that stands further left than the marker ends the list.
        if depth.is_some() && indent(line) < marker {
            depth = None;
            fresh = true;
        }
        match blocks.last_mut() {
            Some(Block::List(_, items)) if depth.is_some() => {
                let text = items.last_mut().and_then(|item| item.last_mut()).expect("a list has an item");
                text.push('\n');
                text.push_str(line);
            }
            Some(Block::Paragraph(text)) if !fresh => {
                text.push('\n');
                text.push_str(line);
            }
            _ => blocks.push(Block::Paragraph((*line).to_owned())),
        }
        fresh = false;
    }
    depth
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// A line of dashes or equals signs under a title.
fn is_rule(line: &str) -> bool {
    let line = line.trim();
    line.len() >= 3 && (line.bytes().all(|byte| byte == b'-') || line.bytes().all(|byte| byte == b'='))
}

/// The number, the place and the text of a list item: `- text`, `* text`, `1. text`.
fn item(line: &str) -> Option<(Option<u32>, usize, &str)> {
    let (marker, text) = line.trim_start().split_once(' ')?;
    let text = text.trim_start();
    let at = line.len() - text.len();
    match marker {
        "-" | "*" | "+" => Some((None, at, text)),
        _ => {
            let number = marker.strip_suffix(['.', ')']).filter(|number| number.len() < 3)?;
            Some((Some(number.parse().ok()?), at, text))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paragraph(text: &str) -> Block {
        Block::Paragraph(text.to_owned())
    }

    fn list(start: Option<u32>, items: &[&[&str]]) -> Block {
        Block::List(start, items.iter().map(|item| item.iter().map(|&text| text.to_owned()).collect()).collect())
    }

    #[test]
    fn paragraphs_are_parted_by_blank_lines() {
        assert_eq!(blocks("one\ntwo\n\n \nthree"), [paragraph("one\ntwo"), paragraph("three")]);
        assert_eq!(blocks(" \n"), []);
    }

    #[test]
    fn lists_headings_and_tables_keep_their_shape() {
        assert_eq!(
            blocks("The modes:\n  - one,\n    or more\n  - two\n\nUnits\n-----\nPixels.\n\n    a | b\n      c"),
            [
                paragraph("The modes:"),
                list(None, &[&["one,\n    or more"], &["two"]]),
                Block::Heading("Units".to_owned()),
                paragraph("Pixels."),
                Block::Preformatted("a | b\n  c".to_owned()),
            ]
        );
        assert_eq!(blocks("3. one\n4. two"), [list(Some(3), &[&["one"], &["two"]])]);
    }

    #[test]
    fn items_may_be_parted_by_blank_lines_and_have_paragraphs() {
        assert_eq!(
            blocks("- one\n\n  more\n\n- two\n\nend"),
            [list(None, &[&["one", "  more"], &["two"]]), paragraph("end")]
        );
        assert_eq!(blocks("  - one\nend"), [list(None, &[&["one"]]), paragraph("end")]);
        assert_eq!(blocks("1. one\nmore\n2. two"), [list(Some(1), &[&["one\nmore"], &["two"]])]);
    }
}
