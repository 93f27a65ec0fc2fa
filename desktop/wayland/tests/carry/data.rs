//! What was copied and selected.

use wayline_desktop_wayland::protocol::*;

use super::rig::{Rig, twins};

fn device(rig: &mut Rig, guest: usize) -> (WlDataDeviceManager, WlDataDevice) {
    let guest = &mut rig.guests[guest];
    let (manager, seat): (WlDataDeviceManager, WlSeat) = (guest.bind(), guest.bind());
    seat.get_keyboard(&mut guest.client).unwrap();
    (manager, manager.get_data_device(&mut guest.client, seat).unwrap())
}

/// Two windows, of which the first has copied something and the second has the keyboard.
fn copied(rig: &mut Rig) -> WlDataSource {
    rig.join("one");
    rig.join("other");
    let (manager, device_of_one) = device(rig, 0);
    device(rig, 1);
    rig.window(0, 0x80);
    let (serial, client) = (rig.guests[0].serial, &mut rig.guests[0].client);
    let source = manager.create_data_source(client).unwrap();
    source.offer(client, "text/plain").unwrap();
    source.offer(client, "text/html").unwrap();
    device_of_one.set_selection(client, Some(source), serial).unwrap();
    rig.pump();
    rig.window(1, 0x30);
    source
}

#[test]
fn what_was_copied_is_pasted_by_an_offer_before_and_by_a_new_one() {
    let logs = twins(copied, |rig, source| {
        let offer = rig.guests[1].offer.unwrap();
        let paste = |rig: &mut Rig, offer: WlDataOffer, kind: &str| {
            rig.received(|guest, fd| offer.receive(&mut guest.client, kind, fd).unwrap(), 1)
        };
        assert_eq!(paste(rig, offer, "text/plain"), "some text/plain");
        // It gets the keyboard again, and is offered the same again.
        rig.join("third");
        let third = rig.window(2, 0x11);
        third.surface.attach(&mut rig.guests[2].client, None, 0, 0).unwrap();
        third.surface.commit(&mut rig.guests[2].client).unwrap();
        rig.pump();
        let again = rig.guests[1].offer.unwrap();
        assert!(again != offer);
        assert_eq!(paste(rig, again, "text/html"), "some text/html");
        source.destroy(&mut rig.guests[0].client).unwrap();
        rig.pump();
        assert_eq!(paste(rig, again, "text/plain"), "", "nobody has it");
    });
    let last = logs[1].iter().rfind(|event| event.contains("Selection")).unwrap();
    assert!(last.contains("id: None"), "{last}");
}

#[test]
fn who_answers_an_earlier_event_may_copy_and_who_is_too_late_may_not() {
    let before = |rig: &mut Rig| {
        let source = copied(rig);
        let serial = rig.guests[0].serial;
        (source, serial)
    };
    let logs = twins(before, |rig, (source, serial)| {
        let (manager, device) = device(rig, 0);
        let client = &mut rig.guests[0].client;
        let next = manager.create_data_source(client).unwrap();
        device.set_selection(client, Some(next), serial).unwrap();
        let never_given = manager.create_data_source(client).unwrap();
        device.set_selection(client, Some(never_given), serial.wrapping_sub(1)).unwrap();
        rig.pump();
        let cancelled = |rig: &Rig, of: WlDataSource| rig.guests[0].heard(&format!("{of} Cancelled"));
        assert_eq!([source, next, never_given].map(|of| cancelled(rig, of)), [1, 0, 1]);
    });
    assert!(!logs[1].is_empty());
}

#[test]
fn what_was_selected_is_pasted() {
    let before = |rig: &mut Rig| {
        rig.join("one");
        rig.join("other");
        let device = |rig: &mut Rig, guest: usize| {
            let guest = &mut rig.guests[guest];
            let (manager, seat): (ZwpPrimarySelectionDeviceManagerV1, WlSeat) = (guest.bind(), guest.bind());
            seat.get_keyboard(&mut guest.client).unwrap();
            (manager, manager.get_device(&mut guest.client, seat).unwrap())
        };
        let ((manager, own), _) = (device(rig, 0), device(rig, 1));
        rig.window(0, 0x80);
        let (serial, client) = (rig.guests[0].serial, &mut rig.guests[0].client);
        let source = manager.create_source(client).unwrap();
        source.offer(client, "text/plain").unwrap();
        own.set_selection(client, Some(source), serial).unwrap();
        rig.pump();
        rig.window(1, 0x30);
        source
    };
    let logs = twins(before, |rig, source| {
        let offer = rig.guests[1].primary.unwrap();
        let text = rig.received(|guest, fd| offer.receive(&mut guest.client, "text/plain", fd).unwrap(), 1);
        assert_eq!(text, "some text/plain");
        source.destroy(&mut rig.guests[0].client).unwrap();
        rig.pump();
    });
    assert!(logs[1].iter().any(|event| event.contains("Selection { id: None }")), "{:?}", logs[1]);
}

#[test]
fn a_program_that_manages_the_clipboard_has_set_it_and_hears_of_the_next() {
    let before = |rig: &mut Rig| {
        let source = copied(rig);
        rig.join("manager");
        let guest = &mut rig.guests[2];
        let (manager, seat): (ZwlrDataControlManagerV1, WlSeat) = (guest.bind(), guest.bind());
        let client = &mut guest.client;
        let device = manager.get_data_device(client, seat).unwrap();
        let mine = manager.create_data_source(client).unwrap();
        mine.offer(client, "text/control").unwrap();
        device.set_selection(client, Some(mine)).unwrap();
        rig.pump();
        assert_eq!(rig.guests[0].heard(&format!("{source} Cancelled")), 1);
        (manager, device)
    };
    let logs = twins(before, |rig, (manager, control)| {
        let offer = rig.guests[1].offer.unwrap();
        let text = rig.received(|guest, fd| offer.receive(&mut guest.client, "text/control", fd).unwrap(), 1);
        assert_eq!(text, "some text/control");
        let offer = rig.guests[2].control.unwrap();
        let text = rig.received(|guest, fd| offer.receive(&mut guest.client, "text/control", fd).unwrap(), 2);
        assert_eq!(text, "some text/control");
        let (serial, (own, device)) = (rig.guests[1].serial, device(rig, 1));
        let client = &mut rig.guests[1].client;
        let source = own.create_data_source(client).unwrap();
        device.set_selection(client, Some(source), serial).unwrap();
        let client = &mut rig.guests[2].client;
        let next = manager.create_data_source(client).unwrap();
        control.set_primary_selection(client, Some(next)).unwrap();
        rig.pump();
    });
    let heard = |what: &str| logs[2].iter().filter(|event| event.contains(what)).count();
    assert_eq!((heard("Cancelled"), heard(" Selection"), heard("PrimarySelection")), (1, 1, 1), "{:?}", logs[2]);
}
