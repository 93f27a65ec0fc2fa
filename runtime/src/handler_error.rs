//! What a handler returns when it cannot accept a message.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt;

use crate::error::{LimitError, ObjectError, ProtocolError, SendError};
use crate::escape::Escaped;
use crate::handle::{Handle, Interface};
#[cfg(feature = "io")]
use crate::io::{
    error::Error,
    fence::FenceError,
    shm::{LayoutError, ShmError, WlShmCode},
};
use crate::wire::DecodeError;

/// What handlers return.
pub type HandlerResult = std::result::Result<(), HandlerError>;

/// Why a handler could not accept a message. Made with [`HandlerError::protocol`] or [`HandlerError::internal`], or by `?` from any
/// error.
///
/// | `?` on | does to the connection |
/// |---|---|
/// | [`SendError`], [`ObjectError`] | nothing if the object is gone; otherwise as for any other error |
/// | [`LimitError`] | ends it with `no_memory` |
/// | `ShmError`, `LayoutError`, `FenceError` | ends it with `invalid_method` if the peer sent what cannot be used, with `no_memory` at a quota; on objects named `wl_shm…` and `wl_buffer` with the code of `wl_shm` |
/// | [`ProtocolError`] | ends it with this error |
/// | `wayline::Error` | what its contents do |
/// | any other [`std::error::Error`] | ends it with `implementation`; kept as the [source](HandlerError::source) |
///
/// A client is never told the text of such another error, which can name paths and other users: the event says which
/// request failed, and [`Disconnect::Internal`](crate::Disconnect::Internal), which the server is given, the text.
///
/// Like other types that any error converts to, it is no [`std::error::Error`] itself.
///
/// ```
/// use wayline::{HandlerError, SendError};
///
/// fn parse(text: &str) -> Result<u32, HandlerError> {
///     Ok(text.parse::<u32>()?)
/// }
///
/// let error = parse("seven").unwrap_err();
/// assert_eq!(error.text(), "invalid digit found in string");
/// assert!(error.source().is_some_and(|source| source.is::<std::num::ParseIntError>()));
/// assert_eq!(HandlerError::from(SendError::Gone), HandlerError::from(SendError::Gone));
/// ```
// Boxed, so that the result of a handler that accepts its message is one register.
pub struct HandlerError(Box<HandlerErrorKind>);

#[derive(Debug)]
pub(crate) enum HandlerErrorKind {
    /// About an object, unless it is known to exist.
    Posted(ProtocolError, Option<Handle>),
    Internal(String),
    /// The peer sent something unusable, which was noticed by the part of the runtime that was to use it.
    #[cfg(feature = "io")]
    Unusable(Box<dyn StdError + Send + Sync>, Option<WlShmCode>),
    /// Something that is limited has run out.
    #[cfg(feature = "io")]
    NoMemory(Box<dyn StdError + Send + Sync>),
    Other(Box<dyn StdError + Send + Sync>),
    Malformed(DecodeError),
    Send(SendError),
    Limit(LimitError),
}

impl fmt::Display for HandlerErrorKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HandlerErrorKind::Posted(error, _) => write!(f, "{error}"),
            HandlerErrorKind::Internal(text) => write!(f, "internal error: {}", Escaped(text)),
            #[cfg(feature = "io")]
            HandlerErrorKind::Unusable(error, _) => write!(f, "{}", Escaped(&error.to_string())),
            #[cfg(feature = "io")]
            HandlerErrorKind::NoMemory(error) => write!(f, "{}", Escaped(&error.to_string())),
            HandlerErrorKind::Other(error) => write!(f, "internal error: {}", Escaped(&error.to_string())),
            HandlerErrorKind::Malformed(error) => error.fmt(f),
            HandlerErrorKind::Send(error) => error.fmt(f),
            HandlerErrorKind::Limit(error) => error.fmt(f),
        }
    }
}

impl StdError for HandlerErrorKind {}

