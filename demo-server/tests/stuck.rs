//! One client that never reads, beside ten that animate.

mod support;

use std::io::Write;
use std::time::Instant;

use support::{PATIENCE, Server};
use wayline_conformance::stress::animator::Animator;
use wayline_conformance::wire::{DISPLAY, Message};
use wayline_toolkit::protocol::native::{way_keyboard, way_seat};

/// What a user types in the end: more than a queue holds, and nothing of it may be left out.
const KEYS: usize = 200_000;

#[test]
fn ten_clients_have_all_their_frames_while_one_never_reads_until_it_is_dropped() {
    let Server { running: mut server, socket } = Server::start(&["--script", "-"]);
    let mut input = server.stdin.take().unwrap();

    let mut animators: Vec<_> = (0..10).map(|_| Animator::open(&socket, PATIENCE).unwrap()).collect();
    // The newest window has the keyboard. That is the last its client reads.
    let mut stuck = Animator::open(&socket, PATIENCE).unwrap().client;
    let (registry, globals) = stuck.registry().unwrap();
    let seat = globals.iter().find(|global| global.interface == "way_seat").unwrap();
    let seat = stuck.bind(registry, seat.name, "way_seat", 1).unwrap();
    let keyboard = stuck.fresh();
    stuck.send(&Message::new(seat, way_seat::opcode::GET_KEYBOARD).uint(keyboard)).unwrap();
    let events = stuck.sync().unwrap();
    assert!(events.iter().any(|event| (event.object, event.opcode) == (keyboard, way_keyboard::opcode::ENTER)));

    let typing = std::thread::spawn(move || {
        for _ in 0..KEYS / 2 {
            input.write_all(b"0 key a press\n0 key a release\n").unwrap();
        }
        input
    });
    let began = Instant::now();
    let mut frames = 0;
    while frames < 60 || !server.log().contains("has ended") {
        assert!(began.elapsed() < PATIENCE, "not dropped after {frames} frames\n{}", server.log());
        let submitted: Vec<_> = animators.iter_mut().map(|animator| animator.submit().unwrap()).collect();
        for (animator, frame) in animators.iter_mut().zip(submitted) {
            animator.client.until_done(frame).unwrap();
        }
        frames += 1;
    }
    drop(typing.join().unwrap());
    let log = server.log();
    let warned = log.find("has not read for").unwrap_or_else(|| panic!("no warning:\n{log}"));
    let ended = log.find("has ended: the peer does not read").unwrap_or_else(|| panic!("another reason:\n{log}"));
    assert!(warned < ended, "{log}");
    // What was queued for it does not come any more; its socket says that this is the end.
    while stuck.stream.receive(PATIENCE).unwrap().is_some_and(|event| event.object != DISPLAY) {}
    for mut animator in animators {
        animator.frame().unwrap();
    }
}
