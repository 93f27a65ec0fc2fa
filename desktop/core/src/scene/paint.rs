//! Draws one rectangle of the frame. Knows views from bottom to top; refuses to know why it is asked.
//!
//! Going down from the topmost view, each one claims its part of what is not yet hidden by opaque pixels above
//! it; a view that is wholly covered claims nothing and is never read. Then the parts are drawn from the bottom up.

use std::collections::BTreeMap;

use super::format::OPAQUE;
use super::pixels::{AccessError, Pixels};
use super::read::Reader;
use super::view::{Decoration, View};
use super::{Scene, shadow};
use wayline_pixels::Rect;

/// With more pieces than this, opaque views are drawn over instead of cut out: a bound on the work that many small
/// windows can cause. The picture is the same.
const MAX_PIECES: usize = 64;

/// Only so many windows, the topmost, have a shadow. Shadows lie on each other, so without a limit each pixel could cost
/// as much as there are windows. A window that comes to be among these shows its shadow when that is next drawn.
const MAX_SHADOWS: usize = 64;

/// Pixels drawn, by how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Painted {
    /// Copied from a client's memory.
    pub copied: u64,
    /// Blended from a client's memory.
    pub blended: u64,
    /// Background, shadows and lines.
    pub own: u64,
}

/// Views, by their index, that a read failed of while they were drawn.
pub(super) type Broken = BTreeMap<usize, AccessError>;

/// How an area is drawn.
#[derive(Clone, Copy, Debug)]
enum How {
    Background,
    Black,
    Shadow,
    Blend,
    Copy,
}

/// Something of a view that is drawn in an area.
#[derive(Clone, Copy, Debug)]
struct Job {
    how: How,
    view: usize,
    area: Rect,
}

/// Space for the lists and rows of one paint, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Painter {
    uncovered: Vec<Rect>,
    jobs: Vec<Job>,
    reader: Reader,
    words: Vec<u32>,
}

impl Scene {
    /// Draw `area`, which must be inside the frame. What cannot be read is added to `broken`, drawn in part, and damaged.
    pub(super) fn paint<P: Pixels>(
        &mut self,
        views: &[&View<P>],
        area: Rect,
        broken: &mut Broken,
        painted: &mut Painted,
    ) {
        self.painter.plan(views, area, broken);
        while let Some(Job { how, view: index, area }) = self.painter.jobs.pop() {
            let (frame, Painter { reader, words, .. }) = (&mut self.frame, &mut self.painter);
            let rows = area.top()..area.bottom();
            let (left, right) = (area.left(), area.right());
            let count = match how {
                How::Background => {
                    rows.for_each(|y| {
                        frame.row_mut(y, left, right).copy_from_slice(self.background.row(y, left, right));
                    });
                    &mut painted.own
                }
                How::Black => {
                    rows.for_each(|y| frame.row_mut(y, left, right).fill(OPAQUE));
                    &mut painted.own
                }
                How::Shadow => {
                    shadow::draw(frame, views[index].bounds(), area, words);
                    &mut painted.own
                }
                How::Blend | How::Copy => {
                    let View { content: Some(content), position, .. } = views[index] else { continue };
                    if broken.contains_key(&index) {
                        continue;
                    }
                    let blends = matches!(how, How::Blend);
                    if let Err(error) = reader.draw(frame, content, *position, area, blends) {
                        self.damage.add(views[index].outer());
                        broken.insert(index, error);
                        continue;
                    }
                    if blends { &mut painted.blended } else { &mut painted.copied }
                }
            };
            *count += area.area();
        }
    }
}

impl Painter {
    /// Fill `jobs`, topmost first.
    fn plan<P>(&mut self, views: &[&View<P>], area: Rect, broken: &Broken) {
        let Painter { uncovered, jobs, .. } = self;
        jobs.clear();
        uncovered.clear();
        uncovered.push(area);
        let mut shadows = 0;
        for (index, view) in views.iter().enumerate().rev() {
            if uncovered.is_empty() {
                break;
            }
            if broken.contains_key(&index) {
                continue;
            }
            let has_shadow = view.decoration == Decoration::Shadow && !view.bounds().is_empty();
            shadows += usize::from(has_shadow);
            let (bounds, black, outer) = (view.bounds(), view.black(), view.outer());
            // What is blended onto black is copied.
            let opaque = if black.covers(bounds) { bounds } else { view.opaque_area() };
            if outer.intersect(area).is_empty() {
                continue;
            }
            let mut plan = |how, area: Rect| {
                if !area.is_empty() {
                    jobs.push(Job { how, view: index, area });
                }
            };
            for rect in &*uncovered {
                if has_shadow && shadows <= MAX_SHADOWS {
                    outer.intersect(*rect).subtract(bounds).for_each(|area| plan(How::Shadow, area));
                }
                let inside = bounds.intersect(*rect);
                inside.subtract(opaque).for_each(|area| plan(How::Blend, area));
                plan(How::Copy, inside.intersect(opaque));
            }
            uncover(uncovered, opaque);
            uncovered.iter().for_each(|rect| plan(How::Black, rect.intersect(black)));
            uncover(uncovered, black);
        }
        jobs.extend(uncovered.iter().map(|area| Job { how: How::Background, view: 0, area: *area }));
    }
}

/// Take `opaque` out of the rectangles, unless that makes too many.
pub(super) fn uncover(rects: &mut Vec<Rect>, opaque: Rect) {
    let count = rects.len();
    if !opaque.is_empty() && count <= MAX_PIECES {
        for at in 0..count {
            rects.extend(rects[at].subtract(opaque));
        }
        rects.drain(..count);
    }
}
