//! Who may connect, what those who may not are told, and what those who may can see.

#![cfg(feature = "io")]

mod probe;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use probe::TestClient;
use probe::protocol::Probe;
use wayline::io::Socket;
use wayline::protocol::wl_display;
use wayline::server::{Admission, Applicant};
use wayline::{Client, ClientId, Disconnect, GlobalId, HasServer, Interface, ListenerId, Server, client, server};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names the socket to the process that is another user's.
const SOCKET: &str = "WAYLINE_TEST_SOCKET";

/// A user that is not root.
const OTHER: &str = "65534";

/// Admits as its rule says.
struct App {
    server: Server<App>,
    rule: fn(&Applicant<'_>) -> Admission,
    /// The global that only those without a tag see.
    hidden: Option<GlobalId>,
    ended: usize,
    connected: Vec<ClientId>,
}

impl HasServer for App {
    fn server(&mut self) -> &mut Server<App> {
        &mut self.server
    }

    fn admit(&mut self, applicant: &Applicant<'_>) -> Admission {
        (self.rule)(applicant)
    }

    fn visible(&self, client: ClientId, global: GlobalId) -> bool {
        Some(global) != self.hidden || self.server.tag(client) == 0
    }

    fn connected(&mut self, client: ClientId) {
        self.connected.push(client);
    }

    fn disconnected(&mut self, _: ClientId, _: &Disconnect) {
        self.ended += 1;
    }
}

impl wayline::RequestHandler<Probe> for App {
    type Data = ();
    fn request(&mut self, _: Probe, _: probe::protocol::probe::Request<'_>) -> wayline::HandlerResult {
        Ok(())
    }
}

impl wayline::RequestHandler<probe::protocol::ProbeChild> for App {
    type Data = ();
    fn request(
        &mut self,
        _: probe::protocol::ProbeChild,
        _: probe::protocol::probe_child::Request,
    ) -> wayline::HandlerResult {
        Ok(())
    }
}

fn app(path: &Path, rule: fn(&Applicant<'_>) -> Admission) -> App {
    let mut server = Server::listen_at(path.to_str().unwrap()).unwrap();
    let hidden = Some(server.add_global::<Probe>(3).unwrap());
    App { server, rule, hidden, ended: 0, connected: Vec::new() }
}

/// Connects and has the server take its turns until the client has its answer, or its end.
fn talk(app: &mut App, path: &Path) -> TestClient {
    let socket = std::os::unix::net::UnixStream::connect(path).unwrap();
    let mut guest = TestClient::new(Socket::new(socket.into()));
    let asked = guest.client.begin_roundtrip().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !guest.client.is_done(asked) && guest.client.ended().is_none() {
        assert!(Instant::now() < deadline, "no answer");
        client::turn(&mut guest).ok();
        server::turn(app).unwrap();
    }
    guest
}

#[test]
fn who_is_refused_with_a_reason_hears_it_and_who_is_refused_without_one_is_closed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let mut app = app(&path, |_| Admission::refused("not today"));
    let guest = talk(&mut app, &path);
    let error = guest.client.ended().and_then(Disconnect::protocol_error).expect("a reason");
    assert!(error.is::<wayline::protocol::WlDisplay>(wl_display::Error::IMPLEMENTATION), "{error}");
    assert_eq!(error.message, "not today");
    app.rule = |_| false.into();
    let guest = talk(&mut app, &path);
    assert!(matches!(guest.client.ended(), Some(Disconnect::Closed | Disconnect::Reset)), "{:?}", guest.client.ended());
    assert_eq!((app.connected.len(), app.ended), (0, 0), "they never were clients");
}

#[test]
fn a_tag_decides_which_globals_a_client_sees() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let mut app = app(&path, |_| true.into());
    let names = |guest: &TestClient| guest.client.globals().iter().filter(|g| g.interface == Probe::SPEC.name).count();
    assert_eq!(names(&talk(&mut app, &path)), 1);
    app.rule = |_| Admission::tagged(7);
    let guest = talk(&mut app, &path);
    assert_eq!((names(&guest), app.server.tag(*app.connected.last().unwrap())), (0, 7));
}

