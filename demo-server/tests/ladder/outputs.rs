//! What settings programs find out about the screen, by wlr-output-management.

use wayline_conformance::wire::Message;
use wayline_protocols::wlr_output_management::{
    zwlr_output_configuration_head_v1 as properties, zwlr_output_configuration_v1 as configuration,
    zwlr_output_head_v1 as head, zwlr_output_manager_v1 as manager, zwlr_output_mode_v1 as mode,
};

use crate::desk::Desk;
use crate::guest::Guest;
use crate::support::installed;

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
    fn new(guest: &mut Guest, version: u32) -> Settings {
        let manager = guest.bind("zwlr_output_manager_v1", version);
        let serial = guest.until(manager, manager::opcode::DONE).first();
        let made = |guest: &Guest, object: u32, opcode: u16| {
            guest.events.iter().find(|event| (event.object, event.opcode) == (object, opcode)).unwrap().first()
        };
        let head = made(guest, manager, manager::opcode::HEAD);
        let mode = made(guest, head, head::opcode::MODE);
        Settings { manager, head, mode, serial }
    }

    /// A configuration that uses the screen.
    fn enabled(self, guest: &mut Guest) -> (u32, u32) {
        let configuration = self.configuration(guest, self.serial);
        (configuration, guest.make(configuration, configuration::opcode::ENABLE_HEAD, |m| m.uint(self.head)))
    }

    fn configuration(self, guest: &mut Guest, serial: u32) -> u32 {
        guest.make(self.manager, manager::opcode::CREATE_CONFIGURATION, |m| m.uint(serial))
    }
}

#[test]
fn the_screen_is_described_as_each_version_can() {
    let desk = Desk::new("output-management", &[]);
    for version in 1..=4 {
        let mut guest = Guest::new(&desk);
        let Settings { manager, head, mode, .. } = Settings::new(&mut guest, version);
        let size =
            guest.events.iter().find(|event| (event.object, event.opcode) == (mode, mode::opcode::SIZE)).unwrap();
        let mut args = size.args();
        assert_eq!((args.int().unwrap(), args.int().unwrap()), (1024, 768));
        for opcode in [head::opcode::ENABLED, head::opcode::CURRENT_MODE, head::opcode::POSITION, head::opcode::SCALE] {
            assert!(guest.has(head, opcode));
        }
        assert_eq!(guest.has(head, head::opcode::MAKE), version >= 2);
        assert_eq!(guest.has(head, head::opcode::ADAPTIVE_SYNC), version >= 4);
        guest.send(manager, manager::opcode::STOP, |m| m);
        guest.until(manager, manager::opcode::FINISHED);
        if version >= 3 {
            guest.send(mode, mode::opcode::RELEASE, |m| m);
            guest.send(head, head::opcode::RELEASE, |m| m);
        }
        guest.sync();
    }
    desk.finish();
}

#[test]
fn what_the_screen_is_can_be_applied_and_nothing_else() {
    type Set = fn(Message, Settings) -> Message;
    let desk = Desk::new("output-configurations", &[]);
    let mut guest = Guest::new(&desk);
    let settings = Settings::new(&mut guest, 4);
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
            let (configuration, wanted) = settings.enabled(&mut guest);
            guest.send(wanted, opcode, |m| set(m, settings));
            guest.send(configuration, ask, |m| m);
            guest.until(configuration, answer);
            guest.send(configuration, configuration::opcode::DESTROY, |m| m);
        }
    }
    // The only screen cannot be done without.
    let configuration = settings.configuration(&mut guest, settings.serial);
    guest.send(configuration, configuration::opcode::DISABLE_HEAD, |m| m.uint(settings.head));
    guest.send(configuration, configuration::opcode::APPLY, |m| m);
    guest.until(configuration, FAILED);
    // One for another arrangement is told so.
    let configuration = settings.configuration(&mut guest, settings.serial + 1);
    guest.make(configuration, configuration::opcode::ENABLE_HEAD, |m| m.uint(settings.head));
    guest.send(configuration, configuration::opcode::APPLY, |m| m);
    guest.until(configuration, CANCELLED);
    assert_eq!(desk.screen().width, 1024);
    desk.finish();
}

