//! The runtime, broken on purpose: what is changed, by exact text.
//!
//! Knows sources, not how they are built or judged. A text that is not there exactly once is a mistake of this list,
//! and a test says so.

use std::fs;
use std::io;
use std::path::Path;

/// One broken build.
pub(crate) struct Mutation {
    /// What it does wrong.
    pub(crate) name: &'static str,
    /// All of these are made.
    pub(crate) edits: &'static [Edit],
}

/// One change of a file.
pub(crate) struct Edit {
    /// Its path from the root of the workspace.
    pub(crate) file: &'static str,
    /// The text to be replaced, found there once.
    pub(crate) from: &'static str,
    /// The text in its place.
    pub(crate) to: &'static str,
}

impl Edit {
    /// Makes the change in the tree at `root`.
    ///
    /// # Errors
    /// When the file cannot be read or written, or the text is not there exactly once.
    pub(crate) fn apply(&self, root: &Path) -> io::Result<()> {
        let path = root.join(self.file);
        let text = fs::read_to_string(&path)?;
        let found = text.matches(self.from).count();
        if found != 1 {
            return Err(io::Error::other(format!("{} has this {found} times, not once:\n{}", self.file, self.from)));
        }
        fs::write(&path, text.replacen(self.from, self.to, 1))
    }
}

const fn edit(file: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit { file, from, to }
}

const ACCOUNTS: &str = "runtime/src/endpoint/accounts.rs";
const CLIENT: &str = "runtime/src/client/objects.rs";
const CONSTRUCTORS: &str = "runtime/src/endpoint/constructors.rs";
const END: &str = "runtime/src/endpoint/end.rs";
const FLUSH: &str = "runtime/src/endpoint/flush.rs";
const GLOBALS: &str = "runtime/src/server/globals.rs";
const INCOMING: &str = "runtime/src/endpoint/incoming.rs";
const OBJECT_ENTRY: &str = "runtime/src/objects/entry.rs";
const OBJECT_MAKE: &str = "runtime/src/objects/make.rs";
const OBJECT_PAGES: &str = "runtime/src/objects/pages.rs";
const OUTBOX: &str = "runtime/src/conn/outbox.rs";
const READER: &str = "runtime/src/wire/reader.rs";
const RECEIVE: &str = "runtime/src/endpoint/receive.rs";
const SEND: &str = "runtime/src/endpoint/send.rs";
const SERVER: &str = "runtime/src/server/objects.rs";
const SLOW: &str = "runtime/src/endpoint/slow.rs";
const SOCKET: &str = "runtime/src/io/socket.rs";

