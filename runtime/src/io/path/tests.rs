use std::io::ErrorKind;

use super::*;

fn runtime_dir(dir: impl Into<OsString>) -> Environment {
    Environment { xdg_runtime_dir: Some(dir.into()), ..Environment::default() }
}

#[test]
fn k03_an_absolute_path_needs_no_runtime_dir() {
    let env = Environment { wayland_display: Some("/run/a/socket".into()), ..Environment::default() };
    assert_eq!(Address::of_display(&env).unwrap().path(), Some(Path::new("/run/a/socket")));
}

#[test]
fn names_lie_in_the_runtime_dir() {
    let mut env = runtime_dir("/run/user/7");
    assert_eq!(Address::of_display(&env).unwrap().path(), Some(Path::new("/run/user/7/wayland-0")));
    env.wayland_display = Some("wayland-4".into());
    assert_eq!(Address::of_display(&env).unwrap().path(), Some(Path::new("/run/user/7/wayland-4")));
    env.wayland_display = Some(OsString::new());
    assert_eq!(Address::of_display(&env).unwrap().path(), Some(Path::new("/run/user/7/")));
}

#[test]
fn k04_a_name_without_a_usable_runtime_dir_is_not_found() {
    let without = Address::named("a", &Environment::default()).unwrap_err();
    assert_eq!(without, AddressError::NoRuntimeDir { name: "a".into() });
    assert_eq!(without.kind(), ErrorKind::NotFound);
    assert_eq!(Address::named("a", &runtime_dir("")).unwrap_err(), without);

    let relative = Address::named("a", &runtime_dir("run")).unwrap_err();
    assert_eq!(relative, AddressError::RelativeRuntimeDir { name: "a".into(), dir: "run".into() });
    assert_eq!(relative.kind(), ErrorKind::NotFound);
}

#[test]
fn k05_a_path_of_107_bytes_fits_and_one_of_108_does_not() {
    let env = runtime_dir("/run");
    let name = "x".repeat(MAX_PATH - "/run/".len());
    let longest = Address::named(&name, &env).unwrap();
    assert_eq!(longest.path().unwrap().as_os_str().len(), 107);
    assert!(longest.to_socket_address().is_ok());

    let error = Address::named(format!("{name}x"), &env).unwrap_err();
    assert!(matches!(error, AddressError::TooLong { length: 108, .. }), "{error:?}");
    assert_eq!(error.kind(), ErrorKind::InvalidFilename);
}

#[test]
fn a_nul_in_a_path_is_an_error() {
    assert_eq!(Address::at_path("/run/a\0b"), Err(AddressError::InteriorNul));
}

#[test]
fn k19_an_abstract_name_is_only_made_on_request_and_fits_or_is_refused() {
    let env = runtime_dir("/run");
    assert_eq!(Address::named("@name", &env).unwrap().path(), Some(Path::new("/run/@name")));

    let address = Address::open_to_everyone([0xff; 107]).unwrap();
    assert_eq!(address.path(), None);
    assert!(address.to_socket_address().is_ok());
    assert!(matches!(Address::open_to_everyone([b'x'; 108]), Err(AddressError::TooLong { length: 108, .. })));
    assert_eq!(Address::open_to_everyone(""), Err(AddressError::EmptyAbstractName));
    assert_eq!(Address::open_to_everyone("a b").unwrap().to_string(), "@a b");
}