#[test]
fn an_applicant_is_known_by_user_group_process_and_listener() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let mut app = app(&path, |applicant| {
        assert!(applicant.is_own_user());
        assert!(applicant.is_in_group(rustix::process::getegid().as_raw()).unwrap());
        assert!(!applicant.is_in_group(0x7fff_0123).unwrap());
        assert!(applicant.process().map_or(true, |process| process.pid().unwrap() == Some(std::process::id())));
        assert!(applicant.security_label().map_or_else(|error| error.to_string().contains("does not tell"), |_| true));
        Admission::tagged(u64::from(format!("{:?}", applicant.listener()).len() as u32))
    });
    talk(&mut app, &path);
    let (client, listener): (ClientId, Option<ListenerId>) =
        app.connected.last().map(|client| (*client, app.server.listener_of(*client))).unwrap();
    assert_eq!(app.server.tag(client), format!("{:?}", listener.unwrap()).len() as u64);
}

#[test]
fn a_client_that_may_send_no_descriptors_goes_on_without() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let mut app = app(&path, |applicant| match applicant.forbid_descriptors() {
        Ok(()) => Admission::tagged(1),
        Err(error) => {
            eprintln!("skipped: {error}");
            true.into()
        }
    });
    app.hidden = None;
    let mut guest = talk(&mut app, &path);
    if app.server.tag(app.connected[0]) != 1 {
        return;
    }
    let probe: Probe = guest.client.bind(3).unwrap();
    guest.client.flush();
    probe.fd(&mut guest.client, probe::any_fd()).unwrap();
    guest.client.flush();
    client::finish_turn(&mut guest);
    // Its own send fails; the server has lost nothing by it.
    assert!(matches!(guest.client.ended(), Some(Disconnect::Socket(_))), "{:?}", guest.client.ended());
    drop(guest);
    while app.ended == 0 {
        server::dispatch(&mut app, Some(PATIENCE)).unwrap();
    }
    assert!(talk(&mut app, &path).client.ended().is_none(), "others are served");
}

/// Not a test of its own: what the process of another user does. It prints what it was told.
#[test]
fn helper_of_another_user() {
    let Some(path) = std::env::var_os(SOCKET) else { return };
    let connected = Client::<TestClient>::connect_to_within(path.to_str().unwrap(), PATIENCE);
    println!("told: {}", connected.map_or_else(|error| error.to_string(), |_| "welcome".to_owned()));
}

#[test]
fn another_user_is_refused_with_a_reason_and_ours_is_served() {
    let setpriv = Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !rustix::process::geteuid().is_root() || !setpriv {
        return eprintln!("skipped: only root, with setpriv, acts as another user");
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let mut app = app(&path, |applicant| match applicant.is_own_user() {
        true => true.into(),
        false => Admission::refused(format!("user {} is not served", applicant.credentials().uid)),
    });
    // The file system lets it in: it is the rule that does not. The program is copied where the other user may go.
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let program = dir.path().join("other");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut other = Command::new("setpriv")
        .args(["--reuid", OTHER, "--regid", OTHER, "--clear-groups"])
        .arg(&program)
        .args(["--exact", "helper_of_another_user", "--nocapture"])
        .env(SOCKET, &path)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let ended = loop {
        server::dispatch(&mut app, Some(Duration::from_millis(10))).unwrap();
        if other.try_wait().unwrap().is_some() {
            break other.wait_with_output().unwrap();
        }
    };
    let text = String::from_utf8(ended.stdout).unwrap();
    assert!(text.contains(&format!("user {OTHER} is not served")), "{text}");
    assert_eq!(app.connected, []);
    assert!(talk(&mut app, &path).client.ended().is_none());
}
