//! Draws one rectangle of the frame. Knows views from bottom to top; refuses to know why it is asked.
//!
//! Going down from the topmost view, each one claims its part of what is not yet hidden by opaque pixels above
//! it; a view that is wholly covered claims nothing and is never read. Then the parts are drawn from the bottom up.

use std::collections::BTreeMap;

use super::blend;
use super::format::OPAQUE;
use super::frame::Frame;
use super::pixels::{AccessError, Pixels};
use super::read::Reader;
use super::shadow;
use super::view::{Decoration, View};
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

impl std::ops::AddAssign for Painted {
    fn add_assign(&mut self, other: Self) {
        self.copied += other.copied;
        self.blended += other.blended;
        self.own += other.own;
    }
}

/// Views, by their index, that a read failed of while they were drawn.
pub(super) type Broken = BTreeMap<usize, AccessError>;

#[derive(Clone, Copy, Debug)]
enum Job {
    Black { area: Rect },
    Shadow { view: usize, area: Rect },
    Blend { view: usize, area: Rect },
    Copy { view: usize, area: Rect },
}

/// Space for the lists and rows of one paint, kept from one to the next.
#[derive(Debug, Default)]
pub(super) struct Painter {
    uncovered: Vec<Rect>,
    cut: Vec<Rect>,
    jobs: Vec<Job>,
    reader: Reader,
    words: Vec<u32>,
}

impl Painter {
    /// Draw `area`, which must be inside the frame. What cannot be read is added to `broken`, and drawn in part.
    pub(super) fn paint<P: Pixels>(
        &mut self,
        frame: &mut Frame,
        background: &Frame,
        views: &[View<P>],
        area: Rect,
        broken: &mut Broken,
    ) -> Painted {
        self.plan(views, area);
        let mut painted = Painted::default();
        for rect in &self.uncovered {
            for y in rect.top()..rect.bottom() {
                let (left, right) = (rect.left(), rect.right());
                frame.row_mut(y, left, right).copy_from_slice(background.row(y, left, right));
            }
            painted.own += rect.area();
        }
        while let Some(job) = self.jobs.pop() {
            match job {
                Job::Black { area } => {
                    for y in area.top()..area.bottom() {
                        frame.row_mut(y, area.left(), area.right()).fill(OPAQUE);
                    }
                    painted.own += area.area();
                }
                Job::Shadow { view, area } => {
                    shadow::draw(frame, views[view].bounds(), area, &mut self.words);
                    painted.own += area.area();
                }
                Job::Blend { view, .. } | Job::Copy { view, .. } if broken.contains_key(&view) => {}
                Job::Blend { view, area } => {
                    let View { content: Some(content), position, .. } = &views[view] else { continue };
                    let result = self.reader.each_row(content, *position, area, false, |y, left, words| {
                        blend::over(frame.row_mut(y, left, left + words.len() as i32), words);
                    });
                    match result {
                        Ok(()) => painted.blended += area.area(),
                        Err(error) => drop(broken.insert(view, error)),
                    }
                }
                Job::Copy { view, area } => {
                    let View { content: Some(content), position, .. } = &views[view] else { continue };
                    match self.reader.copy(frame, content, *position, area) {
                        Ok(()) => painted.copied += area.area(),
                        Err(error) => drop(broken.insert(view, error)),
                    }
                }
            }
        }
        painted
    }

    /// Fill `jobs`, topmost first, and leave in `uncovered` where the background is needed.
    fn plan<P>(&mut self, views: &[View<P>], area: Rect) {
        self.jobs.clear();
        self.uncovered.clear();
        self.uncovered.push(area);
        let mut shadows = 0;
        for (index, view) in views.iter().enumerate().rev() {
            if self.uncovered.is_empty() {
                break;
            }
            let has_shadow = view.decoration == Decoration::Shadow && !view.bounds().is_empty();
            shadows += usize::from(has_shadow);
            let (bounds, black) = (view.bounds(), view.black());
            // What is blended onto black is copied.
            let opaque = if black.covers(bounds) { bounds } else { view.opaque_area() };
            if view.outer().intersect(area).is_empty() {
                continue;
            }
            for rect in &self.uncovered {
                if has_shadow && shadows <= MAX_SHADOWS {
                    let around = view.outer().intersect(*rect);
                    self.jobs.extend(around.subtract(bounds).map(|area| Job::Shadow { view: index, area }));
                }
                let inside = bounds.intersect(*rect);
                self.jobs.extend(inside.subtract(opaque).map(|area| Job::Blend { view: index, area }));
                let solid = inside.intersect(opaque);
                if !solid.is_empty() {
                    self.jobs.push(Job::Copy { view: index, area: solid });
                }
            }
            uncover(&mut self.uncovered, &mut self.cut, opaque);
            let behind = self.uncovered.iter().map(|rect| rect.intersect(black)).filter(|area| !area.is_empty());
            self.jobs.extend(behind.map(|area| Job::Black { area }));
            uncover(&mut self.uncovered, &mut self.cut, black);
        }
    }
}

/// Take `opaque` out of the rectangles, unless that makes too many. `spare` is scratch space.
pub(super) fn uncover(rects: &mut Vec<Rect>, spare: &mut Vec<Rect>, opaque: Rect) {
    if opaque.is_empty() || rects.len() > MAX_PIECES {
        return;
    }
    spare.clear();
    spare.extend(rects.iter().flat_map(|r| r.subtract(opaque)));
    std::mem::swap(rects, spare);
}
