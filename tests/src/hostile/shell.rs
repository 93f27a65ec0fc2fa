//! Attacks through xdg-shell: popups, parents, titles, configures, focus.

use super::Siege;
use super::attacker::Attacker;
use super::window::{Tools, Toplevel};
use crate::case::{Case, Verdict};
use crate::protocol::{compositor, xdg};
use crate::wire::Message;

pub(super) const CASES: &[Case<Siege>] = &[
    Case::must("popups", "15,000 popups of one window, then 1,000 commits of it.", "cost of a commit", popups),
    Case::must(
        "toplevels",
        "10,000 windows that show nothing, and the connection closes.",
        "quadratic ends",
        toplevels,
    ),
    Case::must("parents", "A chain of 3,000 windows, and 20,000 set_parent along it.", "cost of one", parents),
    Case::must("titles", "2,000 windows with titles and names of 3,900 bytes.", "memory for texts", titles),
    Case::must("title-escapes", "20,000 titles with escape sequences and line ends.", "forged log lines", escapes),
    Case::must(
        "configures",
        "30,000 changes of state, none of them acknowledged.",
        "memory for each configure",
        configures,
    ),
    Case::must("positioners", "60,000 positioners.", "memory for each object", positioners),
    Case::must("focus", "A window is shown and hidden 3,000 times.", "cost of a focus change", focus),
];

fn popups(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let (window, _) = tools.window(&mut attacker)?;
    let positioner = attacker.create(tools.base, xdg::CREATE_POSITIONER);
    attacker.say(Message::new(positioner, xdg::SET_SIZE).int(10).int(10));
    attacker.say(Message::new(positioner, xdg::SET_ANCHOR_RECT).int(0).int(0).int(1).int(1));
    for _ in 0..siege.scaled(15_000) {
        let surface = attacker.create(tools.compositor, compositor::CREATE_SURFACE);
        let shell = attacker.id();
        attacker.say(Message::new(tools.base, xdg::GET_SURFACE).uint(shell).uint(surface));
        let popup = attacker.id();
        attacker.say(Message::new(shell, xdg::GET_POPUP).uint(popup).uint(window.shell).uint(positioner));
        attacker.say(Message::new(surface, compositor::COMMIT));
    }
    commits(&mut attacker, window, siege.scaled(1000));
    siege.keep(attacker);
    Ok(())
}

fn commits(attacker: &mut Attacker, window: Toplevel, count: u32) {
    (0..count).for_each(|_| attacker.say(Message::new(window.surface, compositor::COMMIT)));
}

fn toplevels(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    for _ in 0..siege.scaled(10_000) {
        tools.toplevel(&mut attacker);
    }
    attacker.sync();
    Ok(())
}

fn parents(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let windows: Vec<Toplevel> = (0..siege.scaled(3000).max(2)).map(|_| tools.toplevel(&mut attacker)).collect();
    let relate = |attacker: &mut Attacker, child: Toplevel, parent: Toplevel| {
        attacker.say(Message::new(child.toplevel, xdg::SET_PARENT).uint(parent.toplevel));
    };
    windows.windows(2).for_each(|pair| relate(&mut attacker, pair[1], pair[0]));
    for n in 0..siege.scaled(20_000) as usize {
        let child = 1 + n % (windows.len() - 1);
        relate(&mut attacker, windows[child], windows[child - 1]);
    }
    siege.keep(attacker);
    Ok(())
}

fn titles(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let text = "w".repeat(3900);
    for _ in 0..siege.scaled(2000) {
        let window = tools.toplevel(&mut attacker);
        attacker.say(Message::new(window.toplevel, xdg::SET_TITLE).string(&text));
        attacker.say(Message::new(window.toplevel, xdg::SET_APP_ID).string(&text));
    }
    siege.keep(attacker);
    Ok(())
}

fn escapes(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let (window, _) = tools.window(&mut attacker)?;
    for n in 0..siege.scaled(20_000) {
        let text = format!("\u{1b}[2J\u{1b}]0;{n}\u{7}\nFORGED: {n}\r");
        attacker.say(Message::new(window.toplevel, xdg::SET_TITLE).string(&text));
    }
    siege.keep(attacker);
    Ok(())
}

fn configures(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let (window, _) = tools.window(&mut attacker)?;
    for n in 0..siege.scaled(30_000) {
        let opcode = if n % 2 == 0 { xdg::SET_MAXIMIZED } else { xdg::UNSET_MAXIMIZED };
        attacker.say(Message::new(window.toplevel, opcode));
    }
    siege.keep(attacker);
    Ok(())
}

fn positioners(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    for _ in 0..siege.scaled(60_000) {
        attacker.create(tools.base, xdg::CREATE_POSITIONER);
    }
    siege.keep(attacker);
    Ok(())
}

fn focus(siege: &mut Siege) -> Verdict {
    let mut attacker = siege.attacker()?;
    let tools = Tools::new(&mut attacker)?;
    let (window, buffer) = tools.window(&mut attacker)?;
    for _ in 0..siege.scaled(3000) {
        window.hide(&mut attacker);
        window.show(&mut attacker, buffer);
    }
    siege.keep(attacker);
    Ok(())
}
