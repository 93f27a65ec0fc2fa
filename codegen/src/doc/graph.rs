//! Who makes whom: the interfaces of a protocol as boxes, each with the messages that make objects, in layers from left to
//! right. Sizes are those of a font in which all characters are equally wide.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::{ArgKind, Direction, Interface};

/// A picture without its colours.
#[derive(Debug, Default)]
pub(super) struct Graph<'a> {
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) boxes: Vec<Node<'a>>,
    pub(super) lines: Vec<Line<'a>>,
}

/// An interface.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub(super) name: &'a str,
    /// Whether it is of another protocol.
    pub(super) foreign: bool,
    pub(super) x: usize,
    pub(super) y: usize,
    pub(super) width: usize,
    pub(super) height: usize,
    pub(super) rows: Vec<Row<'a>>,
}

/// A message that makes objects.
#[derive(Debug)]
pub(super) struct Row<'a> {
    pub(super) name: &'a str,
    pub(super) direction: Direction,
    /// The middle of its line.
    pub(super) y: usize,
    /// The interfaces of the objects; `None` is any.
    makes: Vec<Option<&'a str>>,
}

impl Row<'_> {
    /// Whether the message itself names the interface.
    pub(super) fn makes_any(&self) -> bool {
        self.makes.contains(&None)
    }
}

/// From a message to the interface of the objects that it makes.
#[derive(Debug)]
pub(super) struct Line<'a> {
    pub(super) from: &'a str,
    pub(super) message: &'a str,
    pub(super) to: &'a str,
    pub(super) path: String,
}

/// Widths and heights in pixels.
const CHARACTER: usize = 8;
const PADDING: usize = 10;
pub(super) const TITLE: usize = 28;
const ROW: usize = 20;
const BETWEEN_LAYERS: usize = 72;
const BETWEEN_BOXES: usize = 14;
const MARGIN: usize = 8;
/// What the rows of boxes without lines may take.
const LINE_OF_BOXES: usize = 960;

/// The longest name that is shown whole, in characters.
pub(super) const LONGEST: usize = 60;

/// How often the boxes of a layer are sorted by their neighbours.
const SWEEPS: usize = 4;

/// The picture of a protocol's interfaces.
pub(super) fn draw(interfaces: &[Interface]) -> Graph<'_> {
    let mut boxes = boxes(interfaces);
    let places: BTreeMap<&str, usize> = boxes.iter().enumerate().map(|(at, node)| (node.name, at)).collect();
    let mut makes: Vec<BTreeSet<usize>> = Vec::new();
    for node in &boxes {
        let names = node.rows.iter().flat_map(|row| &row.makes).flatten();
        makes.push(names.map(|name| places[name]).collect());
    }
    let mut made_by = vec![BTreeSet::new(); boxes.len()];
    for (maker, made) in makes.iter().enumerate() {
        made.iter().for_each(|&one| {
            made_by[one].insert(maker);
        });
    }
    let layers = layers(&makes, &made_by);
    let (mut y, mut width) = (MARGIN, 0);
    let (alone, connected): (Vec<_>, Vec<_>) = components(&makes, &made_by)
        .into_iter()
        .partition(|component| component.len() == 1 && makes[component[0]].is_empty());
    for component in connected {
        let (right, bottom) = place(&mut boxes, component, &layers, &makes, &made_by, y);
        (width, y) = (width.max(right), bottom + 2 * BETWEEN_BOXES);
    }
    let mut x = MARGIN;
    let mut is_used = false;
    for node in alone.into_iter().flatten() {
        if x > MARGIN && x + boxes[node].width > LINE_OF_BOXES {
            (x, y) = (MARGIN, y + TITLE + BETWEEN_BOXES);
        }
        (boxes[node].x, boxes[node].y) = (x, y);
        x += boxes[node].width + BETWEEN_BOXES;
        (width, is_used) = (width.max(x - BETWEEN_BOXES), true);
    }
    let height = if is_used { y + TITLE + MARGIN } else { y.saturating_sub(2 * BETWEEN_BOXES) + MARGIN };
    for node in &mut boxes {
        let top = node.y + TITLE;
        node.rows.iter_mut().enumerate().for_each(|(at, row)| row.y = top + at * ROW + ROW / 2);
    }
    let lines = lines(&boxes, &places);
    Graph { width: width + MARGIN, height, boxes, lines }
}

