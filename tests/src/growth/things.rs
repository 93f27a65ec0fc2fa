//! Seats, outputs, the clipboard, and extensions of surfaces.

use std::os::fd::AsFd;

use super::Script;
use crate::case::{Case, Stop, Verdict, fail, skip};
use crate::hostile::attacker::{Attacker, ROUNDS};
use crate::hostile::window::Tools;
use crate::protocol::{compositor, data, seat};
use crate::wire::{Message, Received};

/// Requests of text inputs.
mod text {
    pub(super) const GET_TEXT_INPUT: u16 = 1;
    pub(super) const ENABLE: u16 = 1;
    pub(super) const SET_SURROUNDING_TEXT: u16 = 3;
    pub(super) const COMMIT: u16 = 7;
}

pub(super) const CASES: &[Case<Script>] = &[
    Case::must("keyboard", "n keyboards, and the connection closes.", "get_keyboard", keyboard),
    Case::must("pointer", "n pointers, released first to last.", "get_pointer, release", pointer),
    Case::must("output", "n outputs are bound, released first to last.", "bind, release", output),
    Case::must("xdg-output", "n descriptions of an output.", "get_xdg_output", xdg_output),
    Case::must("source", "n sources with a type each, destroyed last to first.", "create_data_source", source),
    Case::must("source-types", "n sources with twenty types each.", "offer", source_types),
    Case::must("device", "n data devices, and the connection closes.", "get_data_device", device),
    Case::must("selection", "n selections one after the other.", "set_selection", selection),
    Case::must("control-device", "n selections by a clipboard manager.", "set_selection", control),
    Case::must("viewport", "n viewports of n surfaces, and n destinations.", "get_viewport", viewport),
    Case::must("feedback", "n feedbacks of one surface, and a commit.", "feedback", feedback),
    Case::must("text-input", "n text inputs, each with a window's keyboard for a field.", "enable, commit", text_input),
    Case::must("text-surrounding", "n times the text around a cursor.", "set_surrounding_text, commit", surrounding),
    Case::must("source-receive", "n reads of a selection with twenty types.", "receive", receive),
];

fn done(mut client: Attacker) -> Verdict {
    client.sync();
    Ok(())
}

/// Sends `opcode` with a new id and another object, `count` times. Returns the ids.
fn each(client: &mut Attacker, object: u32, opcode: u16, of: u32, count: u32) -> Vec<u32> {
    let one = |_| {
        let id = client.id();
        client.say(Message::new(object, opcode).uint(id).uint(of));
        id
    };
    (0..count).map(one).collect()
}

fn keyboard(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let seat = client.bind("wl_seat", 3)?;
    for _ in 0..script.n {
        client.create(seat, seat::GET_KEYBOARD);
    }
    done(client)
}

fn pointer(script: &mut Script) -> Verdict {
    const GET_POINTER: u16 = 0;
    const RELEASE: u16 = 1;
    let mut client = script.client()?;
    let seat = client.bind("wl_seat", 3)?;
    let pointers: Vec<u32> = (0..script.n).map(|_| client.create(seat, GET_POINTER)).collect();
    pointers.iter().for_each(|pointer| client.say(Message::new(*pointer, RELEASE)));
    done(client)
}

fn output(script: &mut Script) -> Verdict {
    const RELEASE: u16 = 0;
    let mut client = script.client()?;
    let mut outputs = Vec::new();
    for _ in 0..script.n {
        outputs.push(client.bind("wl_output", 3)?);
    }
    outputs.iter().for_each(|output| client.say(Message::new(*output, RELEASE)));
    done(client)
}

fn xdg_output(script: &mut Script) -> Verdict {
    const GET_XDG_OUTPUT: u16 = 1;
    let mut client = script.client()?;
    let (manager, output) = (client.bind("zxdg_output_manager_v1", 2)?, client.bind("wl_output", 3)?);
    each(&mut client, manager, GET_XDG_OUTPUT, output, script.n);
    done(client)
}

fn sources(client: &mut Attacker, manager: u32, count: u32, types: u32) -> Vec<u32> {
    let mut sources = Vec::new();
    for n in 0..count {
        let source = client.create(manager, data::CREATE_SOURCE);
        for of in 0..types {
            client.say(Message::new(source, data::OFFER).string(&format!("text/{n:8}-{of:2}")));
        }
        sources.push(source);
    }
    sources
}

fn source(script: &mut Script) -> Verdict {
    const DESTROY: u16 = 1;
    let mut client = script.client()?;
    let manager = client.bind(data::MANAGER, 3)?;
    let sources = sources(&mut client, manager, script.n, 1);
    sources.iter().rev().for_each(|source| client.say(Message::new(*source, DESTROY)));
    done(client)
}

fn source_types(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let manager = client.bind(data::MANAGER, 3)?;
    sources(&mut client, manager, script.n, 20);
    done(client)
}

fn device(script: &mut Script) -> Verdict {
    let mut client = script.client()?;
    let (manager, seat) = (client.bind(data::MANAGER, 3)?, client.bind("wl_seat", 1)?);
    each(&mut client, manager, data::GET_DEVICE, seat, script.n);
    done(client)
}

