//! What a host says of the clients of a listener.

/// The sandbox that all clients of a listener are in, as the engine says that runs it: a program that is trusted made the
/// listener for it, so what it says is believed, whatever the sandboxed processes are.
///
/// What it means is up to the application: [`Applicant::sandbox`](crate::server::Applicant::sandbox) tells of it before a
/// client is admitted, and [`Server::sandbox`](crate::Server::sandbox) afterwards, for instance for
/// [`HasServer::visible`](crate::HasServer::visible). The strings are those of the protocol security-context: they are for
/// rules and for people, and the library does not look at them.
///
/// ```
/// # struct App { server: wayline::Server<App> }
/// # impl wayline::HasServer for App { fn server(&mut self) -> &mut wayline::Server<App> { &mut self.server } }
/// # let directory = tempfile::tempdir()?;
/// # let socket = std::os::unix::net::UnixListener::bind(directory.path().join("sandbox"))?;
/// use wayline::Server;
/// use wayline::io::listener::{Listener, Sandbox};
///
/// let sandbox = Sandbox { engine: "org.flatpak".into(), app_id: "org.example.Game".into(), ..Sandbox::default() };
/// let mut app = App { server: Server::new() };
/// app.server.listen(Listener::from_fd(socket.into())?.for_sandbox(sandbox))?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Sandbox {
    /// The engine, such as `org.flatpak`.
    pub engine: String,
    /// The application, by a name that the engine gives it; empty if it says none.
    pub app_id: String,
    /// Which of the running sandboxes; empty if the engine does not say.
    pub instance_id: String,
}