/// The interfaces, and those of other protocols that they make.
fn boxes(interfaces: &[Interface]) -> Vec<Node<'_>> {
    let mut boxes: Vec<_> = interfaces.iter().map(|interface| node(&interface.name, false, rows(interface))).collect();
    let mut known: BTreeSet<_> = interfaces.iter().map(|interface| interface.name.as_str()).collect();
    let made: Vec<_> = boxes.iter().flat_map(|node| &node.rows).flat_map(|row| &row.makes).flatten().copied().collect();
    boxes.extend(made.into_iter().filter(|name| known.insert(name)).map(|name| node(name, true, Vec::new())));
    boxes
}

fn node<'a>(name: &'a str, foreign: bool, rows: Vec<Row<'a>>) -> Node<'a> {
    let shown = |name: &str| name.len().min(LONGEST + 1);
    let title = shown(name) * CHARACTER;
    let longest = rows.iter().map(|row| shown(row.name) * (CHARACTER - 1)).max().unwrap_or(0);
    let rows_height = if rows.is_empty() { 0 } else { rows.len() * ROW + PADDING / 2 };
    let (width, height) = (title.max(longest + PADDING) + 2 * PADDING, TITLE + rows_height);
    Node { name, foreign, x: 0, y: 0, width, height, rows }
}

fn rows(interface: &Interface) -> Vec<Row<'_>> {
    let directions = [Direction::Request, Direction::Event].into_iter();
    let messages =
        directions.flat_map(|direction| interface.messages(direction).iter().map(move |one| (one, direction)));
    let rows = messages.map(|(message, direction)| {
        let makes = message.args.iter().filter_map(|arg| match &arg.kind {
            ArgKind::NewId { interface } => Some(interface.as_ref().map(|one| one.name.as_str())),
            _ => None,
        });
        Row { name: &message.name, direction, y: 0, makes: makes.collect() }
    });
    rows.filter(|row| !row.makes.is_empty()).collect()
}