/// A client with the keyboard focus: its data manager, its data device, the serial of the focus.
fn focused(script: &Script) -> Result<(Attacker, u32, u32, u32), Stop> {
    let mut client = script.client()?;
    let tools = Tools::new(&mut client)?;
    let (manager, seat) = (client.bind(data::MANAGER, 3)?, client.bind("wl_seat", 1)?);
    let keyboard = client.create(seat, seat::GET_KEYBOARD);
    let device = each(&mut client, manager, data::GET_DEVICE, seat, 1)[0];
    tools.window(&mut client)?;
    let enter = |event: &Received| (event.object, event.opcode) == (keyboard, seat::ENTER);
    let mut rounds = (0..ROUNDS).map(|_| client.sync().into_iter().find(enter));
    let Some(serial) = rounds.find_map(|event| event.as_ref().map(Received::first)) else {
        return skip("the server gives a new window no keyboard focus");
    };
    Ok((client, manager, device, serial))
}

fn receive(script: &mut Script) -> Verdict {
    let (mut client, manager, device, serial) = focused(script)?;
    let source = sources(&mut client, manager, 1, 20)[0];
    client.say(Message::new(device, data::SET_SELECTION).uint(source).uint(serial));
    let made = |event: &Received| (event.object, event.opcode) == (device, data::DATA_OFFER);
    let mut rounds = (0..ROUNDS).map(|_| client.sync().into_iter().find(made));
    let Some(offer) = rounds.find_map(|event| event.as_ref().map(Received::first)) else {
        return fail("there is no offer of the selection");
    };
    for _ in 0..script.n {
        let (_, write) = rustix::pipe::pipe()?;
        client.send_with(&Message::new(offer, data::RECEIVE).string("text/       0-19").bytes(), &[write.as_fd()]);
        client.sync();
    }
    done(client)
}

fn selection(script: &mut Script) -> Verdict {
    let (mut client, manager, device, serial) = focused(script)?;
    for source in sources(&mut client, manager, script.n, 1) {
        client.say(Message::new(device, data::SET_SELECTION).uint(source).uint(serial));
    }
    done(client)
}

fn control(script: &mut Script) -> Verdict {
    const SET_SELECTION: u16 = 0;
    let mut client = script.client()?;
    let (manager, seat) = (client.bind("zwlr_data_control_manager_v1", 1)?, client.bind("wl_seat", 1)?);
    let device = each(&mut client, manager, data::GET_DEVICE, seat, 1)[0];
    for source in sources(&mut client, manager, script.n, 1) {
        client.say(Message::new(device, SET_SELECTION).uint(source));
    }
    done(client)
}

/// A client whose window has the keyboard; what makes text inputs, and the seat.
fn text_input_of(script: &Script) -> Result<(Attacker, u32, u32), Stop> {
    let mut client = script.client()?;
    let tools = Tools::new(&mut client)?;
    let (manager, seat) = (client.bind("zwp_text_input_manager_v3", 1)?, client.bind("wl_seat", 1)?);
    tools.window(&mut client)?;
    Ok((client, manager, seat))
}

fn text_input(script: &mut Script) -> Verdict {
    let (mut client, manager, seat) = text_input_of(script)?;
    for input in each(&mut client, manager, text::GET_TEXT_INPUT, seat, script.n) {
        client.say(Message::new(input, text::ENABLE));
        client.say(Message::new(input, text::COMMIT));
    }
    done(client)
}

fn surrounding(script: &mut Script) -> Verdict {
    let (mut client, manager, seat) = text_input_of(script)?;
    let input = each(&mut client, manager, text::GET_TEXT_INPUT, seat, 1)[0];
    client.say(Message::new(input, text::ENABLE));
    for n in 0..script.n {
        client.say(Message::new(input, text::SET_SURROUNDING_TEXT).string(&format!("{n:64}")).int(0).int(0));
        client.say(Message::new(input, text::COMMIT));
    }
    done(client)
}

/// A client and `n` surfaces.
fn surfaces(script: &Script) -> Result<(Attacker, Vec<u32>), Stop> {
    let mut client = script.client()?;
    let compositor = client.bind("wl_compositor", 4)?;
    let surfaces = (0..script.n).map(|_| client.create(compositor, compositor::CREATE_SURFACE)).collect();
    Ok((client, surfaces))
}

fn viewport(script: &mut Script) -> Verdict {
    const GET_VIEWPORT: u16 = 1;
    const SET_DESTINATION: u16 = 2;
    let (mut client, surfaces) = surfaces(script)?;
    let viewporter = client.bind("wp_viewporter", 1)?;
    for surface in surfaces {
        let viewport = each(&mut client, viewporter, GET_VIEWPORT, surface, 1)[0];
        client.say(Message::new(viewport, SET_DESTINATION).int(10).int(10));
    }
    done(client)
}

fn feedback(script: &mut Script) -> Verdict {
    const FEEDBACK: u16 = 1;
    let mut client = script.client()?;
    let compositor = client.bind("wl_compositor", 4)?;
    let presentation = client.bind("wp_presentation", 1)?;
    let surface = client.create(compositor, compositor::CREATE_SURFACE);
    for _ in 0..script.n {
        let id = client.id();
        client.say(Message::new(presentation, FEEDBACK).uint(surface).uint(id));
    }
    client.say(Message::new(surface, compositor::COMMIT));
    done(client)
}
