//! Errors that handlers return by `?`: what they are, and what the client is told.
#![cfg(feature = "io")]

mod probe;

use std::io;
use std::os::fd::AsFd;

use probe::Pair;
use probe::protocol::{Probe, probe as api};
use wayline::io::fence::{Fence, FenceError};
use wayline::io::shm::{LayoutError, ShmError};
use wayline::{
    Disconnect, HandlerError, Interface, LimitError, ObjectError, ProtocolError, Resource, Scope, SendError,
};

fn by_question_mark<E>(error: E) -> HandlerError
where
    HandlerError: From<E>,
{
    let fail = || -> wayline::HandlerResult {
        Err(error)?;
        Ok(())
    };
    fail().unwrap_err()
}

/// Whether the source of a fault is an error of this type.
fn comes_of<E: std::error::Error + 'static>(fault: &HandlerError) -> bool {
    fault.source().and_then(|source| source.downcast_ref::<E>()).is_some()
}

#[test]
fn errors_of_the_runtime_and_of_others_become_faults_by_question_mark() {
    let fence = || Fence::from_fd(io::stderr().as_fd().try_clone_to_owned().unwrap()).unwrap_err();
    assert!(comes_of::<FenceError>(&by_question_mark(fence())));
    let layout = LayoutError::Dimensions { width: 0, height: 3 };
    assert_eq!(by_question_mark(layout).text(), layout.to_string());
    let shm = by_question_mark(ShmError::NotSharedMemory);
    assert!(comes_of::<ShmError>(&shm));
    assert_eq!(by_question_mark(wayline::Error::Shm(ShmError::NotSharedMemory)), shm, "as the error inside");
    assert_eq!(by_question_mark(wayline::Error::from(layout)), by_question_mark(layout));
    assert_eq!(by_question_mark(wayline::Error::from(fence())), by_question_mark(fence()));
    let limit = LimitError { resource: Resource::StoredBytes, scope: Scope::Client, limit: 9 };
    assert_eq!(by_question_mark(wayline::Error::from(limit)), by_question_mark(limit));
    let gone = by_question_mark(ObjectError::Gone);
    assert_eq!(by_question_mark(SendError::Gone), gone);
    assert_eq!(by_question_mark(wayline::Error::Object(ObjectError::Gone)), gone);
    let kind = |fault: &HandlerError| fault.source().and_then(|source| source.downcast_ref()).map(io::Error::kind);
    assert_eq!(kind(&by_question_mark(io::Error::from(io::ErrorKind::NotFound))), Some(io::ErrorKind::NotFound));
}

#[test]
fn a_fault_can_be_looked_into() {
    let (pair, probe) = Pair::bound(1);
    let fault = HandlerError::protocol(probe, api::Error::ASKED, "as you wish");
    assert_eq!((fault.code(), fault.object()), (Some(api::Error::ASKED.0), Some(probe.id())));
    assert_eq!(fault.text(), "as you wish");
    assert_eq!(fault, HandlerError::protocol(probe, api::Error::ASKED, "as you wish"));
    assert_ne!(fault, HandlerError::protocol(probe, 77_u32, "as you wish"));
    assert_ne!(fault, HandlerError::protocol(probe, api::Error::ASKED, "otherwise"));
    let internal = HandlerError::internal("as you wish");
    assert_ne!(fault, internal);
    assert_eq!((internal.code(), internal.object(), internal.source().is_some()), (None, None, false));
    assert_eq!(internal.to_string(), "internal error: as you wish");
    assert_eq!(pair.reason(), None);
}

#[test]
fn a_rule_that_was_broken_is_a_fault_and_one_that_was_kept_makes_no_text() {
    let (_pair, probe) = Pair::bound(1);
    let broken = HandlerError::unless(false, probe, api::Error::ASKED, || format!("{} is too much", 3));
    assert_eq!(broken, Err(HandlerError::protocol(probe, api::Error::ASKED, "3 is too much")));
    let kept = HandlerError::unless(true, probe, api::Error::ASKED, || -> String { unreachable!("nobody reads it") });
    assert_eq!(kept, Ok(()));
}

