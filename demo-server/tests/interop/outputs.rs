//! What settings programs find out about the screen, by wlr-output-management.

use wayline_conformance::wire::Message;
use wayline_protocols::wlr_output_management::{
    zwlr_output_configuration_head_v1 as properties, zwlr_output_configuration_v1 as configuration,
    zwlr_output_head_v1 as head, zwlr_output_manager_v1 as manager, zwlr_output_mode_v1 as mode,
};

use crate::test_client::TestClient;
use crate::test_server::TestServer;
use wayline_conformance::target::installed;

const SUCCEEDED: u16 = configuration::opcode::SUCCEEDED;
const FAILED: u16 = configuration::opcode::FAILED;
const CANCELLED: u16 = configuration::opcode::CANCELLED;

/// A manager, the screen with its mode, and the serial of what was told.
#[derive(Clone, Copy)]
struct Settings {
    manager: u32,
    head: u32,
    mode: u32,
    serial: u32,
}

impl Settings {
    fn new(client: &mut TestClient, version: u32) -> Settings {
        let manager = client.bind("zwlr_output_manager_v1", version);
        let serial = client.until(manager, manager::opcode::DONE).first();
        let made = |client: &TestClient, object: u32, opcode: u16| {
            client.events.iter().find(|event| (event.object, event.opcode) == (object, opcode)).unwrap().first()
        };
        let head = made(client, manager, manager::opcode::HEAD);
        let mode = made(client, head, head::opcode::MODE);
        Settings { manager, head, mode, serial }
    }

    /// A configuration that uses the screen.
    fn enabled(self, client: &mut TestClient) -> (u32, u32) {
        let configuration = self.configuration(client, self.serial);
        (configuration, client.make(configuration, configuration::opcode::ENABLE_HEAD, |m| m.uint(self.head)))
    }

    fn configuration(self, client: &mut TestClient, serial: u32) -> u32 {
        client.make(self.manager, manager::opcode::CREATE_CONFIGURATION, |m| m.uint(serial))
    }
}

#[test]
fn the_screen_is_described_as_each_version_can() {
    let server = TestServer::new("output-management", &[]);
    for version in 1..=4 {
        let mut client = TestClient::new(&server);
        let Settings { manager, head, mode, .. } = Settings::new(&mut client, version);
        let size =
            client.events.iter().find(|event| (event.object, event.opcode) == (mode, mode::opcode::SIZE)).unwrap();
        let mut args = size.args();
        assert_eq!((args.int().unwrap(), args.int().unwrap()), (1024, 768));
        for opcode in [head::opcode::ENABLED, head::opcode::CURRENT_MODE, head::opcode::POSITION, head::opcode::SCALE] {
            assert!(client.has(head, opcode));
        }
        assert_eq!(client.has(head, head::opcode::MAKE), version >= 2);
        assert_eq!(client.has(head, head::opcode::ADAPTIVE_SYNC), version >= 4);
        client.send(manager, manager::opcode::STOP, |m| m);
        client.until(manager, manager::opcode::FINISHED);
        if version >= 3 {
            client.send(mode, mode::opcode::RELEASE, |m| m);
            client.send(head, head::opcode::RELEASE, |m| m);
        }
        client.sync();
    }
    server.finish();
}

#[test]
fn what_the_screen_is_can_be_applied_and_nothing_else() {
    type Set = fn(Message, Settings) -> Message;
    let server = TestServer::new("output-configurations", &[]);
    let mut client = TestClient::new(&server);
    let settings = Settings::new(&mut client, 4);
    let wishes: [(u16, u16, Set); 11] = [
        (properties::opcode::SET_MODE, SUCCEEDED, |m, settings| m.uint(settings.mode)),
        (properties::opcode::SET_CUSTOM_MODE, SUCCEEDED, |m, _| m.int(1024).int(768).int(0)),
        (properties::opcode::SET_CUSTOM_MODE, FAILED, |m, _| m.int(1024).int(767).int(0)),
        (properties::opcode::SET_CUSTOM_MODE, FAILED, |m, _| m.int(1024).int(768).int(30_000)),
        (properties::opcode::SET_POSITION, SUCCEEDED, |m, _| m.int(0).int(0)),
        (properties::opcode::SET_POSITION, FAILED, |m, _| m.int(0).int(1)),
        (properties::opcode::SET_TRANSFORM, SUCCEEDED, |m, _| m.int(0)),
        (properties::opcode::SET_TRANSFORM, FAILED, |m, _| m.int(1)),
        (properties::opcode::SET_SCALE, SUCCEEDED, |m, _| m.int(256)),
        (properties::opcode::SET_SCALE, FAILED, |m, _| m.int(512)),
        (properties::opcode::SET_ADAPTIVE_SYNC, FAILED, |m, _| m.uint(1)),
    ];
    for (opcode, answer, set) in wishes {
        for ask in [configuration::opcode::TEST, configuration::opcode::APPLY] {
            let (configuration, wanted) = settings.enabled(&mut client);
            client.send(wanted, opcode, |m| set(m, settings));
            client.send(configuration, ask, |m| m);
            client.until(configuration, answer);
            client.send(configuration, configuration::opcode::DESTROY, |m| m);
        }
    }
    // The only screen cannot be done without.
    let configuration = settings.configuration(&mut client, settings.serial);
    client.send(configuration, configuration::opcode::DISABLE_HEAD, |m| m.uint(settings.head));
    client.send(configuration, configuration::opcode::APPLY, |m| m);
    client.until(configuration, FAILED);
    // One for another arrangement is told so.
    let configuration = settings.configuration(&mut client, settings.serial + 1);
    client.make(configuration, configuration::opcode::ENABLE_HEAD, |m| m.uint(settings.head));
    client.send(configuration, configuration::opcode::APPLY, |m| m);
    client.until(configuration, CANCELLED);
    assert_eq!(server.screen().width, 1024);
    server.finish();
}

