//! Text copied in one program and pasted in another.

use crate::desk::Desk;
use crate::support::installed;

/// What `wl-paste` prints once there is something to paste.
fn pasted(desk: &Desk) -> String {
    desk.wait_for("clipboard", |_| {
        let output = desk.command(&["wl-paste", "--no-newline", "--type", "text/plain"]).output().unwrap();
        output.status.success().then(|| String::from_utf8(output.stdout).unwrap())
    })
}

#[test]
fn step_10_wl_copy_to_wl_paste() {
    if !installed("wl-copy") || !installed("wl-paste") {
        return;
    }
    let desk = Desk::new("wl-clipboard", &[]);
    let holder = desk.start(&["wl-copy", "--foreground", "a word"]);
    assert_eq!(pasted(&desk), "a word");
    drop(holder);
    desk.finish();
}

#[test]
fn step_11_foot_to_wl_paste() {
    if !installed("foot") || !installed("wl-paste") {
        return;
    }
    let mut desk = Desk::new("foot-copies", &[]);
    let mut program = desk.start(&["foot", "--override=pad=0x0", "sh", "-c", "echo uncommonword; exec cat"]);
    let [left, top, ..] = desk.shown(&mut program).edges;
    // A double click on the first word selects it; shadows are around the window.
    let word = (left + 60, top + 20);
    desk.click(word);
    desk.click(word);
    desk.act(&["key ctrl press", "key shift press"]);
    desk.press(&["c"]);
    desk.act(&["key shift release", "key ctrl release"]);
    assert_eq!(pasted(&desk), "uncommonword");
    desk.close(program);
    desk.finish();
}

#[test]
fn step_11_wl_copy_to_foot() {
    if !installed("foot") || !installed("wl-copy") {
        return;
    }
    let mut desk = Desk::new("foot-pastes", &[]);
    let mut program = desk.start(&["foot", "sh"]);
    desk.shown(&mut program);
    let holder = desk.start(&["wl-copy", "--foreground", "touch pasted.1"]);
    assert_eq!(pasted(&desk), "touch pasted.1");
    let effect = desk.path().join("pasted.1");
    desk.act(&["key ctrl press", "key shift press"]);
    desk.press(&["v"]);
    desk.act(&["key shift release", "key ctrl release"]);
    // The text comes through a pipe, after the keys that follow it: enter is pressed until it is there.
    while !effect.exists() {
        desk.press(&["enter"]);
        desk.screen();
    }
    drop(holder);
    desk.close(program);
    desk.finish();
}
