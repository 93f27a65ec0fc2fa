//! What was copied and selected.

use wayline_desktop_wayland::protocol::*;

use super::fixture::{Fixture, twins};

fn device(fixture: &mut Fixture, guest: usize) -> (WlDataDeviceManager, WlDataDevice) {
    let guest = &mut fixture.guests[guest];
    let (manager, seat): (WlDataDeviceManager, WlSeat) = (guest.bind(), guest.bind());
    seat.get_keyboard(&mut guest.client).unwrap();
    (manager, manager.get_data_device(&mut guest.client, seat).unwrap())
}

/// Two windows, of which the first has copied something and the second has the keyboard.
fn copied(fixture: &mut Fixture) -> WlDataSource {
    fixture.join("one");
    fixture.join("other");
    let (manager, device_of_one) = device(fixture, 0);
    device(fixture, 1);
    fixture.window(0, 0x80);
    let (serial, client) = (fixture.guests[0].serial, &mut fixture.guests[0].client);
    let source = manager.create_data_source(client).unwrap();
    source.offer(client, "text/plain").unwrap();
    source.offer(client, "text/html").unwrap();
    device_of_one.set_selection(client, Some(source), serial).unwrap();
    fixture.pump();
    fixture.window(1, 0x30);
    source
}

#[test]
fn what_was_copied_is_pasted_by_an_offer_before_and_by_a_new_one() {
    let logs = twins(copied, |fixture, source| {
        let offer = fixture.guests[1].offer.unwrap();
        let paste = |fixture: &mut Fixture, offer: WlDataOffer, kind: &str| {
            fixture.received(|guest, fd| offer.receive(&mut guest.client, kind, fd).unwrap(), 1)
        };
        assert_eq!(paste(fixture, offer, "text/plain"), "some text/plain");
        // It gets the keyboard again, and is offered the same again.
        fixture.join("third");
        let third = fixture.window(2, 0x11);
        third.surface.attach(&mut fixture.guests[2].client, None, 0, 0).unwrap();
        third.surface.commit(&mut fixture.guests[2].client).unwrap();
        fixture.pump();
        let again = fixture.guests[1].offer.unwrap();
        assert!(again != offer);
        assert_eq!(paste(fixture, again, "text/html"), "some text/html");
        source.destroy(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
        assert_eq!(paste(fixture, again, "text/plain"), "", "nobody has it");
    });
    let last = logs[1].iter().rfind(|event| event.contains("Selection")).unwrap();
    assert!(last.contains("id: None"), "{last}");
}

#[test]
fn who_answers_an_earlier_event_may_copy_and_who_is_too_late_may_not() {
    let before = |fixture: &mut Fixture| {
        let source = copied(fixture);
        let serial = fixture.guests[0].serial;
        (source, serial)
    };
    let logs = twins(before, |fixture, (source, serial)| {
        let (manager, device) = device(fixture, 0);
        let client = &mut fixture.guests[0].client;
        let next = manager.create_data_source(client).unwrap();
        device.set_selection(client, Some(next), serial).unwrap();
        let never_given = manager.create_data_source(client).unwrap();
        device.set_selection(client, Some(never_given), serial.wrapping_sub(1)).unwrap();
        fixture.pump();
        let cancelled = |fixture: &Fixture, of: WlDataSource| fixture.guests[0].heard(&format!("{of} Cancelled"));
        assert_eq!([source, next, never_given].map(|of| cancelled(fixture, of)), [1, 0, 1]);
    });
    assert!(!logs[1].is_empty());
}

#[test]
fn what_was_selected_is_pasted() {
    let before = |fixture: &mut Fixture| {
        fixture.join("one");
        fixture.join("other");
        let device = |fixture: &mut Fixture, guest: usize| {
            let guest = &mut fixture.guests[guest];
            let (manager, seat): (ZwpPrimarySelectionDeviceManagerV1, WlSeat) = (guest.bind(), guest.bind());
            seat.get_keyboard(&mut guest.client).unwrap();
            (manager, manager.get_device(&mut guest.client, seat).unwrap())
        };
        let ((manager, own), _) = (device(fixture, 0), device(fixture, 1));
        fixture.window(0, 0x80);
        let (serial, client) = (fixture.guests[0].serial, &mut fixture.guests[0].client);
        let source = manager.create_source(client).unwrap();
        source.offer(client, "text/plain").unwrap();
        own.set_selection(client, Some(source), serial).unwrap();
        fixture.pump();
        fixture.window(1, 0x30);
        source
    };
    let logs = twins(before, |fixture, source| {
        let offer = fixture.guests[1].primary.unwrap();
        let text = fixture.received(|guest, fd| offer.receive(&mut guest.client, "text/plain", fd).unwrap(), 1);
        assert_eq!(text, "some text/plain");
        source.destroy(&mut fixture.guests[0].client).unwrap();
        fixture.pump();
    });
    assert!(logs[1].iter().any(|event| event.contains("Selection { id: None }")), "{:?}", logs[1]);
}

#[test]
fn a_program_that_manages_the_clipboard_has_set_it_and_hears_of_the_next() {
    let before = |fixture: &mut Fixture| {
        let source = copied(fixture);
        fixture.join("manager");
        let guest = &mut fixture.guests[2];
        let (manager, seat): (ZwlrDataControlManagerV1, WlSeat) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        let device = manager.get_data_device(client, seat).unwrap();
        let mine = manager.create_data_source(client).unwrap();
        mine.offer(client, "text/control").unwrap();
        device.set_selection(client, Some(mine)).unwrap();
        fixture.pump();
        assert_eq!(fixture.guests[0].heard(&format!("{source} Cancelled")), 1);
        (manager, device)
    };
    let logs = twins(before, |fixture, (manager, control)| {
        let offer = fixture.guests[1].offer.unwrap();
        let text = fixture.received(|guest, fd| offer.receive(&mut guest.client, "text/control", fd).unwrap(), 1);
        assert_eq!(text, "some text/control");
        let offer = fixture.guests[2].control.unwrap();
        let text = fixture.received(|guest, fd| offer.receive(&mut guest.client, "text/control", fd).unwrap(), 2);
        assert_eq!(text, "some text/control");
        let (serial, (own, device)) = (fixture.guests[1].serial, device(fixture, 1));
        let client = &mut fixture.guests[1].client;
        let source = own.create_data_source(client).unwrap();
        device.set_selection(client, Some(source), serial).unwrap();
        let client = &mut fixture.guests[2].client;
        let next = manager.create_data_source(client).unwrap();
        control.set_primary_selection(client, Some(next)).unwrap();
        fixture.pump();
    });
    let heard = |what: &str| logs[2].iter().filter(|event| event.contains(what)).count();
    assert_eq!((heard("Cancelled"), heard(" Selection"), heard("PrimarySelection")), (1, 1, 1), "{:?}", logs[2]);
}