/// For each box the number of its layer: one more than the highest of those that make it, circles aside.
fn layers(makes: &[BTreeSet<usize>], made_by: &[BTreeSet<usize>]) -> Vec<usize> {
    // First those that nobody else makes, so that a circle is cut where it leads back.
    let is_root = |at: &usize| made_by[*at].iter().all(|maker| maker == at);
    let starts = (0..makes.len()).filter(is_root).chain((0..makes.len()).filter(|at| !is_root(at)));
    let mut state = vec![State::New; makes.len()];
    let mut finished = Vec::new();
    let mut back = BTreeSet::new();
    for start in starts {
        let mut stack = vec![(start, makes[start].iter())];
        if state[start] != State::New {
            continue;
        }
        state[start] = State::Open;
        while let Some((at, rest)) = stack.last_mut() {
            let at = *at;
            match rest.next() {
                Some(&next) if state[next] == State::New => {
                    state[next] = State::Open;
                    stack.push((next, makes[next].iter()));
                }
                Some(&next) if state[next] == State::Open => {
                    back.insert((at, next));
                }
                Some(_) => {}
                None => {
                    state[at] = State::Done;
                    finished.push(at);
                    stack.pop();
                }
            }
        }
    }
    let mut layers = vec![0; makes.len()];
    for &at in finished.iter().rev() {
        for &next in makes[at].iter().filter(|&&next| !back.contains(&(at, next))) {
            layers[next] = layers[next].max(layers[at] + 1);
        }
    }
    layers
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

/// Boxes that lines connect, in the order of their first.
fn components(makes: &[BTreeSet<usize>], made_by: &[BTreeSet<usize>]) -> Vec<Vec<usize>> {
    let mut seen = vec![false; makes.len()];
    let mut components = Vec::new();
    for start in 0..makes.len() {
        if std::mem::replace(&mut seen[start], true) {
            continue;
        }
        let mut component = vec![start];
        let mut at = 0;
        while let Some(&one) = component.get(at) {
            for &next in makes[one].iter().chain(&made_by[one]) {
                if !std::mem::replace(&mut seen[next], true) {
                    component.push(next);
                }
            }
            at += 1;
        }
        component.sort_unstable();
        components.push(component);
    }
    components
}

/// Gives the boxes of a component their places below `top`. Returns how far they reach to the right and down.
fn place(
    boxes: &mut [Node<'_>],
    component: Vec<usize>,
    layers: &[usize],
    makes: &[BTreeSet<usize>],
    made_by: &[BTreeSet<usize>],
    top: usize,
) -> (usize, usize) {
    let mut columns = BTreeMap::<_, Vec<_>>::new();
    for node in component {
        columns.entry(layers[node]).or_default().push(node);
    }
    let mut columns: Vec<_> = columns.into_values().collect();
    let mut middles: Vec<usize> = vec![0; boxes.len()];
    let stack = |column: &[usize], middles: &mut [usize]| {
        let mut y = 0;
        for &node in column {
            middles[node] = y + boxes[node].height / 2;
            y += boxes[node].height + BETWEEN_BOXES;
        }
    };
    columns.iter().for_each(|column| stack(column, &mut middles));
    for sweep in 0..SWEEPS {
        let forwards = sweep % 2 == 0;
        let neighbours = if forwards { made_by } else { makes };
        let count = columns.len();
        for at in 0..count {
            let column = &mut columns[if forwards { at } else { count - 1 - at }];
            let mean = |node: usize| {
                let around = &neighbours[node];
                let sum: usize = around.iter().map(|&one| middles[one]).sum();
                sum.checked_div(around.len()).unwrap_or(middles[node])
            };
            column.sort_by_cached_key(|&node| mean(node));
            stack(column, &mut middles);
        }
    }
    let heights = columns
        .iter()
        .map(|column| column.iter().map(|&node| boxes[node].height + BETWEEN_BOXES).sum::<usize>() - BETWEEN_BOXES);
    let heights: Vec<_> = heights.collect();
    let height = heights.iter().copied().max().unwrap_or(0);
    let mut x = MARGIN;
    for (column, own) in columns.iter().zip(heights) {
        let mut y = top + (height - own) / 2;
        let mut width = 0;
        for &node in column {
            (boxes[node].x, boxes[node].y) = (x, y);
            y += boxes[node].height + BETWEEN_BOXES;
            width = width.max(boxes[node].width);
        }
        x += width + BETWEEN_LAYERS;
    }
    (x - BETWEEN_LAYERS, top + height)
}

/// A curve for each message and each interface that it makes.
fn lines<'a>(boxes: &[Node<'a>], places: &BTreeMap<&str, usize>) -> Vec<Line<'a>> {
    let mut lines = Vec::new();
    for node in boxes {
        for row in &node.rows {
            let made: BTreeSet<_> = row.makes.iter().flatten().copied().collect();
            for to in made {
                let target = &boxes[places[to]];
                let (x1, y1) = (node.x + node.width, row.y);
                let (x2, y2) = (target.x, target.y + TITLE / 2);
                let path = if target.x > node.x {
                    // To a layer on the right: a curve that starts and ends level.
                    let bend = (x2.saturating_sub(x1) / 2).max(BETWEEN_LAYERS / 2);
                    format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + bend, x2.saturating_sub(bend))
                } else {
                    // Back, or to itself: around the right side.
                    let (x2, out) = (target.x + target.width, BETWEEN_LAYERS * 2 / 3);
                    let right = x1.max(x2) + out;
                    format!("M{x1} {y1}C{right} {y1} {right} {y2} {x2} {y2}")
                };
                lines.push(Line { from: node.name, message: row.name, to, path });
            }
        }
    }
    lines
}
