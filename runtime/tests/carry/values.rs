//! Values by themselves: what is loaded is what was saved, and anything else is an error.

use std::collections::{BTreeMap, BTreeSet, HashMap, VecDeque};
use std::fmt::Debug;

use wayline::carry::Carry;
use wayline::io::shm::{Layout, PixelFormat, Rect};

use super::*;

fn loaded<T: Carry>(state: State) -> Result<T, String> {
    carry::from_state(state).map_err(|error| error.to_string())
}

#[track_caller]
fn goes_over<T: Carry + PartialEq + Debug>(value: T) {
    assert_eq!(loaded::<T>(carry::to_state(&value).unwrap()), Ok(value));
}

/// What `T` says to the bytes of another value.
#[track_caller]
fn refused<T: Carry + Debug>(value: &impl Carry) -> String {
    loaded::<T>(carry::to_state(value).unwrap()).unwrap_err()
}

#[derive(Debug, PartialEq)]
struct Record<T> {
    first: Box<T>,
    /// Not a name that the macro has a use for.
    saver: [i16; 3],
    tag: Tag,
    nothing: Nothing,
}

#[derive(Debug, PartialEq)]
struct Tag(u8, f64);

#[derive(Debug, PartialEq)]
struct Nothing;

#[derive(Debug, PartialEq)]
enum Choice<T> {
    Nothing,
    One(T),
    Both { loader: u32, one: T },
}

wayline::carry!([T: Carry] struct Record<T> { first, saver, tag, nothing });
wayline::carry!(struct Tag(0, 1));
wayline::carry!(
    struct Nothing {}
);
wayline::carry!([T: Carry] enum Choice<T> { 0 = Nothing, 2 = One(one), 7 = Both { loader, one } });

#[test]
fn structs_and_enums_go_over_by_their_fields() {
    goes_over(Record { first: Box::new("a text".to_owned()), saver: [1, -2, 3], tag: Tag(9, 0.5), nothing: Nothing });
    goes_over(vec![Choice::Nothing, Choice::One(3_i64), Choice::Both { loader: 4, one: 5 }]);
    // The number of a variant comes first, and its fields in the order of the list.
    let both = Choice::Both { loader: 4, one: 5_u32 };
    let bytes = |state: State| state.into_parts().0;
    assert_eq!(bytes(carry::to_state(&both).unwrap()), bytes(carry::to_state(&(7_u32, 4_u32, 5_u32)).unwrap()));
}

#[test]
fn a_number_that_no_variant_has_is_damage() {
    let text = refused::<Choice<u32>>(&1_u32);
    assert!(text.contains("a number that no Choice has"), "{text}");
}

#[test]
fn collections_go_over_in_an_order_of_their_own() {
    goes_over(VecDeque::from([1_u32, 2, 3]));
    goes_over(BTreeMap::from([("a".to_owned(), 1_u32), ("b".to_owned(), 2)]));
    goes_over(BTreeSet::from([3_u8, 1]));
    goes_over((1_u8, 2_u16, Some((3_u64, false, -4_i8, ()))));
    goes_over(Duration::new(5, 999_999_999));
    let map = |keys: std::ops::Range<u32>| -> HashMap<u32, u32> { keys.map(|key| (key, key * 2)).collect() };
    goes_over(map(0..100));
    // Each map has another order of its own.
    let bytes = || carry::to_state(&map(0..100)).unwrap().into_parts().0;
    assert_eq!(bytes(), bytes());
}

#[test]
fn what_is_said_of_pictures_is_checked_again() {
    let layout = Layout::packed(64, 30, 20, PixelFormat::RGB565).unwrap();
    goes_over((layout, PixelFormat::ABGR8888, Rect::new(-5, 5, 10, 10), Rect::EMPTY));
    let (code, no_bytes, bytes) = (7_u32, 0_u8, 4_u8);
    assert!(refused::<PixelFormat>(&(code, no_bytes)).contains("without a byte"));
    // Rows that are longer than their stride, and no rows.
    assert!(refused::<Layout>(&([0, 30, 20, 119], (code, bytes))).contains("no memory"));
    assert!(refused::<Layout>(&([0, 30, 0, 120], (code, bytes))).contains("no memory"));
    // An area that is none is empty, as everywhere.
    assert_eq!(loaded::<Rect>(carry::to_state(&[5, 5, 4, 9]).unwrap()), Ok(Rect::EMPTY));
}

#[test]
fn what_a_collection_cannot_have_is_damage() {
    let twice = vec![(1_u32, 5_u32), (1, 6)];
    assert!(refused::<BTreeMap<u32, u32>>(&twice).contains("twice"));
    assert!(refused::<HashMap<u32, u32>>(&twice).contains("twice"));
    assert!(refused::<BTreeSet<u32>>(&vec![1_u32, 1]).contains("twice"));
    assert!(refused::<Duration>(&(1_u64, 1_000_000_000_u32)).contains("second"));
    // A list that says that it has more than there is, of things and of nothing.
    assert!(refused::<Vec<u32>>(&u32::MAX).contains("too early"));
    assert!(refused::<Vec<Nothing>>(&u32::MAX).contains("a list of nothing"));
    assert!(refused::<VecDeque<()>>(&u32::MAX).contains("a list of nothing"));
    assert!(refused::<[u32; 3]>(&(1_u32, 2_u32)).contains("too early"));
}

#[test]
fn a_state_of_one_value_has_no_other_and_no_clients() {
    assert!(refused::<u32>(&(1_u32, 2_u32)).contains("not read"));
    let (one, _other) = pair();
    let fd: OwnedFd = carry::from_state(carry::to_state(&one).unwrap()).unwrap();
    assert!(rustix::io::fcntl_getfd(&fd).is_ok());
    let mut host = Host::new();
    let (mut guest, id) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest]);
    let _: Probe = guest.client.bind(3).unwrap();
    guest.client.flush();
    exchange(&mut host, &mut [&mut guest]);
    let (handle, client): (Probe, ClientId) =
        carry::from_state(carry::to_state(&(host.probes[0], id)).unwrap()).unwrap();
    assert!(host.server.data(handle).is_err());
    assert_ne!(client, id);
}
