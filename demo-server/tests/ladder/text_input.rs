//! Text that no keys say, for the fields of clients.

use wayline_conformance::wire::Received;
use wayline_protocols::text_input::zwp_text_input_manager_v3::opcode as manager;
use wayline_protocols::text_input::zwp_text_input_v3::opcode as input;

use crate::desk::Desk;
use crate::guest::Guest;
use crate::support::installed;

/// A client with text inputs.
fn writer<const N: usize>(desk: &Desk) -> (Guest, [u32; N]) {
    let mut guest = Guest::new(desk);
    let (manager, seat) = (guest.bind("zwp_text_input_manager_v3", 1), guest.bind("wl_seat", 8));
    let inputs = std::array::from_fn(|_| guest.make(manager, manager::GET_TEXT_INPUT, |m| m.uint(seat)));
    (guest, inputs)
}

fn enable(guest: &mut Guest, of: u32) {
    guest.send(of, input::ENABLE, |m| m);
    guest.send(of, input::COMMIT, |m| m);
}

/// The opcodes of events for an object.
fn told(guest: &Guest, object: u32) -> Vec<u16> {
    guest.events.iter().filter(|event| event.object == object).map(|event| event.opcode).collect()
}

fn text(event: &Received) -> String {
    event.args().string().unwrap()
}

#[test]
fn text_goes_to_the_field_that_was_enabled_first() {
    let mut desk = Desk::new("text", &[]);
    let (mut guest, [first, second]) = writer(&desk);
    // It counts, and does nothing.
    enable(&mut guest, first);
    let window = guest.window(100, 100, 0xff_0000);
    for input in [first, second] {
        let entered = guest.events.iter().find(|event| event.object == input).unwrap();
        assert_eq!((entered.opcode, entered.first()), (input::ENTER, window.surface));
    }
    desk.act(&["text lost"]);
    guest.sync();
    enable(&mut guest, first);
    enable(&mut guest, second);
    guest.sync();
    guest.events.clear();
    desk.act(&["text Grüße, Welt"]);
    let done = guest.until(first, input::DONE).first();
    assert_eq!((told(&guest, first), done), (vec![input::COMMIT_STRING], 2), "the number of its commits");
    assert_eq!(text(guest.events.last().unwrap()), "Grüße, Welt");

    guest.send(first, input::DISABLE, |m| m);
    guest.send(first, input::COMMIT, |m| m);
    enable(&mut guest, second);
    guest.sync();
    desk.act(&["text 2"]);
    guest.until(second, input::DONE);
    assert_eq!(text(guest.events.last().unwrap()), "2");
    guest.send(second, input::DESTROY, |m| m);
    guest.sync();
    desk.act(&["text lost"]);
    guest.sync();
    enable(&mut guest, first);
    guest.sync();
    desk.act(&["text 3"]);
    guest.until(first, input::DONE);
    assert_eq!(text(guest.events.last().unwrap()), "3");
}

#[test]
fn text_inputs_follow_the_keyboard() {
    let mut desk = Desk::new("text-focus", &[]);
    let (mut guest, [heard]) = writer(&desk);
    guest.window(100, 100, 0xff_0000);
    enable(&mut guest, heard);
    guest.sync();
    let (mut other, [unheard]) = writer(&desk);
    other.sync();
    assert_eq!(told(&other, unheard), [], "it has not got the keyboard");
    other.window(100, 100, 0x00_ff00);
    guest.until(heard, input::LEAVE);
    desk.act(&["text lost"]);
    drop(other);
    guest.until(heard, input::ENTER);
    // The field is to be enabled again.
    desk.act(&["text lost"]);
    guest.sync();
    enable(&mut guest, heard);
    guest.sync();
    desk.act(&["text found"]);
    guest.until(heard, input::DONE);
    assert_eq!(text(guest.events.last().unwrap()), "found");

    // Who asks while it has the keyboard is told at once.
    let (manager, seat) = (guest.bind("zwp_text_input_manager_v3", 1), guest.bind("wl_seat", 8));
    let late = guest.make(manager, manager::GET_TEXT_INPUT, |m| m.uint(seat));
    guest.until(late, input::ENTER);
}

#[test]
fn more_text_than_the_protocol_has_room_for_is_refused() {
    let desk = Desk::new("text-long", &[]);
    let (mut guest, [input]) = writer(&desk);
    guest.window(100, 100, 0xff_0000);
    let mut around = |length| {
        let text = "x".repeat(length);
        guest.send(input, input::SET_SURROUNDING_TEXT, |m| m.string(&text).int(0).int(0));
        guest.send(input, input::COMMIT, |m| m);
    };
    around(4000);
    around(4001);
    guest.expect_error(1, 3);
}

/// Writes into the field of a program, once that has one: the server says so if there is none.
fn write(desk: &mut Desk, text: &str) {
    let lost = |desk: &Desk| desk.log().matches("no text field takes").count();
    for _ in 0..1000 {
        let before = lost(desk);
        desk.act(&[&format!("text {text}")]);
        // When it is seen, what was written before it was read.
        desk.screen();
        if lost(desk) == before {
            return;
        }
    }
    panic!("there is no field\n{}", desk.log());
}

#[test]
fn ext_foot_takes_text_that_no_keys_say() {
    if !installed("foot") {
        return;
    }
    let mut desk = Desk::new("text-foot", &[]);
    let mut program = desk.start(&["foot", "sh", "-c", "read line; echo \"$line\" >typed.1; exec cat"]);
    desk.shown(&mut program);
    write(&mut desk, "Grüße, 漢字");
    desk.press(&["enter"]);
    let file = desk.path().join("typed.1");
    let typed = desk.wait_for("text", |_| std::fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n')));
    assert_eq!(typed, "Grüße, 漢字\n");
    desk.close(program);
    desk.finish();
}

/// GTK takes keys as well, by the same object.
#[test]
fn ext_gtk_takes_text_and_keys() {
    if !installed("mousepad") {
        return;
    }
    let mut desk = Desk::new("text-gtk", &[]);
    let file = desk.path().join("letter.txt");
    std::fs::write(&file, "").unwrap();
    let mut program = desk.start(&["mousepad", "--disable-server", file.to_str().unwrap()]);
    desk.shown(&mut program);
    write(&mut desk, "Grüße,");
    desk.type_text("world");
    desk.act(&["key ctrl press"]);
    desk.press(&["s"]);
    desk.act(&["key ctrl release"]);
    let saved = desk.wait_for("text", |_| std::fs::read_to_string(&file).ok().filter(|text| !text.is_empty()));
    assert_eq!(saved, "Grüße,world");
    desk.close(program);
    desk.finish();
}
