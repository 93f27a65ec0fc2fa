//! Surfaces, their buffers, and what waits to be shown.

use wayline::{Fixed, Resource};
use wayline_desktop_wayland::protocol::*;
use wayline_desktop_wayland::{Host, shm_policy};

use super::fixture::{Fixture, Window, pixels, twins};

/// A subsurface of 20 × 20 pixels in the upper left corner of a window.
fn subsurface(fixture: &mut Fixture, window: Window) -> (WlSurface, WlSubsurface) {
    let surface = fixture.surface(0);
    let guest = &mut fixture.guests[0];
    let compositor: WlSubcompositor = guest.bind();
    let part = compositor.get_subsurface(&mut guest.client, surface, window.surface).unwrap();
    let (_, buffer) = fixture.buffer(0, (20, 20), 0x40);
    fixture.show(0, surface, buffer);
    window.surface.commit(&mut fixture.guests[0].client).unwrap();
    fixture.pump();
    (surface, part)
}

#[test]
fn a_synchronised_subsurface_shows_with_its_parent_what_it_committed_before() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let window = fixture.window(0, 0x80);
        let (surface, part) = subsurface(fixture, window);
        let (_, buffer) = fixture.buffer(0, (30, 30), 0xc0);
        part.set_position(&mut fixture.guests[0].client, 5, 7).unwrap();
        surface.frame(&mut fixture.guests[0].client).unwrap();
        fixture.show(0, surface, buffer);
        (window, part)
    };
    let logs = twins(before, |fixture, (window, part)| {
        window.surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        fixture.draw();
        part.place_below(&mut fixture.guests[0].client, window.surface).unwrap();
        part.set_desync(&mut fixture.guests[0].client).unwrap();
        window.surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
    });
    let count = |what: &str| logs[0].iter().filter(|event| event.contains(what)).count();
    assert_eq!((count("Release"), count("Done")), (1, 1), "{logs:?}");
}

#[test]
fn a_frame_callback_that_waits_is_answered() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let window = fixture.window(0, 0x80);
        fixture.draw();
        let client = &mut fixture.guests[0].client;
        window.surface.frame(client).unwrap();
        window.surface.commit(client).unwrap();
        // This one waits for a commit.
        window.surface.frame(client).unwrap();
        window
    };
    let logs = twins(before, |fixture, window| {
        assert_eq!(fixture.guests[0].heard("wl_callback"), 1);
        window.surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
    });
    assert_eq!(logs[0].iter().filter(|event| event.contains("Done")).count(), 2);
}

#[test]
fn times_and_the_count_of_frames_go_on() {
    let mut fixture = Fixture::new();
    fixture.join("one");
    let window = fixture.window(0, 0x80);
    let presentation: WpPresentation = fixture.guests[0].bind();
    let ask = |fixture: &mut Fixture| {
        let client = &mut fixture.guests[0].client;
        presentation.feedback(client, window.surface).unwrap();
        window.surface.commit(client).unwrap();
        fixture.pump();
    };
    ask(&mut fixture);
    let before = fixture.app.time();
    fixture.upgrade();
    assert!(fixture.app.time() >= before);
    fixture.forget();
    fixture.draw();
    assert_eq!(fixture.guests[0].heard("wp_presentation_feedback"), 1, "{:?}", fixture.guests[0].log);
}

#[test]
fn a_buffer_that_was_attached_is_shown_with_the_commit() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let window = fixture.window(0, 0x80);
        let (_, next) = fixture.buffer(0, (100, 80), 0x20);
        let client = &mut fixture.guests[0].client;
        window.surface.attach(client, Some(next), 0, 0).unwrap();
        window.surface.damage(client, 0, 0, 50, 50).unwrap();
        (window, next)
    };
    let logs = twins(before, |fixture, (window, next)| {
        window.surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.draw();
        // The one before is free now, and once.
        assert_eq!(fixture.guests[0].heard(&format!("{} Release", window.buffer)), 1);
        assert_eq!(fixture.guests[0].heard(&format!("{next} Release")), 0);
        fixture.show(0, window.surface, window.buffer);
    });
    assert_eq!(logs[0].iter().filter(|event| event.contains("Release")).count(), 2);
}

#[test]
fn memory_of_a_pool_that_is_gone_is_read_and_a_pool_grows_on() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let (surface, ..) = fixture.empty_window(0);
        let (pool, memory) = fixture.pool(0, 100 * 80 * 4, 0x80);
        let (second, other) = fixture.pool(0, 4096, 0x10);
        let client = &mut fixture.guests[0].client;
        let format = wl_shm::Format::XRGB8888;
        let buffer = pool.create_buffer(client, 0, 100, 80, 400, format).unwrap();
        pool.destroy(client).unwrap();
        fixture.show(0, surface, buffer);
        (surface, buffer, second, std::cell::RefCell::new((memory, other)))
    };
    twins(before, |fixture, (surface, buffer, second, memory)| {
        let (memory, other) = &mut *memory.borrow_mut();
        memory.fill(0..memory.size(), 0xf0).unwrap();
        fixture.show(0, surface, buffer);
        fixture.draw();
        other.grow(100 * 90 * 4).unwrap();
        other.fill(0..other.size(), 0x33).unwrap();
        let client = &mut fixture.guests[0].client;
        second.resize(client, 100 * 90 * 4).unwrap();
        let next = second.create_buffer(client, 400, 90, 80, 400, wl_shm::Format::XRGB8888).unwrap();
        buffer.destroy(client).unwrap();
        fixture.show(0, surface, next);
    });
}

