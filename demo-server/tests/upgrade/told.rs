//! What many programs are told while servers come and go: the same as if one stayed.

use wayline_conformance::target::installed;

use crate::transcripts::{TEN_A_SECOND, both};

/// How often a program is used, with a new server each time.
const ROUNDS: usize = 5;

/// Has programs do what they do, and is their user. All that they are told is compared, but for what depends on how many
/// pictures they draw.
fn must_be_told_the_same(programs: &[&[&str]], keys: bool) {
    for words in programs.iter().filter(|words| installed(words[0])) {
        let [one, two] = both(words, TEN_A_SECOND, |servers, program, upgrades| {
            // Shown, and the active window.
            program.until(servers, ("xdg_toplevel", "configure"), 2);
            if keys {
                program.until(servers, ("wl_keyboard", "enter"), 1);
            }
            for round in 1..=ROUNDS {
                upgrades.next();
                if keys {
                    // One that changes nothing by itself.
                    servers.act("key shift press");
                    servers.act("key shift release");
                    program.until(servers, ("wl_keyboard", "key"), 2 * round);
                }
            }
            servers.act("close");
            program.end(servers);
        });
        assert_eq!(one.told_in_any_time().difference(&two.told_in_any_time(), true), None, "{words:?}");
    }
}

#[test]
fn programs_without_a_keyboard_are_told_the_same() {
    let programs: [&[&str]; 7] = [
        &["weston-simple-shm"],
        &["weston-simple-damage"],
        &["weston-simple-egl"],
        &["weston-simple-touch"],
        &["weston-multi-resource"],
        &["weston-smoke"],
        &["weston-flower"],
    ];
    must_be_told_the_same(&programs, false);
}

#[test]
fn programs_of_weston_and_terminals_are_told_the_same() {
    let programs: [&[&str]; 14] = [
        &["foot"],
        &["weston-terminal"],
        &["weston-eventdemo"],
        &["weston-image", "PICTURE"],
        &["weston-clickdot"],
        &["weston-resizor"],
        &["weston-cliptest"],
        &["weston-transformed"],
        &["weston-subsurfaces"],
        &["weston-scaler"],
        &["weston-stacking"],
        &["weston-dnd"],
        &["wev"],
        &["swayimg", "PICTURE"],
    ];
    must_be_told_the_same(&programs, true);
}

#[test]
fn programs_of_toolkits_are_told_the_same() {
    let programs: [&[&str]; 7] = [
        &["gtk3-demo"],
        &["gtk4-demo"],
        &["galculator"],
        &["mousepad", "--disable-server"],
        &["qt6ct"],
        &["mpv", "--no-config", "--no-terminal", "--vo=wlshm", "--loop", "av://lavfi:testsrc"],
        &["/usr/libexec/installed-tests/SDL2/testdraw2"],
    ];
    must_be_told_the_same(&programs, true);
}
