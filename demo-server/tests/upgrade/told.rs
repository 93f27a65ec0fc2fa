//! What many programs are told while servers come and go: the same as if one stayed.

use wayline_conformance::target::installed;

use crate::programs::{OF_TOOLKITS, OF_WESTON_AND_TERMINALS, WITHOUT_KEYBOARD};
use crate::servers::Servers;
use crate::transcripts::{TEN_A_SECOND, Traced, both};

/// Not the display of the one that `programs` starts.
const XWAYLAND: &[&[&str]] = &[&["Xwayland", ":79", "-retro"]];

/// How often a program is used, with a new server each time.
const ROUNDS: usize = 5;

/// Has programs do what they do, and is their user. All that they are told is compared, but for what depends on how many
/// pictures they draw.
fn must_be_told_the_same(programs: &[&[&str]], keys: bool, end: impl Fn(&Servers, &Traced)) {
    for words in programs.iter().filter(|words| installed(words[0])) {
        let [one, two] = both(words, TEN_A_SECOND, |servers, program, upgrades| {
            // Shown, and the active window.
            program.until(servers, ("xdg_surface", "configure"), 2);
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
            end(servers, program);
            program.end(servers);
        });
        assert_eq!(one.told_in_any_time().difference(&two.told_in_any_time(), true), None, "{words:?}");
    }
}

/// The user closes the active window.
fn close(servers: &Servers, _: &Traced) {
    servers.act("close");
}

#[test]
fn programs_without_a_keyboard_are_told_the_same() {
    must_be_told_the_same(WITHOUT_KEYBOARD, false, close);
}

#[test]
fn programs_of_weston_and_terminals_are_told_the_same() {
    must_be_told_the_same(OF_WESTON_AND_TERMINALS, true, close);
}

#[test]
fn programs_of_toolkits_are_told_the_same() {
    must_be_told_the_same(OF_TOOLKITS, true, close);
}

#[test]
fn xwayland_is_told_the_same() {
    // It does not listen to what its window is told, and so not when that is to be closed.
    must_be_told_the_same(XWAYLAND, true, |_, program| program.terminate());
}
