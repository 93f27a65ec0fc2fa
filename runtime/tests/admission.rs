//! Who may connect, what those who may not are told, and what those who may can see.

#![cfg(feature = "io")]

mod probe;

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use probe::TestClient;
use probe::protocol::{Probe, ProbeChild};
use wayline::io::Socket;
use wayline::io::listener::{Listener, Sandbox};
use wayline::io::path::Address;
use wayline::protocol::wl_display;
use wayline::server::{Admission, Applicant};
use wayline::{
    Client, ClientId, Disconnect, GlobalId, HasServer, Interface, Limits, ListenerId, Server, UserLimits, client,
    server,
};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Names the socket to the process that is another user's.
const SOCKET: &str = "WAYLINE_TEST_SOCKET";

/// How many clients that process makes, and how many objects each of them makes then.
const CLIENTS: &str = "WAYLINE_TEST_CLIENTS";
const EACH: u64 = 100;

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

#[test]
fn an_abstract_name_lets_in_this_user_and_a_listener_for_a_sandbox_says_which() {
    use std::os::linux::net::SocketAddrExt;
    let name = format!("wayline-admission-{}", std::process::id());
    let listener = Listener::at(&Address::open_to_everyone(&name).unwrap()).unwrap();
    let sandbox = Sandbox { engine: "an engine".into(), app_id: "an app".into(), instance_id: "7".into() };
    let mut server = Server::new();
    server.listen(listener.for_sandbox(sandbox.clone())).unwrap();
    let rule = |applicant: &Applicant<'_>| match applicant.sandbox() {
        Some(sandbox) if sandbox.app_id == "an app" => Admission::tagged(1),
        _ => false.into(),
    };
    let mut app = App { server, rule, hidden: None, ended: 0, connected: Vec::new() };
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
    let _peer = std::os::unix::net::UnixStream::connect_addr(&address).unwrap();
    server::dispatch(&mut app, Some(PATIENCE)).unwrap();
    let client = app.connected[0];
    assert_eq!((app.server.tag(client), app.server.sandbox(client)), (1, Some(&sandbox)));
}

/// Not a test of its own: what the process of another user does. It prints what it was told.
#[test]
fn helper_of_another_user() {
    let Some(path) = std::env::var_os(SOCKET) else { return };
    let path = path.to_str().unwrap();
    let Some(count) = std::env::var_os(CLIENTS).map(|count| count.to_str().unwrap().parse::<usize>().unwrap()) else {
        let name = path.strip_prefix('@');
        let connected = match name {
            Some(name) => {
                use std::os::linux::net::SocketAddrExt;
                let address = std::os::unix::net::SocketAddr::from_abstract_name(name).unwrap();
                let socket = std::os::unix::net::UnixStream::connect_addr(&address).unwrap();
                let mut guest = TestClient::new(Socket::new(socket.into()));
                client::roundtrip(&mut guest).map_err(|error| error.to_string())
            }
            None => {
                Client::<TestClient>::connect_to_within(path, PATIENCE).map(drop).map_err(|error| error.to_string())
            }
        };
        println!("told: {}", connected.err().unwrap_or_else(|| "welcome".to_owned()));
        return;
    };
    let mut guests: Vec<TestClient> = (0..count)
        .map(|_| {
            let socket = std::os::unix::net::UnixStream::connect(path).unwrap();
            let mut guest = TestClient::new(Socket::new(socket.into()));
            client::roundtrip(&mut guest).unwrap();
            let probe: Probe = guest.client.bind(3).unwrap();
            for _ in 0..EACH {
                let _: ProbeChild = probe.create(&mut guest.client).unwrap();
            }
            // One that holds too much together with the others is ended here.
            let _ = client::roundtrip(&mut guest);
            guest
        })
        .collect();
    let served = guests.iter_mut().filter_map(|guest| client::roundtrip(guest).ok()).count();
    println!("told: {served} are served");
}

/// Why nobody can act as another user here.
fn missing() -> bool {
    let setpriv = Command::new("setpriv").arg("--version").stdout(Stdio::null()).status().is_ok();
    let missing = !rustix::process::geteuid().is_root() || !setpriv;
    if missing {
        eprintln!("skipped: only root, with setpriv, acts as another user");
    }
    missing
}

