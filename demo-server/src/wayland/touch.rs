//! `wl_touch`: fingers on the screen. Each belongs to the surface that it came
//! down on until it goes up, wherever it moves in between.

use wayline::{ClientId, Fixed, Handled, RequestHandler, SendError, Server};

use super::grab::Lead;
use super::protocol::{WlSurface, WlTouch, wl_touch};
use super::{State, grab, seat};
use crate::app::{App, Target};
use crate::script::Touch;

/// The touch screen, as far as Wayland clients have to do with it.
#[derive(Debug, Default)]
pub(crate) struct Touchscreen {
    pub(super) plugged: bool,
    touches: Vec<WlTouch>,
    points: Vec<Point>,
}

/// A finger on a surface.
#[derive(Clone, Copy, Debug)]
struct Point {
    id: i32,
    surface: WlSurface,
    /// That of its coming down.
    serial: u32,
    /// Where it is on the screen.
    at: (f64, f64),
    /// Where its client was told that it is on the surface.
    told: (f64, f64),
}

/// Fingers that a `wl_touch` was told of: those that were down before it was
/// made are not its business.
pub(crate) type Known = Vec<i32>;

/// The touch screen acts. Each action is a frame.
pub(crate) fn touch(app: &mut App, action: Touch) {
    if !std::mem::replace(&mut app.wayland.touch.plugged, true) {
        seat::tell_capabilities(app);
    }
    match action {
        Touch::Plug => {}
        Touch::Down { id, x, y } => down(app, id, x, y),
        Touch::Motion { id, x, y } => motion(app, id, x, y),
        Touch::Up { id } => {
            if grab::is_led_by(app, id) {
                grab::end(app);
                app.wayland.touch.points.retain(|point| point.id != id);
                app.repoint();
            } else if let Some(at) = app.wayland.touch.points.iter().position(|point| point.id == id) {
                let client = app.wayland.touch.points[at].surface.client();
                catch_up(app, client);
                let point = app.wayland.touch.points.remove(at);
                up(app, point);
            }
        }
        Touch::Cancel => cancel(app),
    }
}

fn down(app: &mut App, id: i32, x: f64, y: f64) {
    if app.wayland.touch.points.iter().any(|point| point.id == id) {
        return;
    }
    let hit = app.target_at(x, y);
    let over = hit.map(|(target, ..)| target);
    super::dismiss_popups(app, over);
    app.focus(over);
    // The native protocol has no touch screen.
    let at = (x, y);
    let Some((Target::Wayland(surface), x, y)) = hit else { return };
    catch_up(app, surface.client());
    let (serial, time) = (app.serial(), app.time());
    app.wayland.touch.points.push(Point { id, surface, serial, at, told: (x, y) });
    app.wayland.serials.give(serial, surface.client());
    tell(app, surface, |server, touch| {
        touch.down(server, serial, time, surface, id, Fixed::from_f64(x), Fixed::from_f64(y))?;
        server.data(touch)?.push(id);
        Ok(true)
    });
}

fn motion(app: &mut App, id: i32, x: f64, y: f64) {
    if let Some(point) = app.wayland.touch.points.iter_mut().find(|point| point.id == id) {
        point.at = (x, y);
        if grab::is_led_by(app, id) {
            grab::motion(app, x, y);
        } else {
            follow(app);
        }
    }
}

/// The finger whose coming down was told with this serial, if it is down still, and what it came down on.
pub(super) fn pressed(app: &App, serial: u32) -> Option<(i32, WlSurface)> {
    let point = app.wayland.touch.points.iter().find(|point| point.serial == serial)?;
    Some((point.id, point.surface))
}

/// Where a finger is on the screen, if it is down.
pub(super) fn position(app: &App, id: i32) -> Option<(f64, f64)> {
    app.wayland.touch.points.iter().find(|point| point.id == id).map(|point| point.at)
}

/// Takes a finger away from its client, which is told no more of it.
pub(super) fn take(app: &mut App, id: i32) {
    for &touch in &app.wayland.touch.touches {
        if let Ok(known) = app.server.data(touch) {
            known.retain(|finger| *finger != id);
        }
    }
}

