//! What differs between the two sides of a connection, for code that is written once for both.

use super::{Endpoint, Incoming};
use crate::error::Disconnect;
use crate::handle::{ClientId, GlobalId, Handle, Interface};
use crate::handler_error::{HandlerError, HandlerResult};
use crate::objects::Side;

/// A side of the connection: that of a server or that of a client. Implemented by the runtime alone.
pub trait Role<A>: Sized + 'static {
    /// Which half of the ids this side allocates.
    #[doc(hidden)]
    const SIDE: Side;

    /// The endpoint of an application.
    #[doc(hidden)]
    fn endpoint(app: &mut A) -> &mut Endpoint<A, Self>;

    /// A message was refused, by the core, the decoder or the handler.
    #[doc(hidden)]
    fn refuse(app: &mut A, refused: &Refused, error: HandlerError);

    /// What came from the peer leaves no way to go on with it.
    #[doc(hidden)]
    fn drop_peer(endpoint: &mut Endpoint<A, Self>, client: ClientId, reason: Disconnect);

    /// Ends an object whose destructor message was received and handled.
    #[doc(hidden)]
    fn end_object<I: Dispatch<A, Self>>(app: &mut A, object: Handle);

    /// Hands the data of an object that has ended to the application.
    #[doc(hidden)]
    fn object_ended<I: Dispatch<A, Self>>(app: &mut A, object: Handle) {
        let data = Self::endpoint(app).core.take_data::<I, I::Data>(object);
        I::destroyed(app, I::from_handle(object), data);
    }

    /// The connection and all its objects are gone.
    #[doc(hidden)]
    fn ended(app: &mut A, client: ClientId, reason: &Disconnect);
}

/// Generated: how the messages of an interface reach the handlers of `A`, named in bounds as `I: Dispatch<A,
/// ServerRole<A>>`. Its bounds name every interface that must have a handler. All but `Data` is between generated code and
/// the runtime.
pub trait Dispatch<A, R>: Interface {
    /// The application's state for each object.
    type Data: Default + Send + 'static;

    /// An interface of small objects that messages of this one make, and that are mostly used in the next message. The
    /// loop over messages for this interface takes theirs too. This interface itself if there is none.
    #[doc(hidden)]
    type Child: Dispatch<A, R>;

    /// Whether there is such an interface.
    #[doc(hidden)]
    const HAS_CHILD: bool = false;

    /// Whether [`destroyed`](Dispatch::destroyed) is also called for objects that the application ends itself.
    #[doc(hidden)]
    const OWN_ENDS: bool = false;

    /// Decodes one message and calls the handler.
    ///
    /// # Errors
    /// What the handler returns, or that the message is malformed.
    #[doc(hidden)]
    fn message(app: &mut A, message: &mut Incoming<'_>) -> HandlerResult;

    /// A client bound a global. Servers only.
    ///
    /// # Errors
    /// What the handler returns.
    #[doc(hidden)]
    fn bound(app: &mut A, this: Self, global: GlobalId) -> HandlerResult {
        let _ = (app, this, global);
        Ok(())
    }

    /// The object has ended; its state is handed back.
    #[doc(hidden)]
    fn destroyed(app: &mut A, this: Self, data: Self::Data) {
        let _ = (app, this, data);
    }
}

/// The message a refusal is about.
#[derive(Clone, Copy, Debug)]
pub struct Refused {
    pub(crate) target: Handle,
    pub(crate) opcode: u16,
    pub(crate) reason: Reason,
}

/// At which of the checks a message failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    Object,
    Opcode,
    Since,
    Size,
    TooLarge,
    Arguments,
}
