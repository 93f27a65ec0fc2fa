//! Which object an error is about: never one that has taken over the id, or that belongs to another connection.

mod probe;

use probe::between::Between;
use probe::protocol::ProbeChild;
use wayline::{Disconnect, Fixed};

/// An object that was destroyed, and a younger one that has its id.
fn reused(between: &mut Between) -> (ProbeChild, ProbeChild) {
    let (old, theirs) = between.child();
    theirs.destroy(&mut between.guest.client).unwrap();
    between.pump();
    let (new, _) = between.child();
    assert_eq!(new.id(), old.id());
    (old, new)
}

#[test]
fn a_fault_about_an_object_that_is_gone_names_the_display_and_not_the_new_owner_of_the_id() {
    let mut between = Between::new();
    let (old, _) = reused(&mut between);
    let error = between.blame(old);
    assert_eq!((error.object, error.interface, error.code), (1, Some("wl_display"), 0));
    assert_eq!(error.message, format!("probe_child#{}, which no longer exists: blamed", old.id()));
}

#[test]
fn a_fault_about_a_live_object_names_it() {
    let mut between = Between::new();
    let (_, new) = reused(&mut between);
    let error = between.blame(new);
    assert_eq!((error.object, error.interface, error.code), (new.id(), Some("probe_child"), 7));
}

#[test]
fn an_error_posted_on_an_object_that_is_gone_names_the_display_and_not_the_new_owner_of_the_id() {
    let mut between = Between::new();
    let (old, _) = reused(&mut between);
    between.nested.server.post_error(old, 7_u32, "posted");
    between.pump();
    let Some(Disconnect::Protocol(error)) = between.guest.client.ended() else { panic!("no error") };
    assert_eq!((error.object, error.interface, error.code), (1, Some("wl_display"), 0));
    assert_eq!(error.message, format!("probe_child#{}, which no longer exists: posted", old.id()));
}

#[test]
fn a_fault_about_an_object_of_another_connection_is_the_servers_own_mistake() {
    let mut between = Between::new();
    let outer = between.outer.create(&mut between.nested.client).unwrap();
    let (inner, _) = between.child();
    assert_eq!(inner.id(), outer.id());
    let error = between.blame(outer);
    assert_eq!((error.object, error.interface, error.code), (1, Some("wl_display"), 3), "{error}");
    assert_eq!(between.nested.client.ended(), None, "nothing happens to the connection of that object");
}

#[test]
fn a_client_that_blames_an_object_that_is_gone_says_so() {
    let mut between = Between::new();
    let old = between.outer.create(&mut between.nested.client).unwrap();
    old.destroy(&mut between.nested.client).unwrap();
    between.pump();
    let new = between.outer.create(&mut between.nested.client).unwrap();
    assert_eq!(new.id(), old.id());
    between.nested.blamed = Some(old);
    between.outer.ints(&mut between.nested.client, 1, 2, Fixed::ZERO, 3).unwrap();
    between.pump();
    let Some(Disconnect::Protocol(error)) = between.nested.client.ended() else { panic!("no error") };
    assert_eq!((error.object, error.interface, error.code), (1, Some("wl_display"), 0), "{error}");
}

#[test]
fn a_client_that_blames_an_object_of_another_connection_has_failed_itself() {
    let mut between = Between::new();
    let outer = between.outer.create(&mut between.nested.client).unwrap();
    let (inner, _) = between.child();
    assert_eq!(inner.id(), outer.id());
    between.nested.blamed = Some(inner);
    between.outer.ints(&mut between.nested.client, 1, 2, Fixed::ZERO, 3).unwrap();
    between.pump();
    assert!(matches!(between.nested.client.ended(), Some(Disconnect::Internal(_))));
    assert_eq!(between.guest.client.ended(), None);
}

#[test]
fn the_text_of_an_error_has_no_nul_where_its_reader_would_stop() {
    let mut between = Between::new();
    let (child, _) = between.child();
    between.nested.server.post_error(child, 7_u32, "one\0two\0");
    between.pump();
    let Some(Disconnect::Protocol(error)) = between.guest.client.ended() else { panic!("no error") };
    assert_eq!(error.message, "onetwo");
}
