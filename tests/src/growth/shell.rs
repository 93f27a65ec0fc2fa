//! Windows, popups and what else gives a surface a role.

use super::Script;
use crate::case::{Case, Stop, Verdict};
use crate::hostile::attacker::Attacker;
use crate::hostile::window::{Tools, Toplevel};
use crate::protocol::{compositor, sub, xdg};
use crate::wire::Message;

pub(super) const CASES: &[Case<Script>] = &[
    Case::must("toplevel", "n windows that show nothing, and the connection closes.", "get_toplevel", toplevel),
    Case::must("toplevel-destroy", "n windows, destroyed first to last.", "destroy", toplevel_destroy),
    Case::must("toplevel-shown", "A window is shown and hidden n times.", "commit", shown),
    Case::must("set-parent", "A chain of n windows, made from the leaf up.", "set_parent", set_parent),
    Case::must("set-parent-same", "n windows get one parent, and n get none again.", "set_parent", same_parent),
    Case::must("title", "n titles of a window.", "set_title", title),
    Case::must("state", "n changes of a window's state, none acknowledged.", "set_maximized", state),
    Case::must("positioner", "n positioners, destroyed last to first.", "create_positioner", positioner),
    Case::must("popup", "n popups of a window, destroyed last to first.", "get_popup", popup),
    Case::must("popup-commit", "n commits of a window with n popups.", "commit", popup_commit),
    Case::must("move", "n windows that may not be moved.", "move, resize", moved),
    Case::must("geometry", "n geometries, too large, of a window with n subsurfaces.", "set_window_geometry", geometry),
    Case::must("reposition", "n new places of a popup.", "reposition", reposition),
    Case::must("wl-shell", "n windows of wl_shell, destroyed last to first.", "get_shell_surface", wl_shell),
    Case::must("decoration", "n decorations.", "get_toplevel_decoration", decoration),
    Case::must("layer", "n layer surfaces, and the connection closes.", "get_layer_surface", layer),
];

fn client(script: &Script) -> Result<(Attacker, Tools), Stop> {
    let mut client = script.client()?;
    let tools = Tools::new(&mut client)?;
    Ok((client, tools))
}

fn done(mut client: Attacker) -> Verdict {
    client.sync();
    Ok(())
}

fn destroy(client: &mut Attacker, object: u32) {
    // The destructor has this number in all of them.
    client.say(Message::new(object, compositor::DESTROY));
}

fn toplevels(script: &Script) -> Result<(Attacker, Vec<Toplevel>), Stop> {
    let (mut client, tools) = client(script)?;
    let windows = (0..script.n).map(|_| tools.toplevel(&mut client)).collect();
    Ok((client, windows))
}

fn toplevel(script: &mut Script) -> Verdict {
    done(toplevels(script)?.0)
}

fn toplevel_destroy(script: &mut Script) -> Verdict {
    let (mut client, windows) = toplevels(script)?;
    for window in windows {
        [window.toplevel, window.shell, window.surface].iter().for_each(|object| destroy(&mut client, *object));
    }
    done(client)
}

fn shown(script: &mut Script) -> Verdict {
    let (mut client, tools) = client(script)?;
    let (window, buffer) = tools.window(&mut client)?;
    for _ in 0..script.n {
        window.hide(&mut client);
        window.show(&mut client, buffer);
    }
    done(client)
}

fn set_parent(script: &mut Script) -> Verdict {
    let (mut client, windows) = toplevels(script)?;
    for pair in windows.windows(2) {
        client.say(Message::new(pair[0].toplevel, xdg::SET_PARENT).uint(pair[1].toplevel));
    }
    done(client)
}

fn same_parent(script: &mut Script) -> Verdict {
    let (mut client, windows) = toplevels(script)?;
    for parent in [windows[0].toplevel, 0] {
        for window in &windows[1..] {
            client.say(Message::new(window.toplevel, xdg::SET_PARENT).uint(parent));
        }
    }
    done(client)
}

fn title(script: &mut Script) -> Verdict {
    let (mut client, tools) = client(script)?;
    let window = tools.toplevel(&mut client);
    for n in 0..script.n {
        client.say(Message::new(window.toplevel, xdg::SET_TITLE).string(&format!("number {n:8}")));
    }
    done(client)
}

fn state(script: &mut Script) -> Verdict {
    let (mut client, tools) = client(script)?;
    let (window, _) = tools.window(&mut client)?;
    for n in 0..script.n {
        let opcode = if n % 2 == 0 { xdg::SET_MAXIMIZED } else { xdg::UNSET_MAXIMIZED };
        client.say(Message::new(window.toplevel, opcode));
    }
    done(client)
}

fn positioner(script: &mut Script) -> Verdict {
    let (mut client, tools) = client(script)?;
    let made: Vec<u32> = (0..script.n).map(|_| client.create(tools.base, xdg::CREATE_POSITIONER)).collect();
    made.iter().rev().for_each(|positioner| destroy(&mut client, *positioner));
    done(client)
}

/// A positioner that is complete.
fn positioned(client: &mut Attacker, tools: Tools) -> u32 {
    let positioner = client.create(tools.base, xdg::CREATE_POSITIONER);
    client.say(Message::new(positioner, xdg::SET_SIZE).int(10).int(10));
    client.say(Message::new(positioner, xdg::SET_ANCHOR_RECT).int(0).int(0).int(1).int(1));
    positioner
}

