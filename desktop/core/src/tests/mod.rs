//! The desktop without anybody on the other side of a socket.

#[cfg(feature = "carry")]
mod carried;
mod constraints;
mod focus;
mod grabs;
mod layout;
mod lock;
mod random;
mod trees;

use super::{Action, Content, Desktop, Effect, Layout, Owner, PixelFormat, Rect, SurfaceId, Touch};

/// A surface: the number of its client, and its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Who(u8, u8);

#[cfg(feature = "carry")]
wayline::carry!(struct Who(0, 1));

impl Owner for Who {
    type Client = u8;

    fn client(self) -> u8 {
        self.0
    }
}

/// A desktop with a short way to say what happens.
struct Desk {
    desktop: Desktop<Who, Vec<u8>>,
    next: u8,
}

fn content(width: i32, height: i32) -> Content<Vec<u8>> {
    let pixels = vec![0xff; (width * height * 4) as usize];
    let layout = Layout::packed(0, width as u32, height as u32, PixelFormat::XRGB8888).unwrap();
    Content { pixels, layout }
}

impl Desk {
    fn new() -> Desk {
        let mut desk = Desk { desktop: Desktop::new((400, 300)), next: 0 };
        desk.point(399, 299);
        desk
    }

    fn surface(&mut self, client: u8) -> SurfaceId {
        self.next += 1;
        self.desktop.add(Who(client, self.next))
    }

    fn show(&mut self, id: SurfaceId, width: i32, height: i32) {
        self.desktop.set_size(id, (width, height));
        self.desktop.settle_window(id, None, (0, 0));
        self.desktop.set_content(id, Some(content(width, height)), &[]);
    }

    fn hide(&mut self, id: SurfaceId) {
        self.desktop.set_content(id, None, &[]);
    }

    /// A window of 100x100 at a place.
    fn window(&mut self, client: u8, x: i32, y: i32) -> SurfaceId {
        let id = self.surface(client);
        self.desktop.make_window(id);
        self.show(id, 100, 100);
        self.desktop.move_window(id, (x, y));
        self.desktop.refresh();
        id
    }

    /// A part of 20x20 at the upper left of its parent.
    fn part(&mut self, client: u8, parent: SurfaceId) -> SurfaceId {
        let id = self.surface(client);
        self.desktop.make_part(id, parent).unwrap();
        self.desktop.set_order(parent, &[], &[id]);
        self.show(id, 20, 20);
        id
    }

    /// A popup of 30x30 at an offset.
    fn popup(&mut self, client: u8, parent: SurfaceId, offset: (i32, i32), grabs: bool) -> SurfaceId {
        let id = self.surface(client);
        self.desktop.make_popup(id, parent, false).unwrap();
        self.desktop.set_offset(id, offset);
        if grabs {
            self.desktop.grab_popup(id, true);
        }
        self.show(id, 30, 30);
        id
    }

    fn point(&mut self, x: i32, y: i32) {
        self.desktop.input(Action::Move { x: f64::from(x), y: f64::from(y) });
    }

    fn press(&mut self) -> u32 {
        self.desktop.input(Action::Button { code: 1, pressed: true });
        self.desktop.pointer.press.unwrap_or_default()
    }

    fn release(&mut self) {
        self.desktop.input(Action::Button { code: 1, pressed: false });
    }

    fn touch(&mut self, touch: Touch) {
        self.desktop.input(Action::Touch(touch));
    }

    /// What was said since the last time, and to whom.
    fn effects(&mut self) -> Vec<(Who, Effect)> {
        self.desktop.refresh();
        std::iter::from_fn(|| self.desktop.next_effect()).collect()
    }

    /// The same without numbers and places, for one surface.
    fn told(&mut self, id: SurfaceId) -> Vec<&'static str> {
        let owner = self.desktop.owner(id);
        self.effects().into_iter().filter(|(who, _)| Some(*who) == owner).map(|(_, effect)| name(effect)).collect()
    }
}

fn name(effect: Effect) -> &'static str {
    match effect {
        Effect::PointerEnter { .. } => "enter",
        Effect::PointerLeave { .. } => "leave",
        Effect::PointerMotion { .. } => "motion",
        Effect::PointerMovedBy { .. } => "moved by",
        Effect::PointerHeld => "held",
        Effect::PointerFreed => "freed",
        Effect::Button { .. } => "button",
        Effect::Scroll(_) => "scroll",
        Effect::KeyboardEnter { .. } => "keys",
        Effect::KeyboardLeave { .. } => "no keys",
        Effect::Key { .. } => "key",
        Effect::TouchDown { .. } => "down",
        Effect::TouchMotion { .. } => "moved",
        Effect::TouchUp { .. } => "up",
        Effect::TouchTaken { .. } => "taken",
        Effect::TouchCancel => "cancelled",
        Effect::Activated(true) => "active",
        Effect::Activated(false) => "inactive",
        Effect::Configure => "configure",
        Effect::Moved => "parent moved",
        Effect::Dismissed => "dismissed",
        Effect::Close => "close",
        Effect::DragEnter { .. } => "drag enter",
        Effect::DragMotion { .. } => "drag motion",
        Effect::DragLeave => "drag leave",
        Effect::DragDrop => "drop",
        Effect::DragCancel => "drag cancel",
    }
}
