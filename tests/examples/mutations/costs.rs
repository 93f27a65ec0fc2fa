//! Mistakes of cost and care that leave most answers right: what the tests of the crate itself have to notice.

use super::list::{Edit, Mutation};

const fn edit(file: &'static str, from: &'static str, to: &'static str) -> Edit {
    Edit { file, from, to }
}

const ACCOUNTS: &str = "runtime/src/endpoint/accounts.rs";
const DESCRIPTORS: &str = "runtime/src/server/descriptors.rs";
const END: &str = "runtime/src/endpoint/end.rs";
const ERROR: &str = "runtime/src/error.rs";
const FLUSH: &str = "runtime/src/endpoint/flush.rs";
const IMPORT: &str = "runtime/src/io/shm/import.rs";
const MEMORY: &str = "runtime/src/server/memory.rs";
const POLICY: &str = "runtime/src/io/shm/policy.rs";
const POLL_SET: &str = "runtime/src/io/poll_set.rs";
const SOCKET: &str = "runtime/src/io/socket.rs";
const STRANGER: &str = "runtime/src/io/stranger.rs";
const TRACE: &str = "runtime/src/trace.rs";
const TURN: &str = "runtime/src/server/turn.rs";

const ARRANGE: &str = "desktop/core/src/arrange.rs";
const FOCUS: &str = "desktop/core/src/focus.rs";
const GRAB: &str = "desktop/core/src/grab.rs";
const LIB: &str = "desktop/core/src/lib.rs";
const POINTER: &str = "desktop/core/src/pointer.rs";
const POPUP: &str = "desktop/core/src/popup.rs";
const REFRESH: &str = "desktop/core/src/refresh.rs";
const REGION: &str = "desktop/core/src/region.rs";
const TREE: &str = "desktop/core/src/tree.rs";
const WINDOW: &str = "desktop/core/src/window.rs";

/// The package whose tests are run, and the mistakes in it.
pub(crate) const COSTS: &[(&str, &[Mutation])] = &[("wayline", RUNTIME), ("wayline-desktop", DESKTOP)];

const RUNTIME: &[Mutation] = &[
    Mutation {
        name: "accepts all connections that wait in one turn",
        edits: &[edit(TURN, "for _ in 0..ACCEPTS_PER_TURN {", "let _ = ACCEPTS_PER_TURN;\n    loop {")],
    },
    Mutation {
        name: "never accepts again after descriptors ran out",
        edits: &[edit(TURN, "    set.set_accepting(true)?;\n", "")],
    },
    Mutation {
        name: "says so each time that descriptors ran out",
        edits: &[edit(
            POLL_SET,
            "if !std::mem::replace(&mut self.exhausted, true) {",
            "self.exhausted = true;\n        {",
        )],
    },
    Mutation {
        name: "traces strings as they are",
        edits: &[edit(
            TRACE,
            "Some(string) => write!(text, \"{string:?}\"),",
            "Some(string) => write!(text, \"\\\"{string}\\\"\"),",
        )],
    },
    Mutation {
        name: "shows the text of a protocol error as it is",
        edits: &[edit(
            ERROR,
            "interface.unwrap_or(\"unknown\"), Escaped(message))",
            "interface.unwrap_or(\"unknown\"), message)",
        )],
    },
    Mutation {
        name: "takes a writable socket for a peer that reads",
        edits: &[edit(TURN, "    if !resume(app, client) {\n        return;\n    }\n", "    resume(app, client);\n")],
    },
    Mutation { name: "keeps NUL in the text of an error", edits: &[edit(END, ".filter(|&c| c != '\\0')", "")] },
    Mutation {
        name: "forgets what was charged to a user when a client of it ends",
        edits: &[edit(END, "            self.clear_account(client);\n", "")],
    },
    Mutation {
        name: "keeps the account of a user without clients",
        edits: &[edit(ACCOUNTS, "if user.clients == 0 {", "if user.clients == usize::MAX {")],
    },
    Mutation {
        name: "looks for the next object of an ending from the first one",
        edits: &[edit(END, "    peer.handed_back = id.saturating_add(1);\n", "    let _ = id;\n")],
    },
    Mutation {
        name: "hands all objects of an ending back in one turn",
        edits: &[edit(
            END,
            "left = budget().min(OBJECTS_PER_LOOK);",
            "left = OBJECTS_PER_LOOK;\n                budget();",
        )],
    },
    Mutation {
        name: "never gives memory back",
        edits: &[edit(MEMORY, "            trim_memory();\n", "            let _ = trim_memory;\n")],
    },
    Mutation {
        name: "gives a client that had its turn the next one",
        edits: &[edit(
            FLUSH,
            "self.ready.extend(self.paused.drain(..));",
            "for client in self.paused.drain(..) {\n            self.ready.push_front(client);\n        }",
        )],
    },
    Mutation {
        name: "ends a client whose fds the kernel refuses for the moment",
        edits: &[edit(
            SOCKET,
            "Errno::TOOMANYREFS => io::ErrorKind::QuotaExceeded.into(),",
            "Errno::TOOMANYREFS => io::ErrorKind::ConnectionReset.into(),",
        )],
    },
    Mutation {
        name: "takes memory whose descriptor appends",
        edits: &[edit(
            IMPORT,
            "if flags.contains(OFlags::APPEND) {",
            "if flags.contains(OFlags::APPEND | OFlags::PATH) {",
        )],
    },
    Mutation {
        name: "charges a pool that grows nothing",
        edits: &[edit(
            POLICY,
            "        self.account.take(bytes - self.bytes, 0)?;\n",
            "        self.account.take(0, 0)?;\n",
        )],
    },
    Mutation {
        name: "keeps no descriptors free",
        edits: &[edit(DESCRIPTORS, "free >= reserve\n", "free >= reserve.min(1)\n")],
    },
    Mutation {
        name: "drops who comes when descriptors are short, not who holds most",
        edits: &[edit(
            DESCRIPTORS,
            "        let holder = self.core.largest_holder(Resource::Fds);\n",
            "        let holder = self.core.largest_holder(Resource::Fds).filter(|_| many > 1 << 40);\n",
        )],
    },
    Mutation {
        name: "closes a stranger's descriptor itself",
        edits: &[edit(
            STRANGER,
            "    if is_harmless(&fd) {\n        return Ok(fd);\n    }\n",
            "    if is_harmless(&fd) || WAITING > 0 {\n        return Ok(fd);\n    }\n",
        )],
    },
    Mutation {
        name: "drops a peer for early fds whose message was left for its next turn",
        edits: &[edit(
            TURN,
            "(count > 0 && !peer.inbox.has_left(), limits.unconsumed_fd_grace",
            "(count > 0, limits.unconsumed_fd_grace",
        )],
    },
];

