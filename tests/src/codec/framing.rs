//! Messages from a stream: any cut of it, any header, any garbage (W07, W13 to W17, W24, W28).

use std::os::fd::OwnedFd;

use super::decoding::Random;
use super::encoding::open_fds;
use super::{Bench, Decoded, Value, kinds};
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::target::Process;
use crate::wire::Message;

pub(super) const CASES: &[Case<Bench>] = &[
    Case::must(
        "W07b",
        "Three fds that arrive with 8 bytes are handed out in the order of the arguments.",
        "manual, fd",
        w07b_three_fds,
    ),
    Case::must(
        "W13a",
        "A stream of 200 messages fed one byte at a time gives the same messages as in one piece.",
        "manual: queue until whole",
        |bench| cut(bench, |_| 1),
    ),
    Case::must(
        "W13b",
        "A stream of 200 messages fed in random pieces gives the same messages as in one piece.",
        "manual: queue until whole",
        |bench| {
            (0..20).try_for_each(|seed| {
                let mut random = Random::new(seed);
                cut(bench, |_| 1 + random.below(60) as usize)
            })
        },
    ),
    Case::must(
        "W14",
        "Three messages and 7 bytes in one feed: three messages come out, 7 bytes are kept.",
        "connection.c",
        w14_rest_is_kept,
    ),
    Case::must(
        "W15",
        "Headers claiming 65535, 65534 and 65533 bytes are rejected: no multiples of 4.",
        "manual, Wire Format: 32-bit words",
        |bench| [65535, 65534, 65533].into_iter().try_for_each(|size| header(bench, size)),
    ),
    Case::must(
        "W15b",
        "Headers claiming 0, 4 and 7 bytes are rejected: less than a header.",
        "manual, Wire Format: a size is at least 8",
        |bench| [0, 4, 7].into_iter().try_for_each(|size| header(bench, size)),
    ),
    Case::must(
        "W17c",
        "A header claiming 4096 bytes is waited for; one claiming 4100 is rejected at once under the default limit.",
        "WL_MAX_MESSAGE_SIZE",
        |bench| {
            let mut codec = bench.codec();
            codec.feed(&Message::new(3, 0).bytes_claiming(4096), Vec::new());
            ensure(matches!(codec.next(&[]), Ok(None)), || "4096 bytes are rejected before they came".to_owned())?;
            header(bench, 4100)
        },
    ),
    Case::must(
        "W24",
        "The opcode 0xffff and the id 0xffffffff come through the decoder as they are, or are rejected; no overflow.",
        "wayland-server.c",
        |bench| {
            let mut codec = bench.codec();
            codec.feed(&Message::new(u32::MAX, 0xffff).uint(1).bytes(), Vec::new());
            match codec.next(&kinds("u")) {
                Ok(Some(Decoded { object: u32::MAX, opcode: 0xffff, .. })) | Err(_) => Ok(()),
                other => fail(format!("it decodes to {other:?}")),
            }
        },
    ),
    Case::must(
        "W28",
        "Random bytes with 0 to 3 fds, many times: no panic, no growth, no fd left.",
        "rule of the kit",
        w28_garbage,
    ),
];

fn header(bench: &Bench, size: usize) -> Verdict {
    let mut codec = bench.codec();
    codec.set_limit(if size > 60_000 { 65532 } else { 4096 });
    codec.feed(&Message::new(3, 0).bytes_claiming(size), Vec::new());
    match codec.next(&[]) {
        Err(_) => Ok(()),
        Ok(Some(decoded)) => fail(format!("{size} bytes are taken for a message: {decoded:?}")),
        Ok(None) => fail(format!("{size} bytes are waited for")),
    }
}

fn inodes(fds: &[OwnedFd]) -> Result<Vec<u64>, Stop> {
    fds.iter().map(|fd| Ok(rustix::fs::fstat(fd)?.st_ino)).collect()
}

fn files(count: u32) -> Result<Vec<OwnedFd>, Stop> {
    (0..count).map(|_| Ok(rustix::fs::memfd_create("conform", rustix::fs::MemfdFlags::CLOEXEC)?)).collect()
}

