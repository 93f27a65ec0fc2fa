//! Pictures of the screen that are waited for.

use wayline::io::shm::Memory;
use wayline_desktop_wayland::protocol::*;

use super::fixture::{Fixture, Window, twins};

const SIZE: usize = 640 * 480 * 4;

/// A window, and a client with a buffer for pictures of the screen.
fn painter(fixture: &mut Fixture) -> (Window, WlBuffer, Memory) {
    fixture.join("one");
    let window = fixture.window(0, 0x80);
    fixture.draw();
    fixture.join("painter");
    let (pool, memory) = fixture.pool(1, SIZE, 0);
    let client = &mut fixture.guests[1].client;
    let buffer = pool.create_buffer(client, 0, 640, 480, 640 * 4, wl_shm::Format::XRGB8888).unwrap();
    // The pool itself is not needed any more.
    pool.destroy(client).unwrap();
    (window, buffer, memory)
}

/// How many pixels of a picture are those of the window.
fn painted(memory: &Memory) -> usize {
    let mut bytes = vec![0; SIZE];
    memory.read(0, &mut bytes).unwrap();
    bytes.as_chunks::<4>().0.iter().filter(|pixel| pixel[..3] == [0x80; 3]).count()
}

#[test]
fn a_picture_that_waits_for_a_frame_is_made_with_it() {
    let before = |fixture: &mut Fixture| {
        let (_, buffer, memory) = painter(fixture);
        let guest = &mut fixture.guests[1];
        let (manager, output): (ZwlrScreencopyManagerV1, WlOutput) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        let first = manager.capture_output(client, 0, output).unwrap();
        first.copy(client, buffer).unwrap();
        // Nobody waits for this one any more when its time comes.
        let second = manager.capture_output(client, 0, output).unwrap();
        second.copy(client, buffer).unwrap();
        (first, second, memory)
    };
    let logs = twins(before, |fixture, (first, second, memory)| {
        let ready = |fixture: &Fixture, of: ZwlrScreencopyFrameV1| fixture.guests[1].heard(&format!("{of} Ready"));
        assert_eq!((ready(fixture, first), ready(fixture, second)), (1, 1));
        assert_eq!(painted(&memory), 100 * 80);
        first.destroy(&mut fixture.guests[1].client).unwrap();
    });
    assert!(!logs[1].iter().any(|event| event.contains("Failed")));
}

#[test]
fn a_stream_of_pictures_goes_on_with_what_has_changed() {
    let mut fixture = Fixture::new();
    let (window, buffer, memory) = painter(&mut fixture);
    let guest = &mut fixture.guests[1];
    let (manager, output): (ExtImageCopyCaptureManagerV1, WlOutput) = (guest.bind(), guest.bind());
    let sources: ExtOutputImageCaptureSourceManagerV1 = guest.bind();
    let client = &mut guest.client;
    let source = sources.create_source(client, output).unwrap();
    let session = manager.create_session(client, source, ext_image_copy_capture_manager_v1::Options(0)).unwrap();
    let capture = |fixture: &mut Fixture| {
        let client = &mut fixture.guests[1].client;
        let frame = session.create_frame(client).unwrap();
        frame.attach_buffer(client, buffer).unwrap();
        frame.capture(client).unwrap();
        fixture.pump();
        frame
    };
    let first = capture(&mut fixture);
    fixture.draw();
    assert_eq!(painted(&memory), 100 * 80);
    first.destroy(&mut fixture.guests[1].client).unwrap();
    fixture.pump();
    fixture.forget();
    let second = capture(&mut fixture);
    fixture.draw();
    assert_eq!(fixture.guests[1].heard(&format!("{second} Ready")), 0, "nothing is new");
    fixture.upgrade();
    window.surface.attach(&mut fixture.guests[0].client, None, 0, 0).unwrap();
    window.surface.commit(&mut fixture.guests[0].client).unwrap();
    fixture.pump();
    fixture.draw();
    assert_eq!(fixture.guests[1].heard(&format!("{second} Ready")), 1, "{:?}", fixture.guests[1].log);
    assert_eq!(painted(&memory), 0);
    second.destroy(&mut fixture.guests[1].client).unwrap();
    fixture.pump();
    fixture.forget();
    let third = capture(&mut fixture);
    fixture.draw();
    assert_eq!(fixture.guests[1].heard(&format!("{third} Ready")), 0, "nothing is new");
    // It ends with its client.
    fixture.guests.remove(1);
    while fixture.app.server.clients().count() > 1 {
        fixture.pump();
    }
    fixture.draw();
}

#[test]
fn a_picture_of_a_part_and_with_the_pointer_is_one_afterwards() {
    let before = |fixture: &mut Fixture| {
        let (window, ..) = painter(fixture);
        let (x, y) = fixture.place(0, window.surface);
        let (_, small) = fixture.buffer(1, (20, 10), 0);
        let guest = &mut fixture.guests[1];
        let (manager, output): (ZwlrScreencopyManagerV1, WlOutput) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        (manager.capture_output_region(client, 1, output, x, y, 20, 10).unwrap(), small)
    };
    let logs = twins(before, |fixture, (frame, small)| {
        frame.copy_with_damage(&mut fixture.guests[1].client, small).unwrap();
        fixture.pump();
        fixture.draw();
    });
    let heard = |what: &str| logs[1].iter().any(|event| event.contains(what));
    assert!(heard("Ready") && heard("Damage { x: 0, y: 0, width: 20, height: 10 }"), "{:?}", logs[1]);
}
