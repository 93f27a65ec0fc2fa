//! Values from bytes: lengths that lie, ends that come early, content that is not what it says (W05 to W27).

use super::{Bench, Value, kinds, text};
use crate::case::{Case, Stop, Verdict, ensure, fail};
use crate::wire::Message;

pub(super) const CASES: &[Case<Bench>] = &[
    Case::must(
        "W05b",
        "The length 0 decodes to a null string, not to an empty one.",
        "connection-test connection_marshal_nullables",
        |bench| bench.decodes("?s", &body().uint(0).bytes(), &[Value::Text(None)]),
    ),
    Case::must(
        "W05c",
        "The length 1 with its NUL decodes to an empty string, not to null.",
        "manual, string",
        |bench| bench.decodes("?s", &body().string("").bytes(), &[text("")]),
    ),
    Case::must("W06b", "Arrays of 0, 1, 4, 5 bytes decode to what they hold.", "manual, array", |bench| {
        for content in [&[][..], &[9], &[9, 8, 7, 6], &[9, 8, 7, 6, 5]] {
            bench.decodes("a", &body().array(content).bytes(), &[Value::Array(content.to_vec())])?;
        }
        Ok(())
    }),
    Case::must(
        "W08b",
        "ffffffff, 80000000 and ffffffff decode to -1, i32::MIN and 0xffffffff.",
        "connection-test connection_demarshal",
        |bench| {
            let bytes = body().uint(u32::MAX).uint(0x8000_0000).uint(u32::MAX).bytes();
            bench.decodes("iiu", &bytes, &[Value::Int(-1), Value::Int(i32::MIN), Value::Uint(u32::MAX)])
        },
    ),
    Case::must("W12a", "Padding of 0xff behind a string changes nothing.", "manual: padding undefined", |bench| {
        bench.decodes("su", &body().uint(2).raw(b"a\0\xff\xff").uint(7).bytes(), &[text("a"), Value::Uint(7)])
    }),
    Case::must("W12b", "Padding of 0xff behind an array changes nothing.", "manual: padding undefined", |bench| {
        bench.decodes(
            "au",
            &body().uint(1).raw(b"a\xff\xff\xff").uint(7).bytes(),
            &[Value::Array(vec![b'a']), Value::Uint(7)],
        )
    }),
    Case::must(
        "W18a",
        "String lengths 0xfffffffc, 0x80000000, 0x7fffffff in a 16-byte message are malformed.",
        "connection-test connection_demarshal_failures",
        |bench| lengths(bench, "s", &[0xffff_fffc, 0x8000_0000, 0x7fff_ffff]),
    ),
    Case::must(
        "W18b",
        "String lengths 0xffffffff, 0xfffffffd, which round up past a u32, are malformed.",
        "connection-test connection_demarshal_failures",
        |bench| lengths(bench, "s", &[0xffff_ffff, 0xffff_fffd]),
    ),
    Case::must(
        "W18c",
        "The same lengths on an array are malformed.",
        "connection-test connection_demarshal_failures",
        |bench| lengths(bench, "a", &[0xffff_fffc, 0x8000_0000, 0x7fff_ffff, 0xffff_ffff]),
    ),
    Case::must("W19a", "A string whose last byte is not NUL is malformed.", "connection.c demarshal", |bench| {
        bench.refuses("s", &body().uint(4).raw(b"abcd").bytes())
    }),
    Case::must("W19b", "A string with a NUL inside is malformed.", "manual: interior null not permitted", |bench| {
        bench.refuses("s", &body().uint(4).raw(b"a\0c\0").bytes())
    }),
    Case::must(
        "W20a",
        "An array of one byte more than the padded rest is malformed, never a reason to wait.",
        "connection.c; wayland-rs waits",
        |bench| bench.refuses("a", &body().uint(5).raw(b"abcd").bytes()),
    ),
    Case::must(
        "W20b",
        "A string of one byte more than the padded rest is malformed, never a reason to wait.",
        "connection.c; wayland-rs waits",
        |bench| bench.refuses("s", &body().uint(5).raw(b"abcd").bytes()),
    ),
    Case::must("W21a", "A body that ends before an int is malformed.", "connection.c", |bench| early(bench, "i")),
    Case::must("W21b", "A body that ends before a uint is malformed.", "connection.c", |bench| early(bench, "u")),
    Case::must("W21c", "A body that ends before a fixed is malformed.", "connection.c", |bench| early(bench, "f")),
    Case::must("W21d", "A body that ends before a string is malformed, nullable or not.", "connection.c", |bench| {
        early(bench, "s").and_then(|()| early(bench, "?s"))
    }),
    Case::must("W21e", "A body that ends before an array is malformed.", "connection.c", |bench| early(bench, "a")),
    Case::must("W21f", "A body that ends before an object is malformed, nullable or not.", "connection.c", |bench| {
        early(bench, "o").and_then(|()| early(bench, "?o"))
    }),
    Case::must("W21g", "A body that ends before a new id is malformed.", "connection.c", |bench| early(bench, "n")),
    Case::must("W21h", "A message that lacks its fd is malformed.", "libwayland; wayland-rs waits", |bench| {
        bench.refuses("h", &body().bytes())
    }),
    Case::should(
        "W22",
        "Two words of surplus body are malformed, and no message is parsed from them.",
        "rule of the kit; libwayland ignores them",
        |bench| bench.refuses("u", &body().uint(1).uint(1).uint(0x0008_0000).bytes()),
    ),
    Case::must(
        "W23",
        "Every message shape of the core protocol, with random arguments, decodes and encodes to the same bytes.",
        "connection-test marshal_demarshal",
        w23_round_trip,
    ),
    Case::must(
        "W25d",
        "A null string, object or new id where none may be null is malformed.",
        "connection.c demarshal",
        |bench| ["s", "o", "n"].into_iter().try_for_each(|kind| bench.refuses(kind, &body().uint(0).bytes())),
    ),
    Case::should(
        "W27",
        "A string of invalid UTF-8 is malformed, or comes as its bytes.",
        "manual: UTF-8; libwayland accepts",
        |bench| {
            let bytes = body().array(b"\xff\xfea\0").bytes();
            match bench.decode("s", &bytes)? {
                Err(_) => Ok(()),
                Ok(values) => {
                    ensure(values == [Value::Text(Some(b"\xff\xfea".to_vec()))], || format!("it decodes to {values:?}"))
                }
            }
        },
    ),
];