impl HandlerError {
    /// The peer broke a rule of `object`'s interface. The server sends the
    /// error event with `code`, one of the interface's `error` enum, and drops
    /// the client. `text` is shortened to fit one message.
    ///
    /// If the object no longer exists the error is about the display, since another object may have its id. An object
    /// of another connection is the handler's own mistake: code 3 (implementation) of the display.
    pub fn protocol<I: Interface>(object: I, code: impl Into<u32>, text: impl Into<String>) -> HandlerError {
        let error = ProtocolError {
            object: object.id(),
            interface: Some(I::SPEC.name),
            code: code.into(),
            message: text.into(),
        };
        HandlerError(Box::new(HandlerErrorKind::Posted(error, Some(object.handle()))))
    }

    /// [`HandlerError::protocol`], unless the peer kept to a rule of `object`'s interface: `holds`. The text is only made if
    /// it did not.
    ///
    /// ```
    /// # mod app { include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/counter/apps.rs")); }
    /// # use app::Counter;
    /// # use wayline::{HandlerError, HandlerResult};
    /// fn add(this: Counter, total: &mut u32, amount: u32) -> HandlerResult {
    ///     HandlerError::unless(amount <= 100, this, 0u32, || format!("{amount} is too much"))?;
    ///     *total += amount;
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// That error, if the rule was broken.
    #[inline]
    pub fn unless<I: Interface, T: Into<String>>(
        holds: bool,
        object: I,
        code: impl Into<u32>,
        text: impl FnOnce() -> T,
    ) -> HandlerResult {
        if holds { Ok(()) } else { Err(HandlerError::protocol(object, code, text())) }
    }

    /// The handler itself failed. The peer gets `wl_display.error` with code 3
    /// (implementation) and this text, and is dropped. What the peer must not read,
    /// such as the text of an error of the system, is returned by `?` instead.
    pub fn internal(text: impl Into<String>) -> HandlerError {
        HandlerError(Box::new(HandlerErrorKind::Internal(text.into())))
    }

    /// The error that [`HandlerError::protocol`] or a [`ProtocolError`] made, with object, interface, code and text; `None` for
    /// every other error.
    #[must_use]
    pub fn protocol_error(&self) -> Option<&ProtocolError> {
        match &*self.0 {
            HandlerErrorKind::Posted(error, _) => Some(error),
            _ => None,
        }
    }

    /// The code of [`HandlerError::protocol_error`].
    #[must_use]
    pub fn code(&self) -> Option<u32> {
        self.protocol_error().map(|error| error.code)
    }

    /// The id of the object that [`HandlerError::protocol_error`] is about.
    #[must_use]
    pub fn object(&self) -> Option<u32> {
        self.protocol_error().map(|error| error.object)
    }

    /// What went wrong, without object, code or prefix, as it came: [`Escaped`] shows it, and so does `Display`.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.text()
    }

    /// The error that `?` made this error of; `None` for [`HandlerError::internal`].
    #[must_use]
    pub fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match &*self.0 {
            HandlerErrorKind::Posted(error, _) => Some(error),
            HandlerErrorKind::Internal(_) => None,
            #[cfg(feature = "io")]
            HandlerErrorKind::Unusable(error, _) | HandlerErrorKind::NoMemory(error) => Some(error.as_ref()),
            HandlerErrorKind::Other(error) => Some(error.as_ref()),
            HandlerErrorKind::Malformed(error) => Some(error),
            HandlerErrorKind::Send(error) => Some(error),
            HandlerErrorKind::Limit(error) => Some(error),
        }
    }

    /// Whether it is about the bytes of a message, as those of decoders are.
    pub(crate) fn is_malformed(&self) -> bool {
        matches!(*self.0, HandlerErrorKind::Malformed(_))
    }

    pub(crate) fn into_kind(self) -> HandlerErrorKind {
        *self.0
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for HandlerError {
    #[cold]
    #[inline(never)]
    fn from(error: E) -> HandlerError {
        HandlerError(Box::new(HandlerErrorKind::of(error)))
    }
}

/// Takes the error out of an `Option<E>`, if it is one of type `T`.
fn take<T: 'static>(error: &mut dyn Any) -> Option<T> {
    error.downcast_mut::<Option<T>>()?.take()
}

impl HandlerErrorKind {
    fn text(&self) -> String {
        match self {
            HandlerErrorKind::Posted(error, _) => error.message.clone(),
            HandlerErrorKind::Internal(text) => text.clone(),
            #[cfg(feature = "io")]
            HandlerErrorKind::Unusable(error, _) | HandlerErrorKind::NoMemory(error) => error.to_string(),
            HandlerErrorKind::Other(error) => error.to_string(),
            HandlerErrorKind::Malformed(error) => error.to_string(),
            HandlerErrorKind::Send(error) => error.to_string(),
            HandlerErrorKind::Limit(error) => error.to_string(),
        }
    }

