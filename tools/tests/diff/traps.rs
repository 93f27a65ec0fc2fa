//! What real histories have that looks like a change and is none, or that is one change and looks like many.

use wayline_codegen::diff::{Rule, compare};
use wayline_codegen::source::Source;

use crate::{breaks_peers, changes, lamp, lamps, rules};

#[test]
fn an_interface_that_moves_to_another_file_is_no_change() {
    let one = |name: &str, interfaces: &str| {
        let text = format!("<protocol name=\"{name}\">{interfaces}</protocol>");
        Source::new(format!("{name}.xml"), text.into_bytes())
    };
    let lamp = r#"<interface name="lamp" version="1"><request name="light"/></interface>"#;
    let socket = r#"<interface name="socket" version="1"><event name="on"/></interface>"#;
    let old = vec![one("a", lamp), one("b", socket)];
    let new = vec![one("b", &[socket, lamp].concat())];
    assert_eq!(compare(old, new).unwrap(), []);
}

#[test]
fn two_protocols_may_have_an_interface_of_one_name() {
    let one = |protocol: &str, request: &str| {
        let text = format!(
            "<protocol name=\"{protocol}\"><interface name=\"surface\" version=\"1\"><request name=\"{request}\"/>\
             </interface></protocol>"
        );
        Source::new(format!("{protocol}.xml"), text.into_bytes())
    };
    let both = vec![one("v5", "set_parent"), one("stable", "get_popup")];
    let swapped = both.iter().rev().cloned().collect();
    assert_eq!(compare(both, swapped).unwrap(), []);
}

#[test]
fn an_interface_that_was_in_two_files_and_is_in_one_is_not_gone() {
    let one = |file: &str, protocol: &str| {
        let text = lamp(1, "<request name=\"light\"/>")
            .replace("protocol name=\"lamp\"", &format!("protocol name=\"{protocol}\""));
        Source::new(file, text.into_bytes())
    };
    let old = vec![one("unstable.xml", "lamp_unstable_v1"), one("stable.xml", "lamp_v1")];
    assert_eq!(compare(old, vec![one("lamp.xml", "lamp_v1")]).unwrap(), []);
}

#[test]
fn a_known_name_with_another_wire_is_one_change() {
    let old = r#"<interface name="xdg_surface" version="1">
      <request name="destroy" type="destructor"/>
      <request name="set_parent"><arg name="parent" type="object" interface="xdg_surface" allow-null="true"/></request>
      <request name="set_title"><arg name="title" type="string"/></request>
      <request name="set_app_id"><arg name="app_id" type="string"/></request>
      <request name="ack_configure"><arg name="serial" type="uint"/></request>
      <request name="set_maximized"/><request name="unset_maximized"/>
      <event name="configure"><arg name="width" type="int"/><arg name="serial" type="uint"/></event>
      <event name="close"/>
    </interface>"#;
    let new = r#"<interface name="xdg_surface" version="1">
      <request name="destroy" type="destructor"/>
      <request name="get_toplevel"><arg name="id" type="new_id" interface="xdg_toplevel"/></request>
      <request name="ack_configure"><arg name="serial" type="uint"/></request>
      <event name="configure"><arg name="serial" type="uint"/></event>
    </interface>"#;
    assert_eq!(rules(&lamps(old), &lamps(new)), ["interface-redefined"]);
}

#[test]
fn one_inserted_message_is_one_change_however_many_it_shifts() {
    let requests = (0..50).map(|n| format!("<request name=\"r{n}\"/>")).collect::<String>();
    let new = format!("<request name=\"first\" since=\"2\"/>{requests}");
    let found = changes(&lamp(1, &requests), &lamp(2, &new));
    let breaking: Vec<_> = found.iter().filter(|one| one.class() == wayline_codegen::diff::Class::Wire).collect();
    assert_eq!(breaking.len(), 1, "{found:#?}");
    assert_eq!(breaking[0].rule(), Rule::MessageInserted);
    assert!(breaking[0].message().ends_with("50 requests that were there before"), "{}", breaking[0].message());
}

#[test]
fn a_renamed_interface_is_not_a_change_of_every_argument_of_it() {
    let one = |name: &str| {
        let args: String = (0..5)
            .map(|n| format!("<request name=\"r{n}\"><arg name=\"a\" type=\"object\" interface=\"{name}\"/></request>"))
            .collect();
        lamps(&format!(
            "<interface name=\"{name}\" version=\"1\"><request name=\"light\"><arg name=\"other\" type=\"object\" \
             interface=\"{name}\"/></request></interface><interface name=\"user\" version=\"1\">{args}</interface>"
        ))
    };
    assert_eq!(rules(&one("lamp"), &one("torch")), ["interface-renamed"]);
}

#[test]
fn interfaces_that_can_only_be_destroyed_are_not_taken_for_each_other() {
    let of = |name: &str| {
        lamps(&format!(
            "<interface name=\"{name}\" version=\"1\"><request name=\"destroy\" type=\"destructor\"/></interface>"
        ))
    };
    assert_eq!(rules(&of("inhibitor"), &of("reference")), ["interface-added", "interface-removed"]);
}

