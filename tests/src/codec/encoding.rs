//! Bytes from values: the exact layout, and what must not be encoded at all (W01 to W08, W16, W17, W25, W26).

use std::os::fd::OwnedFd;

use super::{Bench, Value, kinds, text};
use crate::case::{Case, Stop, Verdict, ensure, fail};

pub(super) const CASES: &[Case<Bench>] = &[
    Case::must(
        "W01",
        "wl_display.sync with the new id 2 has the twelve bytes of the manual.",
        "manual, Wire Format",
        |bench| encodes(bench, (1, 0, "n"), &[Value::NewId(2)], &[1, 0x000c_0000, 2]),
    ),
    Case::must(
        "W02",
        "wl_display.get_registry with the new id 2 has the twelve bytes of the manual.",
        "manual, Wire Format",
        |bench| encodes(bench, (1, 1, "n"), &[Value::NewId(2)], &[1, 0x000c_0001, 2]),
    ),
    Case::must(
        "W03",
        "wl_registry.bind carries interface and version before the id: 32 bytes for wl_shm.",
        "manual, new_id",
        |bench| {
            let values = [Value::Uint(1), text("wl_shm"), Value::Uint(1), Value::NewId(3)];
            let name = [*b"wl_s", *b"hm\0\0"].map(u32::from_ne_bytes);
            encodes(bench, (2, 0, "usun"), &values, &[2, 0x0020_0000, 1, 7, name[0], name[1], 1, 3])
        },
    ),
    Case::must(
        "W04",
        "The strings \"\", \"abc\", \"abcd\" have the lengths 1, 4, 5, bodies of 4, 4, 8 bytes, zero padding.",
        "manual, string",
        |bench| {
            for (content, length, body) in [("", 1, 4), ("abc", 4, 4), ("abcd", 5, 8)] {
                sized(bench, "s", &[text(content)], length, content.as_bytes(), body)?;
            }
            Ok(())
        },
    ),
    Case::must(
        "W05a",
        "A null string is one word 0 and nothing behind it.",
        "connection-test connection_marshal_nullables",
        |bench| encodes(bench, (3, 0, "?s"), &[Value::Text(None)], &[3, 0x000c_0000, 0]),
    ),
    Case::must(
        "W06a",
        "Arrays of 0, 1, 4, 5 bytes have these lengths, bodies of 0, 4, 4, 8 bytes, zero padding.",
        "manual, array",
        |bench| {
            for (content, body) in [(&[][..], 0), (&[9], 4), (&[9, 8, 7, 6], 4), (&[9, 8, 7, 6, 5], 8)] {
                sized(bench, "a", &[Value::Array(content.to_vec())], content.len(), content, body)?;
            }
            Ok(())
        },
    ),
    Case::must(
        "W07a",
        "A message of three fds has 8 bytes, the fds in the order of the arguments.",
        "manual, fd",
        w07a_three_fds,
    ),
    Case::must(
        "W08a",
        "int -1, i32::MIN and uint 0xffffffff are the words ffffffff, 80000000, ffffffff.",
        "connection-test connection_marshal",
        |bench| {
            let values = [Value::Int(-1), Value::Int(i32::MIN), Value::Uint(u32::MAX)];
            encodes(bench, (3, 0, "iiu"), &values, &[3, 0x0014_0000, u32::MAX, 0x8000_0000, u32::MAX])
        },
    ),
    Case::must(
        "W16a",
        "With the limit raised a message of 65532 bytes is encoded, and its size field says so.",
        "manual, Wire Format: a size has 16 bits",
        |bench| {
            let mut codec = bench.codec();
            codec.set_limit(65532);
            let bytes = codec.encode(3, 0, &kinds("a"), &[Value::Array(vec![0; 65532 - 12])], Vec::new());
            let (bytes, _) = bytes.map_err(|refused| Stop::Fail(format!("it is refused: {refused}")))?;
            let size = u16::from_ne_bytes([bytes[6], bytes[7]]);
            ensure((bytes.len(), size) == (65532, 65532), || format!("{} bytes with {size} in the header", bytes.len()))
        },
    ),
    Case::must(
        "W16b",
        "A message of 65536 bytes is refused whatever the limit: its size field would wrap to 0.",
        "manual, Wire Format: a size has 16 bits",
        |bench| {
            let mut codec = bench.codec();
            codec.set_limit(usize::MAX);
            let encoded = codec.encode(3, 0, &kinds("a"), &[Value::Array(vec![0; 65536 - 12])], Vec::new());
            ensure(encoded.is_err(), || "it is encoded".to_owned())
        },
    ),
    Case::must(
        "W16c",
        "A refused message leaves its fds closed and the connection as it was.",
        "rule of the kit",
        |bench| {
            let before = open_fds()?;
            let values = [Value::Array(vec![0; 70_000]), Value::Fd];
            let mut codec = bench.codec();
            let encoded = codec.encode(3, 0, &kinds("ah"), &values, vec![a_file()?]);
            ensure(encoded.is_err(), || "70000 bytes are encoded".to_owned())?;
            ensure(open_fds()? == before, || "the fd of the refused message stays open".to_owned())?;
            let next = codec.encode(1, 0, &kinds("n"), &[Value::NewId(2)], Vec::new());
            ensure(next.is_ok_and(|(bytes, _)| bytes.len() == 12), || {
                "after that a small message is not encoded".to_owned()
            })
        },
    ),
    Case::must("W17a", "A message of 4096 bytes is within the default limit.", "WL_MAX_MESSAGE_SIZE", |bench| {
        bench.encode(3, 0, "a", &[Value::Array(vec![0; 4096 - 12])]).map(drop)
    }),
    Case::must(
        "W17b",
        "A message of 4100 bytes is beyond the default limit and refused; the connection goes on.",
        "WL_MAX_MESSAGE_SIZE",
        |bench| bench.refuses_to_encode("a", &[Value::Array(vec![0; 4100 - 12])]),
    ),
    Case::must(
        "W25a",
        "A null string where none may be null is not encoded.",
        "connection_marshal_nullables",
        |bench| bench.refuses_to_encode("s", &[Value::Text(None)]),
    ),
    Case::must(
        "W25b",
        "A null object where none may be null is not encoded.",
        "connection_marshal_nullables",
        |bench| bench.refuses_to_encode("o", &[Value::Object(0)]),
    ),
    Case::must("W25c", "A null new id is not encoded.", "connection_marshal_nullables", |bench| {
        bench.refuses_to_encode("n", &[Value::NewId(0)])
    }),
    Case::must("W26", "A string with a NUL inside is not encoded.", "manual: interior null not permitted", |bench| {
        bench.refuses_to_encode("s", &[text("a\0b")])
    }),
];