/// What a client is told when a handler of `probe.create` returns this, and what the server is.
fn told_both(fail: impl Fn() -> HandlerError + Send + 'static) -> (ProtocolError, Disconnect) {
    let (mut pair, probe) = Pair::bound(1);
    pair.host.fault = Some(Box::new(fail));
    probe.create(&mut pair.guest.client).unwrap();
    pair.pump();
    let Some(Disconnect::Protocol(error)) = pair.guest.client.ended() else { panic!("no error event") };
    (error.clone(), pair.reason().unwrap().clone())
}

/// What both are told, if it is the same.
fn told(fail: impl Fn() -> HandlerError + Send + 'static) -> ProtocolError {
    let (told, reason) = told_both(fail);
    assert!(matches!(&reason, Disconnect::Protocol(error) if error.message == told.message), "{reason:?}");
    told
}

#[test]
fn a_client_is_not_told_the_text_of_an_error_of_the_server_which_is_the_reason_that_the_server_is_given() {
    let secret = "cannot open /home/somebody/keymap: permission denied";
    let name = Probe::SPEC.name;
    let fail = move |of_sending: bool| match of_sending {
        false => by_question_mark(io::Error::other(secret)),
        true => by_question_mark(SendError::InteriorNul),
    };
    for (of_sending, hidden) in [(false, secret), (true, "a string argument has a NUL inside")] {
        let (error, reason) = told_both(move || fail(of_sending));
        assert_eq!((error.object, error.code), (1, 3), "implementation, of the display");
        assert_eq!(error.message, format!("{name}#3.create failed in the server"));
        let Disconnect::Internal(text) = reason else { panic!("{reason:?}") };
        assert!(text.starts_with(&format!("{name}#3.create: ")) && text.ends_with(hidden), "{text}");
    }
}

#[test]
fn a_client_is_told_which_message_failed_and_why() {
    let error = told(|| HandlerError::internal("not today"));
    assert_eq!((error.object, error.code), (1, 3), "implementation, of the display");
    assert_eq!(error.message, "not today");
    let name = Probe::SPEC.name;
    let error = told(|| by_question_mark(ShmError::NotSharedMemory));
    assert_eq!((error.object, error.code), (1, 1), "invalid_method: this is no wl_shm");
    assert!(error.message.starts_with(&format!("{name}#3.create: the descriptor")), "{error}");
    let error = told(|| by_question_mark(ShmError::Quota { requested: 9, bytes: 8, pools: 1 }));
    assert_eq!((error.object, error.code), (1, 2), "no_memory");
}

/// Tells what a program prints whose `main` returns this, the `Debug` of the error.
#[test]
fn main_that_returns_a_result_prints_the_advice_and_not_the_name_of_a_variant() {
    let result: wayline::Result<wayline::Client<probe::TestClient>> =
        wayline::Client::connect_to("/nonexistent/wayline-0");
    let error = result.err().unwrap();
    assert!(matches!(error, wayline::Error::Connect(_)));
    let printed = format!("{error:?}");
    assert_eq!(printed, error.to_string());
    assert!(printed.contains("start the server"), "{printed}");
}

#[test]
fn every_error_of_sockets_and_shared_memory_passes_through_the_result_of_the_crate_by_question_mark() {
    use wayline::io::{inherit::Environment, listener::Listener, path::Address, shm};

    fn address() -> wayline::Result {
        Address::named("no-directory", &Environment::default())?;
        Ok(())
    }
    fn layout() -> wayline::Result {
        let args = shm::BufferArgs { offset: 0, width: 0, height: 0, stride: 0, format: 0 };
        shm::Layout::check(args, 9, &[])?;
        Ok(())
    }
    fn fence() -> wayline::Result {
        Fence::from_fd(io::stderr().as_fd().try_clone_to_owned()?)?;
        Ok(())
    }
    fn inherited() -> wayline::Result {
        Listener::from_fd(io::stderr().as_fd().try_clone_to_owned()?)?.accept()?;
        Ok(())
    }
    use wayline::Error;
    let error = address().unwrap_err();
    assert!(matches!(&error, Error::Address(inner) if inner.to_string() == error.to_string()), "{error}");
    assert!(matches!(layout(), Err(Error::Layout(LayoutError::Format { code: 0 }))));
    assert!(matches!(fence(), Err(Error::Fence(FenceError::NotAnEventfd))));
    assert!(matches!(inherited(), Err(Error::Inherit(_))));
}
