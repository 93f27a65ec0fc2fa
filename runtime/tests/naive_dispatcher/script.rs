//! What clients send and what handlers do about it: a script that proptest makes.

use proptest::collection::vec;
use proptest::prelude::*;

/// What a handler does. Numbers choose among all objects that were ever made, or all clients, modulo their count.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// Ends a child by its destructor event.
    Finish(usize),
    /// Ends an object without an event.
    Retire(usize),
    Disconnect(usize),
    /// Posts an error on an object.
    Post(usize),
    /// Makes a child by an event of a probe.
    Offer(usize),
    /// Sends an event of a probe.
    Words(usize),
    /// Reads from a client, which is refused while a handler runs.
    Receive(usize),
    /// Sets the limit of messages: to what fits all, all but `bind`, or little.
    Limit(usize),
    Connect,
    /// Has the handler of the next destructor request do this.
    OnDestroy(Vec<Act>),
    /// Has the next call of `destroyed` do this.
    OnEnd(Vec<Act>),
    /// Returns a fault about an object. What follows is not done.
    Blame(usize),
}

/// What a client sends. The first number of each chooses an object among those it takes for live.
#[derive(Clone, Debug)]
pub(crate) enum Send {
    /// A request with acts for its handler.
    Act(usize, Vec<Act>),
    Destroy(usize),
    Create(usize, Id),
    Take(usize, usize),
    Fail(usize),
    Finish(usize),
    Offer(usize),
    Recent(usize),
    Sync(Id),
    Bind(Id, u32),
    /// Anything: object, opcode, words.
    Raw(usize, u16, usize),
}

/// How a client chooses an id for a new object.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Id {
    Next,
    /// The lowest one that is vacant as far as the client knows.
    Vacant,
    Any(u32),
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Connect,
    /// A client sends all of this at once, and is read.
    Batch(usize, Vec<Send>),
    EndTurn,
}

fn leaf() -> impl Strategy<Value = Act> {
    prop_oneof![
        3 => any::<usize>().prop_map(Act::Finish),
        3 => any::<usize>().prop_map(Act::Retire),
        1 => any::<usize>().prop_map(Act::Disconnect),
        1 => any::<usize>().prop_map(Act::Post),
        4 => any::<usize>().prop_map(Act::Offer),
        2 => any::<usize>().prop_map(Act::Words),
        1 => any::<usize>().prop_map(Act::Receive),
        2 => (0..4_usize).prop_map(Act::Limit),
        1 => Just(Act::Connect),
        1 => any::<usize>().prop_map(Act::Blame),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => leaf(),
        1 => vec(leaf(), 1..3).prop_map(Act::OnDestroy),
        1 => vec(leaf(), 1..3).prop_map(Act::OnEnd),
    ]
}

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![12 => Just(Id::Next), 6 => Just(Id::Vacant), 1 => (0..24_u32).prop_map(Id::Any)]
}

fn send() -> impl Strategy<Value = Send> {
    let object = any::<usize>;
    prop_oneof![
        10 => (object(), vec(act(), 0..3)).prop_map(|(object, acts)| Send::Act(object, acts)),
        3 => object().prop_map(Send::Destroy),
        6 => (object(), id()).prop_map(|(object, id)| Send::Create(object, id)),
        2 => (object(), object()).prop_map(|(object, child)| Send::Take(object, child)),
        1 => object().prop_map(Send::Fail),
        2 => object().prop_map(Send::Finish),
        3 => object().prop_map(Send::Offer),
        1 => object().prop_map(Send::Recent),
        2 => id().prop_map(Send::Sync),
        1 => (id(), 0..5_u32).prop_map(|(id, version)| Send::Bind(id, version)),
        1 => (object(), 0..10_u16, 0..6_usize).prop_map(|(object, opcode, words)| Send::Raw(object, opcode, words)),
    ]
}

pub(crate) fn script() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        1 => Just(Step::Connect),
        6 => (any::<usize>(), vec(send(), 1..24)).prop_map(|(client, sends)| Step::Batch(client, sends)),
        2 => Just(Step::EndTurn),
    ];
    vec(step, 1..16)
}
