//! A user for compositors based on wlroots: wayvnc adds a pointer and a keyboard to their seat, and this is its VNC client
//! (RFC 6143, as far as input needs it).

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use crate::host::Host;

/// How long wayvnc may take for an answer. Nothing waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct User(UnixStream);

impl User {
    /// Starts wayvnc on a compositor and sits down.
    pub(crate) fn of(host: &mut Host) -> User {
        let socket = host.path().join("vnc");
        host.run(&["wayvnc", "--unix-socket", socket.to_str().unwrap()]);
        let mut stream = host.until("has no wayvnc", || UnixStream::connect(&socket).ok());
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        // 7.1: both say their version, it lists types of security, we choose "none", it agrees, we share the desktop, it
        // describes it.
        let take = |stream: &mut UnixStream, length: usize| {
            let mut bytes = vec![0; length];
            stream.read_exact(&mut bytes).unwrap();
            bytes
        };
        assert_eq!(take(&mut stream, 12), b"RFB 003.008\n");
        stream.write_all(b"RFB 003.008\n").unwrap();
        let count = take(&mut stream, 1)[0];
        assert!(take(&mut stream, count.into()).contains(&1));
        stream.write_all(&[1]).unwrap();
        assert_eq!(take(&mut stream, 4), [0; 4]);
        stream.write_all(&[1]).unwrap();
        let description = take(&mut stream, 24);
        let name = u32::from_be_bytes(description[20..].try_into().unwrap());
        take(&mut stream, name as usize);
        User(stream)
    }

    /// 7.5.5: moves the pointer, with the left button up or down.
    pub(crate) fn point(&mut self, pressed: bool, (x, y): (u16, u16)) {
        let ([x1, x0], [y1, y0]) = (x.to_be_bytes(), y.to_be_bytes());
        self.0.write_all(&[5, u8::from(pressed), x1, x0, y1, y0]).unwrap();
    }

    /// 7.5.4: presses and releases the key of an ASCII character.
    pub(crate) fn press(&mut self, key: u8) {
        for pressed in [1, 0] {
            self.0.write_all(&[4, pressed, 0, 0, 0, 0, 0, key]).unwrap();
        }
    }
}