#[test]
fn each_broken_rule_of_a_configuration_has_its_error() {
    let server = TestServer::new("output-violations", &[]);
    type Crime = fn(&mut TestClient, Settings) -> (u32, u32);
    let crimes: [(&str, Crime); 10] = [
        ("a screen that is named twice", |client, settings| {
            let (configuration, _) = settings.enabled(client);
            client.send(configuration, configuration::opcode::DISABLE_HEAD, |m| m.uint(settings.head));
            (configuration, configuration::Error::ALREADY_CONFIGURED_HEAD.0)
        }),
        ("a screen that is not named", |client, settings| {
            let configuration = settings.configuration(client, settings.serial);
            client.send(configuration, configuration::opcode::TEST, |m| m);
            (configuration, configuration::Error::UNCONFIGURED_HEAD.0)
        }),
        ("applied after it was tested", |client, settings| {
            let (configuration, _) = settings.enabled(client);
            client.send(configuration, configuration::opcode::TEST, |m| m);
            client.send(configuration, configuration::opcode::APPLY, |m| m);
            (configuration, configuration::Error::ALREADY_USED.0)
        }),
        ("a mode that is set twice", |client, settings| {
            let (_, wanted) = settings.enabled(client);
            client.send(wanted, properties::opcode::SET_MODE, |m| m.uint(settings.mode));
            client.send(wanted, properties::opcode::SET_CUSTOM_MODE, |m| m.int(5).int(5).int(0));
            (wanted, properties::Error::ALREADY_SET.0)
        }),
        ("a position that is set twice", |client, settings| {
            let (_, wanted) = settings.enabled(client);
            client.send(wanted, properties::opcode::SET_POSITION, |m| m.int(0).int(0));
            client.send(wanted, properties::opcode::SET_POSITION, |m| m.int(0).int(0));
            (wanted, properties::Error::ALREADY_SET.0)
        }),
        ("a mode without pixels", |client, settings| {
            let (_, wanted) = settings.enabled(client);
            client.send(wanted, properties::opcode::SET_CUSTOM_MODE, |m| m.int(5).int(0).int(0));
            (wanted, properties::Error::INVALID_CUSTOM_MODE.0)
        }),
        ("a negative rate", |client, settings| {
            let (_, wanted) = settings.enabled(client);
            client.send(wanted, properties::opcode::SET_CUSTOM_MODE, |m| m.int(5).int(5).int(-1));
            (wanted, properties::Error::INVALID_CUSTOM_MODE.0)
        }),
        ("no transform", |client, settings| {
            let (_, wanted) = settings.enabled(client);
            client.send(wanted, properties::opcode::SET_TRANSFORM, |m| m.int(8));
            (wanted, properties::Error::INVALID_TRANSFORM.0)
        }),
        ("no scale", |client, settings| {
            let (_, wanted) = settings.enabled(client);
            client.send(wanted, properties::opcode::SET_SCALE, |m| m.int(0));
            (wanted, properties::Error::INVALID_SCALE.0)
        }),
        ("no state", |client, settings| {
            let (_, wanted) = settings.enabled(client);
            client.send(wanted, properties::opcode::SET_ADAPTIVE_SYNC, |m| m.uint(2));
            (wanted, properties::Error::INVALID_ADAPTIVE_SYNC_STATE.0)
        }),
    ];
    for (crime, commit) in crimes {
        println!("{crime}");
        let mut client = TestClient::new(&server);
        let settings = Settings::new(&mut client, 4);
        let (object, code) = commit(&mut client, settings);
        client.expect_error(object, code);
    }
}

#[test]
fn ext_wlr_randr_lists_the_screen_and_is_told_what_cannot_be() {
    if !installed("wlr-randr") {
        return;
    }
    let server = TestServer::new("wlr-randr", &[]);
    let run = |args: &[&str]| {
        let output = server.command(&[&["wlr-randr"], args].concat()).output().unwrap();
        let text = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(text).unwrap())
    };
    let (succeeded, text) = run(&[]);
    assert!(succeeded, "{text}");
    for expected in ["WAYLINE-1", "1024x768 px", "preferred, current", "Enabled: yes"] {
        assert!(text.contains(expected), "no {expected} in:\n{text}");
    }
    let (succeeded, text) = run(&["--output", "WAYLINE-1", "--mode", "1024x768"]);
    assert!(succeeded, "{text}");
    for args in [["--custom-mode", "800x600"], ["--transform", "90"], ["--scale", "2"]] {
        let (succeeded, text) = run(&[&["--output", "WAYLINE-1"], &args[..]].concat());
        assert!(!succeeded && text.contains("failed"), "{args:?}: {text}");
    }
    server.finish();
}