    /// What `?` makes of an error.
    fn of<E: StdError + Send + Sync + 'static>(error: E) -> HandlerErrorKind {
        let mut error = Some(error);
        match HandlerErrorKind::of_known(&mut error) {
            Some(kind) => kind,
            None => error.map_or_else(
                || HandlerErrorKind::Internal(String::new()),
                |error| HandlerErrorKind::Other(Box::new(error)),
            ),
        }
    }

    /// That of an error of this crate, in an `Option`.
    fn of_known(error: &mut dyn Any) -> Option<HandlerErrorKind> {
        if let Some(error) = take::<DecodeError>(error) {
            return Some(HandlerErrorKind::Malformed(error));
        }
        if let Some(error) = take::<SendError>(error) {
            return Some(HandlerErrorKind::Send(error));
        }
        if let Some(error) = take::<ObjectError>(error) {
            return Some(HandlerErrorKind::Send(error.into()));
        }
        if let Some(error) = take::<LimitError>(error) {
            return Some(HandlerErrorKind::Limit(error));
        }
        if let Some(error) = take::<ProtocolError>(error) {
            return Some(HandlerErrorKind::Posted(error, None));
        }
        #[cfg(feature = "io")]
        {
            if let Some(error) = take::<ShmError>(error) {
                return Some(HandlerErrorKind::of_shm(error));
            }
            if let Some(error) = take::<LayoutError>(error) {
                return Some(HandlerErrorKind::of_layout(error));
            }
            if let Some(error) = take::<FenceError>(error) {
                return Some(HandlerErrorKind::of_fence(error));
            }
            if let Some(error) = take::<Error>(error) {
                return Some(HandlerErrorKind::of_any(error));
            }
        }
        None
    }

    #[cfg(feature = "io")]
    fn of_layout(error: LayoutError) -> HandlerErrorKind {
        HandlerErrorKind::Unusable(Box::new(error), Some(error.into()))
    }

    #[cfg(feature = "io")]
    fn of_fence(error: FenceError) -> HandlerErrorKind {
        match error {
            FenceError::NotAnEventfd => HandlerErrorKind::Unusable(Box::new(error), None),
            FenceError::Unverifiable(_) => HandlerErrorKind::Other(Box::new(error)),
        }
    }

    #[cfg(feature = "io")]
    fn of_shm(error: ShmError) -> HandlerErrorKind {
        match error {
            ShmError::Quota { .. } | ShmError::Budget { .. } => HandlerErrorKind::NoMemory(Box::new(error)),
            error => match error.wl_shm_code() {
                Some(code) => HandlerErrorKind::Unusable(Box::new(error), Some(code)),
                None => HandlerErrorKind::Other(Box::new(error)),
            },
        }
    }

    #[cfg(feature = "io")]
    fn of_any(error: Error) -> HandlerErrorKind {
        match error {
            Error::Send(error) => HandlerErrorKind::Send(error),
            Error::Object(error) => HandlerErrorKind::Send(error.into()),
            Error::Shm(error) => HandlerErrorKind::of_shm(error),
            Error::Layout(error) => HandlerErrorKind::of_layout(error),
            Error::Fence(error) => HandlerErrorKind::of_fence(error),
            Error::Limit(error) => HandlerErrorKind::Limit(error),
            other => HandlerErrorKind::Other(Box::new(other)),
        }
    }
}

impl fmt::Display for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for HandlerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("HandlerError").field(&self.0).finish()
    }
}

/// Faults are equal if they do the same to the connection: kind, object, code and text. Sources are compared by their
/// texts.
impl PartialEq for HandlerError {
    fn eq(&self, other: &HandlerError) -> bool {
        match (&*self.0, &*other.0) {
            (HandlerErrorKind::Posted(one, at), HandlerErrorKind::Posted(other, other_at)) => {
                (one, at) == (other, other_at)
            }
            (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other) && one.text() == other.text(),
        }
    }
}

impl Eq for HandlerError {}
