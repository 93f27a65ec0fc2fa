//! States that are damaged, or that somebody made up.

use std::os::fd::OwnedFd;

use wayline::carry::{self, CarryError, State};
use wayline::server;
use wayline_desktop::{Action, Touch};
use wayline_desktop_wayland::Host;
use wayline_desktop_wayland::protocol::*;

use super::fixture::{Fixture, LEFT};
use super::host::App;

/// A compositor with a bit of everything that goes on.
fn busy() -> Fixture {
    let mut fixture = Fixture::new();
    fixture.join("one");
    fixture.join("other");
    for guest in 0..2 {
        let guest = &mut fixture.guests[guest];
        let (seat, output): (WlSeat, WlOutput) = (guest.bind(), guest.bind());
        let (texts, data): (ZwpTextInputManagerV3, WlDataDeviceManager) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        seat.get_pointer(client).unwrap();
        seat.get_keyboard(client).unwrap();
        let input = texts.get_text_input(client, seat).unwrap();
        let device = data.get_data_device(client, seat).unwrap();
        let _ = (output, input, device);
    }
    let (window, other) = (fixture.window(0, 0x80), fixture.window(1, 0x30));
    fixture.point_at(0, window.surface);
    fixture.input(Action::Touch(Touch::Plug));
    let surfaces = [fixture.surface(0), fixture.surface(0), fixture.surface(0)];
    let (_, buffer) = fixture.buffer(0, (20, 20), 0x55);
    let guest = &mut fixture.guests[0];
    let (subcompositor, compositor): (WlSubcompositor, WlCompositor) = (guest.bind(), guest.bind());
    let (viewporter, base): (WpViewporter, XdgWmBase) = (guest.bind(), guest.bind());
    let (layers, copies, output): (ZwlrLayerShellV1, ZwlrScreencopyManagerV1, WlOutput) =
        (guest.bind(), guest.bind(), guest.bind());
    let (constraints, presentation): (ZwpPointerConstraintsV1, WpPresentation) = (guest.bind(), guest.bind());
    let (virtual_pointers, decorations): (ZwlrVirtualPointerManagerV1, ZxdgDecorationManagerV1) =
        (guest.bind(), guest.bind());
    let seat: WlSeat = guest.bind();
    let client = &mut guest.client;
    let part = subcompositor.get_subsurface(client, surfaces[0], window.surface).unwrap();
    let below = subcompositor.get_subsurface(client, surfaces[1], surfaces[0]).unwrap();
    part.set_position(client, 3, 4).unwrap();
    below.set_position(client, 5, 6).unwrap();
    for surface in &surfaces[..2] {
        surface.attach(client, Some(buffer), 0, 0).unwrap();
        surface.frame(client).unwrap();
        surface.commit(client).unwrap();
    }
    let region = compositor.create_region(client).unwrap();
    region.add(client, 0, 0, 60, 60).unwrap();
    window.surface.set_input_region(client, Some(region)).unwrap();
    let viewport = viewporter.get_viewport(client, window.surface).unwrap();
    viewport.set_destination(client, 120, 110).unwrap();
    presentation.feedback(client, window.surface).unwrap();
    window.toplevel.set_title(client, "a title").unwrap();
    decorations.get_toplevel_decoration(client, window.toplevel).unwrap();
    window.surface.commit(client).unwrap();
    let positioner = base.create_positioner(client).unwrap();
    positioner.set_size(client, 9, 9).unwrap();
    let layer = layers.get_layer_surface(client, surfaces[2], None, zwlr_layer_shell_v1::Layer::TOP, "panel").unwrap();
    layer.set_size(client, 50, 20).unwrap();
    layer.set_anchor(client, zwlr_layer_surface_v1::Anchor::TOP).unwrap();
    surfaces[2].commit(client).unwrap();
    let pointer = seat.get_pointer(client).unwrap();
    let once = zwp_pointer_constraints_v1::Lifetime::ONESHOT;
    constraints.confine_pointer(client, window.surface, pointer, Some(region), once).unwrap();
    let program = virtual_pointers.create_virtual_pointer(client, None).unwrap();
    program.motion(client, 0, wayline::Fixed::from_int(1), wayline::Fixed::from_int(1)).unwrap();
    fixture.pump();
    let (_, picture) = fixture.buffer(0, (640, 480), 0);
    let client = &mut fixture.guests[0].client;
    copies.capture_output(client, 1, output).unwrap().copy(client, picture).unwrap();
    fixture.pump();
    fixture.show(0, surfaces[2], buffer);
    fixture.key(42, true);
    fixture.point_at(1, other.surface);
    fixture.press(true);
    fixture
}

fn load(bytes: &[u8], fds: &[OwnedFd]) -> Result<App, CarryError> {
    let fds = fds.iter().map(|fd| fd.try_clone().unwrap()).collect();
    carry::load(State::from_parts(bytes.to_vec(), fds))
}

/// A body as a state that says of itself that it is one, as `state` does.
fn sealed(state: &[u8], body: &[u8]) -> Vec<u8> {
    let sum = body
        .iter()
        .fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
    // What it is, and its format.
    [&state[..16], &(body.len() as u64).to_le_bytes(), &sum.to_le_bytes(), body].concat()
}

#[test]
fn a_state_that_is_cut_is_refused() {
    let mut fixture = busy();
    let (bytes, fds) = carry::save(&mut fixture.app).unwrap().into_parts();
    let body = &bytes[32..];
    assert_eq!(sealed(&bytes, body), bytes);
    assert!(load(&bytes, &fds).is_ok());
    for length in (0..body.len()).step_by(97) {
        assert!(load(&sealed(&bytes, &body[..length]), &fds).is_err(), "{length} bytes");
    }
}

#[test]
fn a_state_that_somebody_made_up_does_no_harm() {
    let mut fixture = busy();
    let (bytes, fds) = carry::save(&mut fixture.app).unwrap().into_parts();
    let body = &bytes[32..];
    let mut random = 0x1234_5678_9abc_def0_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    let mut loaded = 0;
    for _ in 0..400 {
        let mut body = body.to_vec();
        for _ in 0..1 + next() % 3 {
            let at = next() as usize % body.len();
            body[at] = match next() % 4 {
                0 => next() as u8,
                1 => 0xff,
                2 => body[at].wrapping_add(1),
                _ => body[next() as usize % body.len()],
            };
        }
        // Loaded or refused: it neither panics nor goes on for ever, also not when it is used and when all end.
        let Ok(mut app) = load(&sealed(&bytes, &body), &fds) else { continue };
        loaded += 1;
        app.draw();
        for action in [
            Action::Move { x: 100.0, y: 100.0 },
            Action::Button { code: LEFT, pressed: false },
            Action::Key { code: 42, pressed: false },
            Action::MoveBy { dx: 3.0, dy: 3.0 },
        ] {
            wayline_desktop_wayland::input(&mut app, action);
        }
        app.draw();
        let clients: Vec<_> = app.server.clients().collect();
        clients.into_iter().for_each(|client| app.server.disconnect(client));
        server::finish_turn(&mut app);
        app.draw();
    }
    assert!(loaded > 60, "{loaded} of them were near enough to be loaded");
}