/// Tells clients where fingers are on their surfaces now: these moved, or those did.
/// One that is too far behind to see it gets the latest, before anything else
/// happens there.
pub(super) fn follow(app: &mut App) {
    tell_motion(app, |server, client| !server.is_behind(client));
}

/// Tells a client the latest of the motion that it was not told.
pub(super) fn catch_up(app: &mut App, client: ClientId) {
    tell_motion(app, |_, touched| touched == client);
}

fn tell_motion(app: &mut App, is_told: impl Fn(&Server<App>, ClientId) -> bool) {
    for index in 0..app.wayland.touch.points.len() {
        let Point { id, surface, at, told, .. } = app.wayland.touch.points[index];
        let view = app.server.data(surface).ok().and_then(|state| state.view);
        let Some((left, top)) = view.and_then(|view| app.scene.position(view)) else { continue };
        let (x, y) = (at.0 - f64::from(left), at.1 - f64::from(top));
        if (x, y) == told || !is_told(&app.server, surface.client()) {
            continue;
        }
        app.wayland.touch.points[index].told = (x, y);
        let time = app.time();
        tell(app, surface, |server, touch| {
            if !server.data(touch)?.contains(&id) {
                return Ok(false);
            }
            touch.motion(server, time, id, Fixed::from_f64(x), Fixed::from_f64(y))?;
            Ok(true)
        });
    }
}

fn up(app: &mut App, Point { id, surface, .. }: Point) {
    let (serial, time) = (app.serial(), app.time());
    app.wayland.serials.give(serial, surface.client());
    tell(app, surface, |server, touch| {
        let known = server.data(touch)?;
        let before = known.len();
        known.retain(|finger| *finger != id);
        if known.len() == before {
            return Ok(false);
        }
        touch.up(server, serial, time, id)?;
        Ok(true)
    });
}

/// A surface is off the screen: the fingers on it touch nothing any more, but for
/// one that leads a grab.
pub(super) fn vanished(app: &mut App, surface: WlSurface) {
    let State { touch, grab, lead, .. } = &mut app.wayland;
    let stays = |point: &Point| grab.is_some() && *lead == Lead::Finger(point.id);
    let lifted: Vec<_> = touch.points.extract_if(.., |point| point.surface == surface && !stays(point)).collect();
    for point in lifted {
        up(app, point);
    }
}

fn cancel(app: &mut App) {
    if app.wayland.is_grabbed() && app.wayland.lead != Lead::Pointer {
        grab::cancel(app);
    }
    app.wayland.touch.points.clear();
    for touch in app.wayland.touch.touches.clone() {
        let touched = app.server.data(touch).is_ok_and(|known| !std::mem::take(known).is_empty());
        if touched {
            // The client may be gone. No frame belongs to it.
            let _ = touch.cancel(&mut app.server);
        }
    }
}

/// Tells the touch objects of a surface's client, and ends the frame of those
/// that were told something.
fn tell(app: &mut App, surface: WlSurface, event: impl Fn(&mut Server<App>, WlTouch) -> Result<bool, SendError>) {
    let App { server, wayland, .. } = app;
    for &touch in wayland.touch.touches.iter().filter(|touch| touch.client() == surface.client()) {
        // A client that is gone or does not read misses the event.
        if let Ok(true) = event(server, touch) {
            let _ = touch.frame(server);
        }
    }
}

/// A client wants to be told of touches.
pub(super) fn begin(app: &mut App, this: WlTouch) {
    app.wayland.touch.touches.push(this);
}

impl RequestHandler<WlTouch> for App {
    type Data = Known;

    fn request(&mut self, _: WlTouch, request: wl_touch::Request) -> Handled {
        match request {
            wl_touch::Request::Release => Ok(()),
        }
    }

    fn destroyed(&mut self, this: WlTouch, _: Known) {
        self.wayland.touch.touches.retain(|touch| *touch != this);
    }
}