/// A popup that has asked to be configured: its objects, the role first.
fn create_popup(client: &mut Attacker, tools: Tools, window: Toplevel, positioner: u32) -> [u32; 3] {
    let surface = client.create(tools.compositor, compositor::CREATE_SURFACE);
    let shell = client.id();
    client.say(Message::new(tools.base, xdg::GET_SURFACE).uint(shell).uint(surface));
    let popup = client.id();
    client.say(Message::new(shell, xdg::GET_POPUP).uint(popup).uint(window.shell).uint(positioner));
    client.say(Message::new(surface, compositor::COMMIT));
    [popup, shell, surface]
}

/// A window that is shown, with `n` popups that are not yet: the objects of each, the role first.
fn popups(script: &Script) -> Result<(Attacker, Toplevel, Vec<[u32; 3]>), Stop> {
    let (mut client, tools) = client(script)?;
    let (window, _) = tools.window(&mut client)?;
    let positioner = positioned(&mut client, tools);
    let popups = (0..script.n).map(|_| create_popup(&mut client, tools, window, positioner)).collect();
    Ok((client, window, popups))
}

fn popup(script: &mut Script) -> Verdict {
    let (mut client, _, popups) = popups(script)?;
    popups.iter().rev().flatten().for_each(|object| destroy(&mut client, *object));
    done(client)
}

fn popup_commit(script: &mut Script) -> Verdict {
    let (mut client, window, _) = popups(script)?;
    (0..script.n).for_each(|_| client.say(Message::new(window.surface, compositor::COMMIT)));
    done(client)
}

fn moved(script: &mut Script) -> Verdict {
    const MOVE: u16 = 5;
    const RESIZE: u16 = 6;
    let (mut client, windows) = toplevels(script)?;
    let seat = client.bind("wl_seat", 1)?;
    for window in windows {
        client.say(Message::new(window.toplevel, MOVE).uint(seat).uint(1));
        client.say(Message::new(window.toplevel, RESIZE).uint(seat).uint(1).uint(1));
    }
    done(client)
}

fn geometry(script: &mut Script) -> Verdict {
    const SET_WINDOW_GEOMETRY: u16 = 3;
    let (mut client, tools) = client(script)?;
    let (window, _) = tools.window(&mut client)?;
    let subs = client.bind("wl_subcompositor", 1)?;
    for _ in 0..script.n {
        let surface = client.create(tools.compositor, compositor::CREATE_SURFACE);
        let role = client.id();
        client.say(Message::new(subs, sub::GET_SUBSURFACE).uint(role).uint(surface).uint(window.surface));
    }
    for n in 0..script.n {
        let side = 17 + (n % 8).cast_signed();
        client.say(Message::new(window.shell, SET_WINDOW_GEOMETRY).int(0).int(0).int(side).int(side));
        client.say(Message::new(window.surface, compositor::COMMIT));
    }
    done(client)
}

fn reposition(script: &mut Script) -> Verdict {
    const REPOSITION: u16 = 2;
    let mut client = script.client()?;
    let mut tools = Tools::new(&mut client)?;
    tools.base = client.bind(xdg::BASE, 3)?;
    let (window, _) = tools.window(&mut client)?;
    let positioner = positioned(&mut client, tools);
    let [popup, ..] = create_popup(&mut client, tools, window, positioner);
    client.sync();
    for n in 0..script.n {
        client.say(Message::new(popup, REPOSITION).uint(positioner).uint(n));
    }
    done(client)
}

fn wl_shell(script: &mut Script) -> Verdict {
    const GET_SHELL_SURFACE: u16 = 0;
    const SET_TOPLEVEL: u16 = 3;
    let (mut client, tools) = client(script)?;
    let shell = client.bind("wl_shell", 1)?;
    let mut surfaces = Vec::new();
    for _ in 0..script.n {
        let surface = client.create(tools.compositor, compositor::CREATE_SURFACE);
        let role = client.id();
        client.say(Message::new(shell, GET_SHELL_SURFACE).uint(role).uint(surface));
        client.say(Message::new(role, SET_TOPLEVEL));
        surfaces.push(surface);
    }
    surfaces.iter().rev().for_each(|surface| destroy(&mut client, *surface));
    done(client)
}

fn decoration(script: &mut Script) -> Verdict {
    const GET_DECORATION: u16 = 1;
    let (mut client, tools) = client(script)?;
    let manager = client.bind("zxdg_decoration_manager_v1", 1)?;
    for _ in 0..script.n {
        let surface = client.create(tools.compositor, compositor::CREATE_SURFACE);
        let shell = client.id();
        client.say(Message::new(tools.base, xdg::GET_SURFACE).uint(shell).uint(surface));
        let toplevel = client.create(shell, xdg::GET_TOPLEVEL);
        let decoration = client.id();
        client.say(Message::new(manager, GET_DECORATION).uint(decoration).uint(toplevel));
    }
    done(client)
}

fn layer(script: &mut Script) -> Verdict {
    const GET_LAYER_SURFACE: u16 = 0;
    const SET_SIZE: u16 = 0;
    let (mut client, tools) = client(script)?;
    let shell = client.bind("zwlr_layer_shell_v1", 1)?;
    for _ in 0..script.n {
        let surface = client.create(tools.compositor, compositor::CREATE_SURFACE);
        let layer = client.id();
        let message = Message::new(shell, GET_LAYER_SURFACE).uint(layer).uint(surface).uint(0).uint(2);
        client.say(message.string("growth"));
        client.say(Message::new(layer, SET_SIZE).uint(10).uint(10));
        client.say(Message::new(surface, compositor::COMMIT));
    }
    done(client)
}