/// Requires that a message encodes to these words.
fn encodes(bench: &Bench, (object, opcode, signature): (u32, u16, &str), values: &[Value], words: &[u32]) -> Verdict {
    let bytes = bench.encode(object, opcode, signature, values)?;
    let expected: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    ensure(bytes == expected, || format!("the bytes are {bytes:02x?}"))
}

/// Requires that the only argument has `length` in its length word and `content`, padded with zeros, as its `body`.
fn sized(bench: &Bench, signature: &str, values: &[Value], length: usize, content: &[u8], body: usize) -> Verdict {
    let bytes = bench.encode(3, 0, signature, values)?;
    let mut expected = (length as u32).to_ne_bytes().to_vec();
    expected.extend_from_slice(content);
    expected.resize(4 + body, 0);
    ensure(bytes[8..] == expected, || format!("{content:?} is encoded as {:02x?}", &bytes[8..]))
}

fn a_file() -> Result<OwnedFd, Stop> {
    Ok(rustix::fs::memfd_create("conform", rustix::fs::MemfdFlags::CLOEXEC)?)
}

/// How many fds the kit itself has open.
pub(super) fn open_fds() -> Result<usize, Stop> {
    Ok(std::fs::read_dir("/proc/self/fd")?.count())
}

fn w07a_three_fds(bench: &mut Bench) -> Verdict {
    use std::os::fd::AsRawFd;
    let fds = vec![a_file()?, a_file()?, a_file()?];
    let inodes = |fds: &[OwnedFd]| {
        fds.iter().map(|fd| rustix::fs::fstat(fd).map(|stat| stat.st_ino)).collect::<Result<Vec<_>, _>>()
    };
    let expected = inodes(&fds)?;
    match bench.codec().encode(3, 0, &kinds("hhh"), &[Value::Fd, Value::Fd, Value::Fd], fds) {
        Ok((bytes, fds)) => {
            ensure(bytes.len() == 8, || format!("it has {} bytes", bytes.len()))?;
            let numbers: Vec<i32> = fds.iter().map(AsRawFd::as_raw_fd).collect();
            ensure(inodes(&fds)? == expected, || format!("the fds came out as {numbers:?}"))
        }
        Err(refused) => fail(format!("it is refused: {refused}")),
    }
}
