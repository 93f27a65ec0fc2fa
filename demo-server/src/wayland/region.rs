//! `wl_region`: sets of points, as the rectangles they were put together from.

use std::sync::Arc;

use wayline::{Fault, Handled, RequestHandler};

use super::protocol::{WlCompositor, WlRegion, wl_compositor, wl_region};
use crate::app::App;
use crate::scene::Rect;

/// Rectangles one region may be made of. Shaped windows need some hundred.
const MAX_STEPS: usize = 4096;

/// A region; surfaces share what they copied of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Region {
    steps: Arc<Vec<Step>>,
}

#[derive(Clone, Copy, Debug)]
struct Step {
    adds: bool,
    rect: Rect,
}

impl Region {
    /// Whether a point belongs to it: the last step that covers it decides.
    pub(super) fn contains(&self, x: f64, y: f64) -> bool {
        let (x, y) = (x.floor() as i32, y.floor() as i32);
        self.steps.iter().rev().find(|step| step.rect.contains(x, y)).is_some_and(|step| step.adds)
    }

    /// The largest of its rectangles of which nothing was taken away again: a
    /// part that is surely inside.
    pub(super) fn core(&self) -> Rect {
        let kept = |index: &usize| {
            let rect = self.steps[*index].rect;
            let later = &self.steps[*index + 1..];
            self.steps[*index].adds && later.iter().all(|step| step.adds || step.rect.intersect(rect).is_empty())
        };
        let whole = (0..self.steps.len()).filter(kept).map(|index| self.steps[index].rect);
        whole.max_by_key(|rect| rect.area()).unwrap_or(Rect::EMPTY)
    }

    fn push(&mut self, adds: bool, rect: Rect) -> Handled {
        if rect.is_empty() {
            return Ok(());
        }
        if self.steps.len() == MAX_STEPS {
            return Err(Fault::internal(format!("more than {MAX_STEPS} rectangles in one region")));
        }
        Arc::make_mut(&mut self.steps).push(Step { adds, rect });
        Ok(())
    }
}

impl RequestHandler<WlCompositor> for App {
    type Data = ();

    fn request(&mut self, _: WlCompositor, request: wl_compositor::Request) -> Handled {
        match request {
            // Both are as they should be from their defaults.
            wl_compositor::Request::CreateSurface { .. } | wl_compositor::Request::CreateRegion { .. } => Ok(()),
        }
    }
}

impl RequestHandler<WlRegion> for App {
    type Data = Region;

    fn request(&mut self, this: WlRegion, request: wl_region::Request) -> Handled {
        let region = self.server.data(this)?;
        match request {
            wl_region::Request::Destroy => Ok(()),
            wl_region::Request::Add { x, y, width, height } => region.push(true, Rect::new(x, y, width, height)),
            wl_region::Request::Subtract { x, y, width, height } => region.push(false, Rect::new(x, y, width, height)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rect, Region};

    #[test]
    fn the_last_step_over_a_point_decides() {
        let mut region = Region::default();
        region.push(true, Rect::new(0, 0, 10, 10)).unwrap();
        region.push(false, Rect::new(2, 2, 4, 4)).unwrap();
        region.push(true, Rect::new(3, 3, 1, 1)).unwrap();
        assert!(region.contains(0.5, 9.9) && region.contains(3.2, 3.2));
        assert!(!region.contains(2.0, 2.0) && !region.contains(10.0, 0.0) && !region.contains(-0.1, 0.0));
    }

    #[test]
    fn the_core_is_never_cut_into() {
        let mut region = Region::default();
        assert_eq!(region.core(), Rect::EMPTY);
        region.push(true, Rect::new(0, 0, 100, 100)).unwrap();
        region.push(true, Rect::new(200, 0, 20, 20)).unwrap();
        assert_eq!(region.core(), Rect::new(0, 0, 100, 100));
        region.push(false, Rect::new(99, 99, 5, 5)).unwrap();
        assert_eq!(region.core(), Rect::new(200, 0, 20, 20));
    }
}