/// All of them.
pub(crate) const MUTATIONS: &[Mutation] = &[
    Mutation {
        name: "does not look at MSG_CTRUNC",
        edits: &[edit(SOCKET, "fds_lost: received.flags.contains(ReturnFlags::CTRUNC)", "fds_lost: false")],
    },
    Mutation {
        name: "leaves received fds open across exec",
        edits: &[edit(SOCKET, "RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;", "RecvFlags::DONTWAIT;")],
    },
    Mutation {
        name: "accepts bytes behind the last argument",
        edits: &[
            edit(SLOW, " || (message.fixed_size && size != message.size as usize)", ""),
            edit(
                READER,
                "if body.len() != N * 4 {",
                "let body = &body[..body.len().min(N * 4)];\n    if body.len() != N * 4 {",
            ),
            edit(READER, "if self.rest.is_empty() { Ok(()) }", "if self.rest.len() < 65_536 { Ok(()) }"),
        ],
    },
    Mutation {
        name: "accepts a body shorter than its arguments, and reads zeros",
        edits: &[
            edit(SLOW, "} else if size < message.size as usize {", "} else if size < HEADER {"),
            edit(READER, "if body.len() != N * 4 {", "if body.len() > N * 4 {"),
        ],
    },
    Mutation {
        name: "accepts sizes that are no whole words",
        edits: &[
            edit(
                SLOW,
                "!size.is_multiple_of(4) || (message.fixed_size && size != message.size as usize)",
                "message.fixed_size && size / 4 != message.size as usize / 4",
            ),
            edit(
                READER,
                "if body.len() != N * 4 {",
                "let body = &body[..body.len() & !3];\n    if body.len() != N * 4 {",
            ),
            edit(READER, "if self.rest.is_empty() { Ok(()) }", "if self.rest.len() < 4 { Ok(()) }"),
        ],
    },
    Mutation {
        name: "accepts messages newer than their object",
        edits: &[
            edit(INCOMING, "if self.target.version() < since {", "if since == 0 {"),
            edit(SLOW, "if version < message.since {", "if message.since == 0 {"),
        ],
    },
    Mutation {
        name: "lets a client bind one version more than is offered",
        edits: &[edit(GLOBALS, "new.version > version {", "new.version > version + 1 {")],
    },
    Mutation {
        name: "accepts new ids with a gap before them",
        edits: &[
            edit(OBJECT_MAKE, "if id as usize == flat.len() {", "while id as usize >= flat.len() {"),
            edit(OBJECT_PAGES, "if index > self.reached ||", "if index > self.reached + 100_000 ||"),
        ],
    },
    Mutation {
        name: "takes a handle for any object that has its id",
        edits: &[edit(OBJECT_ENTRY, "self.key == handle.key()", "handle.id() > 0 && self.interface != 0")],
    },
    Mutation {
        name: "uses an id again before its delete_id",
        edits: &[
            // Its destructor requests are sent and their objects ended one after the other.
            edit(
                CONSTRUCTORS,
                "objects.zombie_candidate(target)?;",
                "objects.zombie_candidate(target).filter(|_| false)?;",
            ),
            edit(CLIENT, "if self.core.mark_zombie(object.handle()) {", "if self.core.release(object.handle()) {"),
        ],
    },
    Mutation {
        name: "says nothing when it frees an id",
        edits: &[edit(CONSTRUCTORS, "[object.id()]);", "[0]);"), edit(SERVER, "[handle.id()]);", "[0]);")],
    },
    Mutation {
        name: "leaves the fds of an event for a dead object in the queue",
        edits: &[edit(SLOW, "fds.drain(..message.fds as usize).for_each(drop);\n", "")],
    },
    Mutation {
        name: "forgets the children that an event for a dead object makes",
        edits: &[edit(
            SLOW,
            "peer.objects.insert_dead(id, interface.index.get(), version.min(interface.version))?;",
            "let _ = (peer, id);",
        )],
    },
    Mutation {
        name: "keeps fds that nobody claims",
        edits: &[
            edit(RECEIVE, "if count > most {", "if count > most + 100_000 {"),
            edit(ACCOUNTS, "self.inbox.fds.len() + fds", "fds"),
        ],
    },
    Mutation {
        name: "sends the fds of a message again after a partial send",
        edits: &[edit(
            OUTBOX,
            "self.fds.drain(..count);",
            "if self.sent + bytes == self.end {\n                        self.fds.drain(..count);\n                    }",
        )],
    },
    Mutation {
        name: "sends all fds that wait at once",
        edits: &[edit(
            OUTBOX,
            "let Some(beyond) = self.fds.get(FDS_PER_SEND) else { return (self.fds.len(), self.end) };",
            "let Some(beyond) = self.fds.get(FDS_PER_SEND) else { return (self.fds.len(), self.end) };\n        return (FDS_PER_SEND, self.end);",
        )],
    },
    Mutation {
        name: "closes without an error event",
        edits: &[edit(
            END,
            "        self.post_error(client, error);\n        self.peers.shut(client);\n",
            "        let _ = error;\n        self.peers.shut(client);\n",
        )],
    },
    Mutation {
        name: "goes on after an error event",
        edits: &[edit(
            END,
            "        self.peers.shut(client);\n        self.end_of_stream(client, reason);\n",
            "        let _ = reason;\n",
        )],
    },
    Mutation {
        name: "reports a broken connection before it has read the error event",
        edits: &[edit(
            FLUSH,
            "                        self.unreadable.push_back(client);",
            "                        self.end(client, Disconnect::Reset);",
        )],
    },
    Mutation {
        name: "reads on from a client that does not read",
        edits: &[
            edit(FLUSH, "peer.is_read() && peer.outbox.len() < throttle)", "peer.is_read() && throttle > 0)"),
            edit(FLUSH, "peer.is_read() && peer.outbox.len() < throttle,", "peer.is_read() && throttle > 0,"),
        ],
    },
    Mutation {
        name: "queues without a limit",
        edits: &[edit(
            SEND,
            "if queued + peer.outbox.rules.message_size as usize > self.limits.queued_bytes {",
            "if queued == usize::MAX {",
        )],
    },
];