fn w07b_three_fds(bench: &mut Bench) -> Verdict {
    let fds = files(3)?;
    let expected = inodes(&fds)?;
    let mut codec = bench.codec();
    codec.feed(&Message::new(3, 0).bytes(), fds);
    match codec.next(&kinds("hhh")) {
        Ok(Some(decoded)) => ensure(inodes(&decoded.fds)? == expected, || "the fds come in another order".to_owned()),
        Ok(None) => fail("the decoder waits for more bytes"),
        Err(refused) => fail(format!("it is refused: {refused}")),
    }
}

/// The shape of all messages of the stream.
const SHAPE: &str = "u?sa";

fn message(index: u32) -> (Message, Vec<Value>) {
    let bytes = vec![index as u8; (index % 9) as usize];
    let message = Message::new(3 + index, (index % 7) as u16).uint(index);
    let (message, text) = match index % 3 {
        0 => (message.uint(0), None),
        _ => (message.string(&"x".repeat((index % 6) as usize)), Some(vec![b'x'; (index % 6) as usize])),
    };
    (message.array(&bytes), vec![Value::Uint(index), Value::Text(text), Value::Array(bytes)])
}

/// Feeds a stream of 200 messages in pieces as long as `length` says, and requires each message as soon as it is whole.
fn cut(bench: &Bench, mut length: impl FnMut(usize) -> usize) -> Verdict {
    let messages: Vec<(Message, Vec<Value>)> = (0..200).map(message).collect();
    let stream: Vec<u8> = messages.iter().flat_map(|(message, _)| message.bytes()).collect();
    let mut codec = bench.codec();
    let (mut fed, mut done, mut bytes_done) = (0, 0, 0);
    while fed < stream.len() {
        let end = (fed + length(fed)).min(stream.len());
        codec.feed(&stream[fed..end], Vec::new());
        fed = end;
        loop {
            match codec.next(&kinds(SHAPE)) {
                Ok(Some(decoded)) => {
                    let expected = &messages[done];
                    ensure(decoded.values == expected.1, || format!("message {done} became {:?}", decoded.values))?;
                    bytes_done += expected.0.bytes().len();
                    done += 1;
                }
                Ok(None) => break,
                Err(refused) => return fail(format!("message {done} is refused: {refused}")),
            }
        }
        let next = messages.get(done).map_or(usize::MAX, |(message, _)| message.bytes().len());
        ensure(fed - bytes_done < next, || format!("message {done} is whole and not given out"))?;
    }
    ensure(done == messages.len(), || format!("{done} of {} messages came", messages.len()))
}

fn w14_rest_is_kept(bench: &mut Bench) -> Verdict {
    let mut codec = bench.codec();
    let one = Message::new(3, 0).uint(1).bytes();
    codec.feed(&[one.repeat(3), one[..7].to_vec()].concat(), Vec::new());
    for index in 0..3 {
        let came = codec.next(&kinds("u"));
        ensure(matches!(came, Ok(Some(_))), || format!("message {index} came as {came:?}"))?;
    }
    ensure(matches!(codec.next(&kinds("u")), Ok(None)), || "a fourth message came of 7 bytes".to_owned())?;
    ensure(codec.pending() == 7, || format!("{} bytes are kept", codec.pending()))
}

fn w28_garbage(bench: &mut Bench) -> Verdict {
    let own = Process::new(rustix::process::getpid());
    let (fds, memory) = (open_fds()?, own.resident()?);
    let signature = kinds("h?saoh");
    let mut random = Random::new(28);
    let mut codec = bench.codec();
    for _ in 0..bench.iterations {
        let mut bytes = random.bytes(64);
        // Half of them with a header that could be true, so that the arguments are reached.
        if bytes.len() >= 8 && random.below(2) == 0 {
            bytes.truncate(bytes.len() & !3);
            let size = bytes.len() as u16;
            bytes[6..8].copy_from_slice(&size.to_ne_bytes());
        }
        let count = if random.below(16) == 0 { random.below(4) } else { 0 };
        codec.feed(&bytes, files(count)?);
        if codec.next(&signature).is_err() || codec.pending() > 4096 || random.below(64) == 0 {
            codec = bench.codec();
        }
    }
    drop(codec);
    let (left, grown) = (open_fds()?.saturating_sub(fds), own.resident()?.saturating_sub(memory));
    ensure(left == 0, || format!("{left} fds are left"))?;
    ensure(grown < 16 << 20, || format!("the process has grown by {} MiB", grown >> 20))
}