#[test]
fn each_broken_rule_of_a_configuration_has_its_error() {
    let desk = Desk::new("output-violations", &[]);
    type Crime = fn(&mut Guest, Settings) -> (u32, u32);
    let crimes: [(&str, Crime); 10] = [
        ("a screen that is named twice", |guest, settings| {
            let (configuration, _) = settings.enabled(guest);
            guest.send(configuration, configuration::opcode::DISABLE_HEAD, |m| m.uint(settings.head));
            (configuration, configuration::Error::ALREADY_CONFIGURED_HEAD.0)
        }),
        ("a screen that is not named", |guest, settings| {
            let configuration = settings.configuration(guest, settings.serial);
            guest.send(configuration, configuration::opcode::TEST, |m| m);
            (configuration, configuration::Error::UNCONFIGURED_HEAD.0)
        }),
        ("applied after it was tested", |guest, settings| {
            let (configuration, _) = settings.enabled(guest);
            guest.send(configuration, configuration::opcode::TEST, |m| m);
            guest.send(configuration, configuration::opcode::APPLY, |m| m);
            (configuration, configuration::Error::ALREADY_USED.0)
        }),
        ("a mode that is set twice", |guest, settings| {
            let (_, wanted) = settings.enabled(guest);
            guest.send(wanted, properties::opcode::SET_MODE, |m| m.uint(settings.mode));
            guest.send(wanted, properties::opcode::SET_CUSTOM_MODE, |m| m.int(5).int(5).int(0));
            (wanted, properties::Error::ALREADY_SET.0)
        }),
        ("a position that is set twice", |guest, settings| {
            let (_, wanted) = settings.enabled(guest);
            guest.send(wanted, properties::opcode::SET_POSITION, |m| m.int(0).int(0));
            guest.send(wanted, properties::opcode::SET_POSITION, |m| m.int(0).int(0));
            (wanted, properties::Error::ALREADY_SET.0)
        }),
        ("a mode without pixels", |guest, settings| {
            let (_, wanted) = settings.enabled(guest);
            guest.send(wanted, properties::opcode::SET_CUSTOM_MODE, |m| m.int(5).int(0).int(0));
            (wanted, properties::Error::INVALID_CUSTOM_MODE.0)
        }),
        ("a negative rate", |guest, settings| {
            let (_, wanted) = settings.enabled(guest);
            guest.send(wanted, properties::opcode::SET_CUSTOM_MODE, |m| m.int(5).int(5).int(-1));
            (wanted, properties::Error::INVALID_CUSTOM_MODE.0)
        }),
        ("no transform", |guest, settings| {
            let (_, wanted) = settings.enabled(guest);
            guest.send(wanted, properties::opcode::SET_TRANSFORM, |m| m.int(8));
            (wanted, properties::Error::INVALID_TRANSFORM.0)
        }),
        ("no scale", |guest, settings| {
            let (_, wanted) = settings.enabled(guest);
            guest.send(wanted, properties::opcode::SET_SCALE, |m| m.int(0));
            (wanted, properties::Error::INVALID_SCALE.0)
        }),
        ("no state", |guest, settings| {
            let (_, wanted) = settings.enabled(guest);
            guest.send(wanted, properties::opcode::SET_ADAPTIVE_SYNC, |m| m.uint(2));
            (wanted, properties::Error::INVALID_ADAPTIVE_SYNC_STATE.0)
        }),
    ];
    for (crime, commit) in crimes {
        println!("{crime}");
        let mut guest = Guest::new(&desk);
        let settings = Settings::new(&mut guest, 4);
        let (object, code) = commit(&mut guest, settings);
        guest.expect_error(object, code);
    }
}

#[test]
fn ext_wlr_randr_lists_the_screen_and_is_told_what_cannot_be() {
    if !installed("wlr-randr") {
        return;
    }
    let desk = Desk::new("wlr-randr", &[]);
    let run = |args: &[&str]| {
        let output = desk.command(&[&["wlr-randr"], args].concat()).output().unwrap();
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
    desk.finish();
}