const DESKTOP: &[Mutation] = &[
    Mutation {
        name: "leaves the keyboard with what is hidden",
        edits: &[edit(
            FOCUS,
            "if self.keyboard.focus.is_some_and(|focus| !self.is_shown(focus)) {",
            "if self.keyboard.focus.is_some_and(|focus| self.owner(focus).is_none()) {",
        )],
    },
    Mutation {
        name: "goes on moving a window that is hidden",
        edits: &[edit(FOCUS, "        self.drop_hidden_grab();\n", "")],
    },
    Mutation {
        name: "drops data on what is not shown any more",
        edits: &[edit(GRAB, "if !self.is_shown(over) => self.leave_drag(),", "if !self.is_shown(over) => {}")],
    },
    Mutation {
        name: "arranges all that is shown with each commit",
        edits: &[edit(REFRESH, "                self.budget = left", "                _ = left")],
    },
    Mutation {
        name: "counts only what is shown among what a commit looks at",
        edits: &[edit(
            ARRANGE,
            "        if !surface.is_mapped() {\n            order.push((id, origin));\n",
            "        if !surface.is_mapped() {\n",
        )],
    },
    Mutation {
        name: "counts popups from when they are arranged on",
        edits: &[edit(TREE, "            self.looked_at += 1;\n", "")],
    },
    Mutation {
        name: "finds surfaces where they were before they changed their size",
        edits: &[edit(LIB, "            shown.1 = surface.view.bounds();\n", "            let _ = shown;\n")],
    },
    Mutation {
        name: "moves the pointer's focus while a button is down",
        edits: &[edit(
            POINTER,
            "self.pointer.over.filter(|_| !self.pointer.buttons.is_empty())",
            "self.pointer.over.filter(|_| false)",
        )],
    },
    Mutation {
        name: "leaves popups open whose parent is hidden",
        edits: &[edit(
            POPUP,
            "        for popup in self.popups_of(id).into_iter().rev() {\n            self.dismiss(popup);\n",
            "        for popup in self.popups_of(id).into_iter().rev().take(0) {\n            self.dismiss(popup);\n",
        )],
    },
    Mutation {
        name: "lets any number of popups grab the input",
        edits: &[edit(
            POPUP,
            "if self.popups.len() == MAX_GRABS {",
            "if self.popups.len() == usize::MAX - MAX_GRABS {",
        )],
    },
    Mutation {
        name: "lets regions grow without end",
        edits: &[edit(
            REGION,
            "if self.0.steps.len() == MAX_RECTS {",
            "if self.0.steps.len() == usize::MAX - MAX_RECTS {",
        )],
    },
    Mutation {
        name: "uses the name of a surface again",
        edits: &[edit(LIB, "        self.latest += 1;\n", "        self.latest = self.surfaces.len() as u64;\n")],
    },
    Mutation {
        name: "never gives places of surfaces back",
        edits: &[edit(LIB, "            self.surfaces.shrink_to(2 * self.surfaces.len());\n", "")],
    },
    Mutation {
        name: "lets trees of surfaces become as deep as clients like",
        edits: &[edit(TREE, "if depth + height >= MAX_DEPTH {", "if depth + height >= MAX_DEPTH * 1000 {")],
    },
    Mutation {
        name: "lets two windows be each other's parents",
        edits: &[edit(
            WINDOW,
            "if family.by_ref().take(MAX_FAMILY).any(|above| above == id) {",
            "if family.by_ref().take(MAX_FAMILY).any(|_| false) {",
        )],
    },
    Mutation {
        name: "keeps popups of a surface that is gone",
        edits: &[edit(TREE, "            self.release_popup(child);\n", "")],
    },
    Mutation {
        name: "configures a window once for each change",
        edits: &[edit(
            WINDOW,
            "&& !std::mem::replace(&mut window.is_queued, true)",
            "&& !std::mem::replace(&mut window.is_queued, false)",
        )],
    },
];
