//! What programs that manage the screen have asked for.

use wayline_desktop_wayland::protocol::*;

use super::fixture::twins;

#[test]
fn an_arrangement_that_was_made_before_is_applied() {
    let before = |fixture: &mut super::fixture::Fixture| {
        fixture.join("settings");
        let guest = &mut fixture.guests[0];
        let manager: ZwlrOutputManagerV1 = guest.bind();
        fixture.pump();
        let guest = &mut fixture.guests[0];
        let (head, mode) = (guest.head.unwrap(), guest.mode.unwrap());
        let client = &mut guest.client;
        let arrange = |client: &mut wayline::Client<super::client::TestClient>, x| {
            let configuration = manager.create_configuration(client, 1).unwrap();
            let wanted = configuration.enable_head(client, head).unwrap();
            wanted.set_mode(client, mode).unwrap();
            wanted.set_position(client, x, 0).unwrap();
            (configuration, wanted)
        };
        [arrange(client, 0), arrange(client, 1)]
    };
    let logs = twins(before, |fixture, [(same, wanted), (other, _)]| {
        let client = &mut fixture.guests[0].client;
        wanted.set_scale(client, wayline::Fixed::from_int(1)).unwrap();
        same.apply(client).unwrap();
        other.test(client).unwrap();
        fixture.pump();
        same.destroy(&mut fixture.guests[0].client).unwrap();
        let outputs: ZxdgOutputManagerV1 = fixture.guests[0].bind();
        let output: WlOutput = fixture.guests[0].bind();
        outputs.get_xdg_output(&mut fixture.guests[0].client, output).unwrap();
        fixture.pump();
    });
    let heard = |what: &str| logs[0].iter().any(|event| event.contains(what));
    assert!(heard("Succeeded") && heard("Failed") && heard("LogicalSize"), "{:?}", logs[0]);
}
