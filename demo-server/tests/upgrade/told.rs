//! What many programs are told while servers come and go: the same as if one stayed.

use wayline_conformance::target::installed;

use crate::programs::{OF_TOOLKITS, OF_WESTON_AND_TERMINALS, WITHOUT_KEYBOARD};
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
    must_be_told_the_same(WITHOUT_KEYBOARD, false);
}

#[test]
fn programs_of_weston_and_terminals_are_told_the_same() {
    must_be_told_the_same(OF_WESTON_AND_TERMINALS, true);
}

#[test]
fn programs_of_toolkits_are_told_the_same() {
    must_be_told_the_same(OF_TOOLKITS, true);
}
