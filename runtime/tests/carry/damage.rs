//! States that are damaged, cut or made up.

use super::*;

/// A state with all kinds of things in it.
fn some_state() -> (Vec<u8>, usize) {
    let mut host = Host::new();
    let (mut guest, _) = connect(&mut host);
    let (mut other, _) = connect(&mut host);
    exchange(&mut host, &mut [&mut guest, &mut other]);
    let probe: Probe = guest.client.bind(3).unwrap();
    let children: Vec<ProbeChild> = (0..20).map(|_| probe.create(&mut guest.client).unwrap()).collect();
    for child in &children[3..9] {
        child.destroy(&mut guest.client).unwrap();
    }
    for _ in 0..5 {
        probe.offer(&mut guest.client).unwrap();
    }
    exchange(&mut host, &mut [&mut guest, &mut other]);
    let (bytes, fds) = carry::save(&mut host).unwrap().into_parts();
    (bytes, fds.len())
}

fn loaded(bytes: Vec<u8>, fds: usize) -> Result<Host, CarryError> {
    let fds = (0..fds).map(|_| UnixStream::pair().unwrap().0.into()).collect();
    carry::load(State::from_parts(bytes, fds))
}

#[test]
fn a_state_that_is_cut_or_has_one_bit_flipped_is_refused() {
    let (bytes, fds) = some_state();
    assert!(loaded(bytes.clone(), fds).is_ok());
    for length in (0..bytes.len()).step_by(7) {
        assert!(loaded(bytes[..length].to_vec(), fds).is_err(), "{length} bytes");
    }
    for bit in (0..8 * bytes.len()).step_by(13) {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = loaded(flipped, fds).map(drop).unwrap_err();
        assert!(matches!(error, CarryError::Damaged { .. } | CarryError::Format { .. }), "bit {bit}: {error}");
    }
    assert!(matches!(loaded(bytes, fds - 1), Err(CarryError::Damaged { .. })), "a descriptor is missing");
    let newer = [b"waylineS".as_slice(), &2u64.to_le_bytes(), &[0; 16]].concat();
    let error = loaded(newer, 0).map(drop).unwrap_err().to_string();
    assert_eq!(error, "the state is of format 2, and this program reads those up to 1");
}

#[test]
fn a_state_that_somebody_made_up_does_no_harm() {
    let (bytes, fds) = some_state();
    let body = &bytes[32..];
    let mut random = 0x1234_5678_9abc_def0_u64;
    let mut next = move || {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random
    };
    for _ in 0..3000 {
        let mut body = body.to_vec();
        for _ in 0..1 + next() % 3 {
            let at = next() as usize % body.len();
            body[at] = if next() % 2 == 0 { next() as u8 } else { 0xff };
        }
        let sum = body
            .iter()
            .fold(0xcbf2_9ce4_8422_2325_u64, |sum, &byte| (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3));
        let made_up = [
            b"waylineS".as_slice(),
            &1u64.to_le_bytes(),
            &(body.len() as u64).to_le_bytes(),
            &sum.to_le_bytes(),
            &body,
        ];
        // Loaded or refused: it neither panics nor takes memory that the state does not have.
        let Ok(mut host) = loaded(made_up.concat(), fds) else { continue };
        server::turn(&mut host).unwrap();
    }
}
