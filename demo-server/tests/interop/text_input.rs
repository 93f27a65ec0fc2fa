//! Text that no keys say, for the fields of clients.

use wayline_conformance::wire::Received;
use wayline_protocols::text_input::zwp_text_input_manager_v3::opcode as manager;
use wayline_protocols::text_input::zwp_text_input_v3::opcode as input;

use crate::test_client::TestClient;
use crate::test_server::TestServer;
use wayline_conformance::target::installed;

/// A client with text inputs.
fn writer<const N: usize>(server: &TestServer) -> (TestClient, [u32; N]) {
    let mut client = TestClient::new(server);
    let (manager, seat) = (client.bind("zwp_text_input_manager_v3", 1), client.bind("wl_seat", 8));
    let inputs = std::array::from_fn(|_| client.make(manager, manager::GET_TEXT_INPUT, |m| m.uint(seat)));
    (client, inputs)
}

fn enable(client: &mut TestClient, of: u32) {
    client.send(of, input::ENABLE, |m| m);
    client.send(of, input::COMMIT, |m| m);
}

/// The opcodes of events for an object.
fn told(client: &TestClient, object: u32) -> Vec<u16> {
    client.events.iter().filter(|event| event.object == object).map(|event| event.opcode).collect()
}

fn text(event: &Received) -> String {
    event.args().string().unwrap()
}

#[test]
fn text_goes_to_the_field_that_was_enabled_first() {
    let mut server = TestServer::new("text", &[]);
    let (mut client, [first, second]) = writer(&server);
    // It counts, and does nothing.
    enable(&mut client, first);
    let window = client.window(100, 100, 0xff_0000);
    for input in [first, second] {
        let entered = client.events.iter().find(|event| event.object == input).unwrap();
        assert_eq!((entered.opcode, entered.first()), (input::ENTER, window.surface));
    }
    server.act(&["text lost"]);
    client.sync();
    enable(&mut client, first);
    enable(&mut client, second);
    client.sync();
    client.events.clear();
    server.act(&["text Grüße, Welt"]);
    let done = client.until(first, input::DONE).first();
    assert_eq!((told(&client, first), done), (vec![input::COMMIT_STRING], 2), "the number of its commits");
    assert_eq!(text(client.events.last().unwrap()), "Grüße, Welt");

    client.send(first, input::DISABLE, |m| m);
    client.send(first, input::COMMIT, |m| m);
    enable(&mut client, second);
    client.sync();
    server.act(&["text 2"]);
    client.until(second, input::DONE);
    assert_eq!(text(client.events.last().unwrap()), "2");
    client.send(second, input::DESTROY, |m| m);
    client.sync();
    server.act(&["text lost"]);
    client.sync();
    enable(&mut client, first);
    client.sync();
    server.act(&["text 3"]);
    client.until(first, input::DONE);
    assert_eq!(text(client.events.last().unwrap()), "3");
}

#[test]
fn text_inputs_follow_the_keyboard() {
    let mut server = TestServer::new("text-focus", &[]);
    let (mut client, [heard]) = writer(&server);
    client.window(100, 100, 0xff_0000);
    enable(&mut client, heard);
    client.sync();
    let (mut other, [unheard]) = writer(&server);
    other.sync();
    assert!(told(&other, unheard).is_empty(), "it has not got the keyboard");
    other.window(100, 100, 0x00_ff00);
    client.until(heard, input::LEAVE);
    server.act(&["text lost"]);
    drop(other);
    client.until(heard, input::ENTER);
    // The field is to be enabled again.
    server.act(&["text lost"]);
    client.sync();
    enable(&mut client, heard);
    client.sync();
    server.act(&["text found"]);
    client.until(heard, input::DONE);
    assert_eq!(text(client.events.last().unwrap()), "found");

    // Who asks while it has the keyboard is told at once.
    let (manager, seat) = (client.bind("zwp_text_input_manager_v3", 1), client.bind("wl_seat", 8));
    let late = client.make(manager, manager::GET_TEXT_INPUT, |m| m.uint(seat));
    client.until(late, input::ENTER);
}

#[test]
fn more_text_than_the_protocol_has_room_for_is_refused() {
    let server = TestServer::new("text-long", &[]);
    let (mut client, [input]) = writer(&server);
    client.window(100, 100, 0xff_0000);
    let mut around = |length| {
        let text = "x".repeat(length);
        client.send(input, input::SET_SURROUNDING_TEXT, |m| m.string(&text).int(0).int(0));
        client.send(input, input::COMMIT, |m| m);
    };
    around(4000);
    around(4001);
    client.expect_error(1, 3);
}

/// Writes into the field of a program, once that has one: the server says so if there is none.
fn write(server: &mut TestServer, text: &str) {
    let lost = |server: &TestServer| server.log().matches("no text field takes").count();
    for _ in 0..1000 {
        let before = lost(server);
        server.act(&[&format!("text {text}")]);
        // When it is seen, what was written before it was read.
        server.screen();
        if lost(server) == before {
            return;
        }
    }
    panic!("there is no field\n{}", server.log());
}

#[test]
fn ext_foot_takes_text_that_no_keys_say() {
    if !installed("foot") {
        return;
    }
    let mut server = TestServer::new("text-foot", &[]);
    let mut program = server.start(&["foot", "sh", "-c", "read line; echo \"$line\" >typed.1; exec cat"]);
    server.shown(&mut program);
    write(&mut server, "Grüße, 漢字");
    server.press(&["enter"]);
    let file = server.path().join("typed.1");
    let typed = server.wait_for("text", |_| std::fs::read_to_string(&file).ok().filter(|text| text.ends_with('\n')));
    assert_eq!(typed, "Grüße, 漢字\n");
    server.close(program);
    server.finish();
}

/// GTK takes keys as well, by the same object.
#[test]
fn ext_gtk_takes_text_and_keys() {
    if !installed("mousepad") {
        return;
    }
    let mut server = TestServer::new("text-gtk", &[]);
    let file = server.path().join("letter.txt");
    std::fs::write(&file, "").unwrap();
    let mut program = server.start(&["mousepad", "--disable-server", file.to_str().unwrap()]);
    server.shown(&mut program);
    write(&mut server, "Grüße,");
    server.type_text("world");
    server.act(&["key ctrl press"]);
    server.press(&["s"]);
    server.act(&["key ctrl release"]);
    let saved = server.wait_for("text", |_| std::fs::read_to_string(&file).ok().filter(|text| !text.is_empty()));
    assert_eq!(saved, "Grüße,world");
    server.close(program);
    server.finish();
}