/// A message of which only the body matters.
fn body() -> Message {
    Message::new(3, 0)
}

/// Requires that each length word, with four bytes behind it, is malformed.
fn lengths(bench: &Bench, signature: &str, lengths: &[u32]) -> Verdict {
    lengths.iter().try_for_each(|length| bench.refuses(signature, &body().uint(*length).raw(b"abc\0").bytes()))
}

/// Requires that a message with one good uint and nothing for the argument behind it is malformed.
fn early(bench: &Bench, kind: &str) -> Verdict {
    bench.refuses(&format!("u{kind}"), &body().uint(1).bytes())
}

/// The shapes of all messages of the core protocol.
const SHAPES: &[&str] = &[
    "n", "usun", "ous", "u", "usu", "nni", "niiiiu", "i", "?oii", "iiii", "?o", "ii", "sun", "s", "?ou", "uu", "us",
    "o", "nii", "ufff", "uuf", "uo", "uiia", "noo", "iiiiissi", "siu", "u?oii", "uoffo", "uuuuu", "uoa", "uiuuu", "",
];

fn w23_round_trip(bench: &mut Bench) -> Verdict {
    let mut random = Random::new(23);
    for round in 0..200 {
        for shape in SHAPES {
            let signature = kinds(shape);
            let values: Vec<Value> = signature.iter().map(|kind| random.value(*kind)).collect();
            let refused =
                |refused: super::Refused| Stop::Fail(format!("{shape} in round {round} is refused: {refused}"));
            let mut codec = bench.codec();
            let (bytes, _) = codec.encode(3, 1, &signature, &values, Vec::new()).map_err(refused)?;
            codec.feed(&bytes, Vec::new());
            let Some(decoded) = codec.next(&signature).map_err(refused)? else {
                return fail(format!("{shape}: the decoder waits for more bytes"));
            };
            ensure(decoded.values == values, || format!("{shape}: {values:?} became {:?}", decoded.values))?;
            let (again, _) = codec.encode(3, 1, &signature, &decoded.values, Vec::new()).map_err(refused)?;
            ensure(again == bytes, || format!("{shape}: the second encoding differs from the first"))?;
        }
    }
    Ok(())
}

/// A small deterministic generator (xorshift), so that a failure can be reproduced.
#[derive(Debug)]
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn word(&mut self) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 32) as u32
    }

    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.word() % bound
    }

    pub(super) fn bytes(&mut self, bound: u32) -> Vec<u8> {
        (0..self.below(bound)).map(|_| self.word() as u8).collect()
    }

    fn value(&mut self, kind: super::Kind) -> Value {
        use super::Kind;
        match kind {
            Kind::Int => Value::Int(self.word().cast_signed()),
            Kind::Uint => Value::Uint(self.word()),
            Kind::Fixed => Value::Fixed(self.word().cast_signed()),
            Kind::Text { nullable: true } if self.below(4) == 0 => Value::Text(None),
            Kind::Text { .. } => {
                Value::Text(Some((0..self.below(40)).map(|_| b' ' + (self.below(90) as u8)).collect()))
            }
            Kind::Array => Value::Array(self.bytes(40)),
            Kind::Object { nullable: true } if self.below(4) == 0 => Value::Object(0),
            Kind::Object { .. } => Value::Object(self.word() | 1),
            Kind::NewId => Value::NewId(self.word() | 1),
            Kind::Fd => Value::Fd,
        }
    }
}