/// Has a process of another user do what the helper does, while the server takes its turns. Returns what it was told.
fn told(app: &mut App, dir: &Path, socket: &str, clients: Option<usize>) -> String {
    // The program is copied where the other user may go.
    std::fs::set_permissions(dir, std::fs::Permissions::from_mode(0o755)).unwrap();
    let program = dir.join("other");
    std::fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let mut command = Command::new("setpriv");
    command.args(["--reuid", OTHER, "--regid", OTHER, "--clear-groups"]).arg(&program);
    command.args(["--exact", "helper_of_another_user", "--nocapture"]).env(SOCKET, socket).stdout(Stdio::piped());
    command.envs(clients.map(|count| (CLIENTS, count.to_string())));
    let mut other = command.spawn().unwrap();
    let deadline = Instant::now() + PATIENCE;
    let ended = loop {
        assert!(Instant::now() < deadline, "it does not end");
        server::dispatch(app, Some(Duration::from_millis(10))).unwrap();
        if other.try_wait().unwrap().is_some() {
            break other.wait_with_output().unwrap();
        }
    };
    String::from_utf8(ended.stdout).unwrap()
}

#[test]
fn another_user_is_refused_with_a_reason_and_ours_is_served() {
    if missing() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let mut app = app(&path, |applicant| match applicant.is_own_user() {
        true => true.into(),
        false => Admission::refused(format!("user {} is not served", applicant.credentials().uid)),
    });
    // The file system lets it in: it is the rule that does not.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    let text = told(&mut app, dir.path(), path.to_str().unwrap(), None);
    assert!(text.contains(&format!("user {OTHER} is not served")), "{text}");
    assert_eq!(app.connected, []);
    assert!(talk(&mut app, &path).client.ended().is_none());
}

/// Has no rule of its own.
struct Plain(Server<Plain>);

impl HasServer for Plain {
    fn server(&mut self) -> &mut Server<Plain> {
        &mut self.0
    }
}

#[test]
fn an_abstract_name_lets_in_no_other_user_unless_the_application_does() {
    if missing() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let name = format!("wayline-others-{}", std::process::id());
    let listener = Listener::at(&Address::open_to_everyone(&name).unwrap()).unwrap();
    let mut server = Server::new();
    server.listen(listener.try_clone().unwrap()).unwrap();
    let mut open = App { server, rule: |_| true.into(), hidden: None, ended: 0, connected: Vec::new() };
    let text = told(&mut open, dir.path(), &format!("@{name}"), None);
    assert!(text.contains("told: welcome"), "{text}");
    drop(open);
    let mut plain = Plain(Server::new());
    plain.0.listen(listener).unwrap();
    // Its turns are taken by a thread, as those of any program.
    let sender = plain.0.sender().unwrap();
    let thread = std::thread::spawn(move || server::run(plain).map(drop));
    let mut idle = App { server: Server::new(), rule: |_| true.into(), hidden: None, ended: 0, connected: Vec::new() };
    let text = told(&mut idle, dir.path(), &format!("@{name}"), None);
    sender.send(|plain: &mut Plain| plain.0.stop()).unwrap();
    thread.join().unwrap().unwrap();
    assert!(text.contains("programs of other users may not connect here"), "{text}");
}

#[test]
fn three_clients_use_up_the_account_of_their_user_and_that_of_another_is_served() {
    if missing() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("app");
    let mut app = app(&path, |_| true.into());
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).unwrap();
    // Two of three hold more than that together.
    let user = UserLimits { objects: EACH * 3 / 2, ..UserLimits::default() };
    app.server.set_limits(Limits { user, ..Limits::default() });
    let mut ours = talk(&mut app, &path);
    let text = told(&mut app, dir.path(), path.to_str().unwrap(), Some(3));
    assert!(text.contains("told: 1 are served"), "{text}");
    while app.ended < 3 {
        server::dispatch(&mut app, Some(PATIENCE)).unwrap();
    }
    let asked = ours.client.begin_roundtrip().unwrap();
    let deadline = Instant::now() + PATIENCE;
    while !ours.client.is_done(asked) {
        assert!(Instant::now() < deadline, "the other user's client is not served");
        client::turn(&mut ours).unwrap();
        server::turn(&mut app).unwrap();
    }
    assert_eq!((app.ended, app.server.clients().count()), (3, 1));
}