#[test]
fn a_renamed_interface_may_count_its_versions_anew() {
    let of = |name: &str, version: u32| {
        lamps(&format!("<interface name=\"{name}\" version=\"{version}\"><request name=\"light\"/></interface>"))
    };
    assert_eq!(rules(&of("zlamp_v1", 3), &of("lamp", 1)), ["interface-renamed"]);
}

#[test]
fn a_renamed_enum_is_not_a_change_of_every_argument_of_it() {
    let one = |name: &str| {
        lamp(
            1,
            &format!(
                "<request name=\"set\"><arg name=\"a\" type=\"uint\" enum=\"{name}\"/></request>\
                 <enum name=\"{name}\"><entry name=\"on\" value=\"0\"/></enum>"
            ),
        )
    };
    assert_eq!(rules(&one("mode"), &one("state")), ["enum-renamed"]);
}

#[test]
fn a_request_that_takes_the_number_of_another_one_is_no_renamed_one() {
    let old = lamp(1, "<request name=\"light\"/><request name=\"dim\"/>");
    let new = lamp(2, "<request name=\"light\"/><request name=\"blink\" since=\"2\"/>");
    let found = rules(&old, &new);
    assert!(found.contains(&"message-removed") && !found.contains(&"message-renamed"), "{found:?}");
}

#[test]
fn an_entry_that_takes_the_value_of_another_one_is_no_renamed_one() {
    let of = |version, entry: &str| lamp(version, &format!("<enum name=\"mode\"><entry value=\"1\" {entry}/></enum>"));
    let found = rules(&of(1, "name=\"on\""), &of(2, "name=\"off\" since=\"2\""));
    assert!(found.contains(&"entry-removed") && !found.contains(&"entry-renamed"), "{found:?}");
}

#[test]
fn several_versions_may_be_added_at_once() {
    let old = lamp(1, "<request name=\"light\"/>");
    let new =
        lamp(3, "<request name=\"light\"/><request name=\"dim\" since=\"2\"/><request name=\"blink\" since=\"3\"/>");
    assert!(!breaks_peers(&changes(&old, &new)));
}

#[test]
fn values_and_descriptors_are_ordered_on_their_own() {
    let with = |args: &[&str]| {
        let args: String = args
            .iter()
            .map(|name| format!("<arg name=\"{name}\" type=\"{}\"/>", if name.starts_with('f') { "fd" } else { "int" }))
            .collect();
        lamp(1, &format!("<request name=\"set\">{args}</request>"))
    };
    assert_eq!(rules(&with(&["a", "f", "b", "f2"]), &with(&["f", "a", "f2", "b"])).first(), Some(&"fd-moved"));
    assert_eq!(rules(&with(&["a", "f", "f2"]), &with(&["a", "f2", "f"])), ["argument-moved"]);
    assert_eq!(rules(&with(&["a", "f", "b"]), &with(&["b", "f", "a"])), ["argument-moved"]);
}

#[test]
fn int_and_uint_are_different_types() {
    let of = |kind: &str| lamp(1, &format!("<event name=\"e\"><arg name=\"a\" type=\"{kind}\"/></event>"));
    assert_eq!(rules(&of("int"), &of("uint")), ["argument-retyped"]);
    assert_eq!(rules(&of("uint"), &of("int")), ["argument-retyped"]);
}

#[test]
fn whatever_line_of_a_file_goes_or_comes_is_found_again() {
    let text = include_str!("../../../codegen/tests/every_feature.xml");
    let whole = || vec![Source::new("whole.xml", text.into())];
    let mut compared = 0;
    for line in text.lines().filter(|line| line.contains('<')) {
        let part = || vec![Source::new("part.xml", text.replacen(line, "", 1).into_bytes())];
        // Most lines open or close something.
        let (Ok(there), Ok(back)) = (compare(whole(), part()), compare(part(), whole())) else { continue };
        compared += 1;
        assert_eq!(there.is_empty(), back.is_empty(), "{line}");
        assert!(!there.is_empty() || line.contains("<!--") || line.contains("<?xml"), "{line}");
    }
    assert!(compared > 20, "{compared}");
}

#[test]
fn whatever_attribute_goes_or_comes_is_found_again() {
    let text = include_str!("../../../codegen/tests/every_feature.xml");
    let whole = || vec![Source::new("whole.xml", text.into())];
    let mut compared = 0;
    for (equals, _) in text.match_indices("=\"") {
        let start = text[..equals].rfind([' ', '\n']).unwrap();
        let end = equals + 2 + text[equals + 2..].find('"').unwrap() + 1;
        let part = || vec![Source::new("part.xml", [&text[..start], &text[end..]].concat().into_bytes())];
        let (Ok(there), Ok(back)) = (compare(whole(), part()), compare(part(), whole())) else { continue };
        compared += 1;
        let attribute = &text[start..end];
        assert_eq!(there.is_empty(), back.is_empty(), "{attribute}");
        assert!(!there.is_empty() || attribute.contains("encoding"), "{attribute} at {start}");
    }
    assert!(compared > 20, "{compared}");
}
