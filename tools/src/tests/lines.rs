//! How a conversation looks, as lines and as JSON.

use wayline::dynamic::{Direction, Value};

use super::Talk;
use crate::capture::packet::End;
use crate::show::line::Format;

pub(crate) fn conversation(talk: &mut Talk) {
    talk.request("wl_display", 1, "get_registry", vec![Value::NewId(2)]);
    talk.global(1, "wl_shm", 1);
    talk.global(2, "future_manager_v1", 3);
    talk.global(3, "wl_seat", 999);
    talk.event("wl_registry", 2, "global_remove", vec![Value::Uint(2)]);
    talk.bind(1, "wl_shm", 1, 3);
    talk.event("wl_shm", 3, "format", vec![Value::Uint(1)]);
    talk.pool_of(3, 4, 4096, 4096);
    talk.bind(3, "wl_seat", 5, 5);
    talk.event("wl_seat", 5, "capabilities", vec![Value::Uint(5)]);
    talk.event("wl_seat", 5, "name", vec![Value::String(Some("a\x1b[2J\u{202e}b".into()))]);
    talk.request("wl_seat", 5, "get_pointer", vec![Value::NewId(6)]);
    let half = wayline::Fixed::from_bits(128);
    talk.event("wl_pointer", 6, "motion", vec![Value::Uint(1), Value::Fixed(half), Value::Fixed(half)]);
    talk.sync(7);
    talk.event("wl_callback", 7, "done", vec![Value::Uint(0)]);
    talk.bind(3, "wl_seat", 12, 8);
    talk.end(Direction::Event, End::Closed);
}

#[test]
fn a_line_says_when_who_what_and_from_where() {
    let mut talk = Talk::with(Format::Text, &[]);
    conversation(&mut talk);
    insta::assert_snapshot!(talk.lines().join("\n"));
}

#[test]
fn json_lines_say_the_same() {
    let mut talk = Talk::with(Format::Json, &[]);
    conversation(&mut talk);
    let lines = talk.lines();
    for line in &lines {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(value["time_us"].is_u64() && value["program"] == "app" && value["connection"] == 1, "{line}");
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn filters_choose_lines() {
    let count = |filters: &[&str]| {
        let mut talk = Talk::with(Format::Text, filters);
        conversation(&mut talk);
        talk.lines().len()
    };
    assert_eq!(count(&["interface:wl_pointer", "client:app"]), 3, "and what is no message");
    assert_eq!(count(&["client:other"]), 0);
    assert_eq!(count(&["errors"]), 2, "the message and what is wrong");
    assert_eq!(count(&[r"wl_shm#3\.format"]), 1);
}

#[test]
fn an_id_that_is_used_again_names_its_new_maker() {
    let mut talk = Talk::new();
    for _ in 0..2 {
        talk.sync(10);
        talk.event("wl_callback", 10, "done", vec![Value::Uint(0)]);
        talk.event("wl_display", 1, "delete_id", vec![Value::Uint(10)]);
    }
    talk.surface();
    talk.commit();
    let last = talk.lines().pop().unwrap();
    assert!(last.ends_with("wl_surface#10.commit() from wl_compositor#3.create_surface"), "{last}");
}