#[test]
fn a_view_and_what_is_to_be_one_are_shown() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let window = fixture.window(0, 0x80);
        let guest = &mut fixture.guests[0];
        let (viewporter, pixels): (WpViewporter, WpSinglePixelBufferManagerV1) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        let viewport = viewporter.get_viewport(client, window.surface).unwrap();
        let fixed = Fixed::from_int;
        viewport.set_source(client, fixed(10), fixed(10), fixed(50), fixed(40)).unwrap();
        viewport.set_destination(client, 150, 120).unwrap();
        window.surface.set_buffer_transform(client, wl_output::Transform::FLIPPED_180).unwrap();
        window.surface.commit(client).unwrap();
        window.surface.set_buffer_scale(client, 2).unwrap();
        window.surface.set_buffer_transform(client, wl_output::Transform::_90).unwrap();
        viewport.set_source(client, fixed(0), fixed(0), fixed(20), fixed(20)).unwrap();
        (window, viewport, pixels)
    };
    twins(before, |fixture, (window, viewport, pixels)| {
        let client = &mut fixture.guests[0].client;
        window.surface.commit(client).unwrap();
        fixture.draw();
        let client = &mut fixture.guests[0].client;
        let buffer = pixels.create_u32_rgba_buffer(client, u32::MAX, 0, 7 << 24, u32::MAX).unwrap();
        let unset = Fixed::from_int(-1);
        viewport.set_source(client, unset, unset, unset, unset).unwrap();
        window.surface.set_buffer_scale(client, 1).unwrap();
        fixture.show(0, window.surface, buffer);
    });
}

#[test]
fn regions_are_what_they_were() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        let window = fixture.window(0, 0x80);
        let guest = &mut fixture.guests[0];
        let (compositor, seat): (WlCompositor, WlSeat) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        seat.get_pointer(client).unwrap();
        let region = compositor.create_region(client).unwrap();
        region.add(client, 0, 0, 40, 80).unwrap();
        region.subtract(client, 0, 0, 10, 80).unwrap();
        window.surface.set_input_region(client, Some(region)).unwrap();
        window.surface.commit(client).unwrap();
        window.surface.set_input_region(client, None).unwrap();
        (window, region)
    };
    let logs = twins(before, |fixture, (window, region)| {
        let (x, y) = fixture.place(0, window.surface);
        fixture.move_to(x + 5, y + 5);
        assert_eq!(fixture.guests[0].heard("wl_pointer"), 0, "not in there");
        fixture.move_to(x + 20, y + 5);
        window.surface.commit(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        fixture.move_to(x + 5, y + 5);
        let client = &mut fixture.guests[0].client;
        region.subtract(client, 0, 0, 30, 80).unwrap();
        window.surface.set_input_region(client, Some(region)).unwrap();
        window.surface.commit(client).unwrap();
        fixture.pump();
    });
    assert!(logs[0].iter().any(|event| event.contains("Enter")) && logs[0].iter().any(|event| event.contains("Leave")));
}

#[test]
fn what_was_charged_is_charged_once_and_given_back() {
    let mut fixture = Fixture::new();
    fixture.join("one");
    let window = fixture.window(0, 0x80);
    let guest = &mut fixture.guests[0];
    let compositor: WlCompositor = guest.bind();
    let client = &mut guest.client;
    window.toplevel.set_title(client, "a title of some length").unwrap();
    let region = compositor.create_region(client).unwrap();
    region.add(client, 0, 0, 40, 80).unwrap();
    window.surface.set_input_region(client, Some(region)).unwrap();
    fixture.pump();
    let held = |fixture: &mut Fixture| {
        let client = fixture.app.server.clients().next().unwrap();
        let quota = shm_policy(&mut fixture.app, client).quota;
        let of = |resource| fixture.app.server.held(client, resource);
        (of(Resource::StoredBytes), quota.bytes_used(), quota.pools_used())
    };
    let before = held(&mut fixture);
    assert!(before.0 > 40 && before.1 == 100 * 80 * 4 && before.2 == 1, "{before:?}");
    fixture.upgrade();
    assert_eq!(held(&mut fixture), before);
    let client = &mut fixture.guests[0].client;
    window.toplevel.destroy(client).unwrap();
    window.xdg.destroy(client).unwrap();
    window.surface.destroy(client).unwrap();
    region.destroy(client).unwrap();
    window.pool.destroy(client).unwrap();
    window.buffer.destroy(client).unwrap();
    fixture.pump();
    assert_eq!(held(&mut fixture), (0, 0, 0));
}

#[test]
fn the_successor_cleans_up_behind_clients_that_go() {
    let mut fixture = Fixture::new();
    fixture.join("one");
    fixture.join("other");
    fixture.draw();
    let empty = pixels(&fixture);
    let window = fixture.window(0, 0x80);
    subsurface(&mut fixture, window);
    fixture.upgrade();
    fixture.draw();
    assert!(pixels(&fixture) != empty);
    fixture.guests.remove(0);
    while fixture.app.server.clients().count() > 1 {
        fixture.pump();
    }
    fixture.draw();
    assert!(pixels(&fixture) == empty && !fixture.app.desktop.has_windows());
}
