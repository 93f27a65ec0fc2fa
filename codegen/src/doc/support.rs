//! What compositors offer, as `wayline info --json` tells it.

use std::collections::BTreeMap;

use serde_json::Value;

/// What a compositor offers.
///
/// It is read from an object of JSON: `format`, which is 1; `compositor`, its name, or null; and `globals`, a list of
/// objects with `interface`, a string, and `version`, a number from 1 to 4294967295. Whatever else there is, such as the
/// `name` of a global, is not looked at. Of an interface that is there several times the highest version counts.
///
/// ```
/// use wayline_codegen::doc::Support;
///
/// let json = r#"{
///   "format": 1,
///   "compositor": "lamps 2.0",
///   "globals": [{ "name": 1, "interface": "lamp", "version": 3 }]
/// }"#;
/// let support = Support::read("lamps.json", json.as_bytes())?;
/// assert_eq!(support.compositor(), "lamps 2.0");
/// assert_eq!(support.version("lamp"), Some(3));
/// # Ok::<(), String>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Support {
    compositor: String,
    globals: BTreeMap<String, u32>,
}

/// The version of the format.
const FORMAT: u64 = 1;

/// The most globals of a compositor; real ones have below a hundred.
const MAX_GLOBALS: usize = 10_000;

/// The longest name of a compositor or an interface, in bytes.
const MAX_NAME: usize = 200;

impl Support {
    /// Reads the JSON. `file` is the name of the compositor if it does not give one, without directory and ending.
    ///
    /// # Errors
    /// What is wrong, in one line.
    pub fn read(file: &str, json: &[u8]) -> Result<Self, String> {
        let value: Value = serde_json::from_slice(json).map_err(|error| format!("it is not JSON: {error}"))?;
        match value.get("format").map(Value::as_u64) {
            Some(Some(FORMAT)) => {}
            Some(_) => return Err(format!("its `format` is not {FORMAT}")),
            None => return Err("it has no `format`; `wayline info --json` writes such files".to_owned()),
        }
        let compositor = match value.get("compositor") {
            None | Some(Value::Null) => {
                std::path::Path::new(file).file_stem().map_or(file.into(), |stem| stem.to_string_lossy().into_owned())
            }
            Some(name) => name_of(name).ok_or("its `compositor` is no name")?,
        };
        let globals = value.get("globals").and_then(Value::as_array).ok_or("it has no list `globals`")?;
        if globals.len() > MAX_GLOBALS {
            return Err(format!("it has more than {MAX_GLOBALS} globals"));
        }
        let mut known = BTreeMap::new();
        for (at, global) in globals.iter().enumerate() {
            let interface = global.get("interface").and_then(name_of);
            let version = global.get("version").and_then(Value::as_u64).and_then(|version| u32::try_from(version).ok());
            let (Some(interface), Some(version @ 1..)) = (interface, version) else {
                return Err(format!("its global {at} has no `interface` or no `version`"));
            };
            known.entry(interface).and_modify(|known: &mut u32| *known = version.max(*known)).or_insert(version);
        }
        Ok(Self { compositor, globals: known })
    }

    /// The name of the compositor.
    pub fn compositor(&self) -> &str {
        &self.compositor
    }

    /// The version of an interface that it offers, if it does.
    pub fn version(&self, interface: &str) -> Option<u32> {
        self.globals.get(interface).copied()
    }

    /// The interfaces that it offers.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = &str> {
        self.globals.keys().map(String::as_str)
    }
}

fn name_of(value: &Value) -> Option<String> {
    let name = value.as_str()?;
    (!name.is_empty() && name.len() <= MAX_NAME && !name.contains(char::is_control)).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Support, String> {
        Support::read("dir/west.json", json.as_bytes())
    }

    #[test]
    fn the_highest_version_counts_and_the_file_names_what_has_no_name() {
        let globals = r#"[{"interface":"wl_output","version":2},{"interface":"wl_output","version":4,"name":7}]"#;
        let support = read(&format!(r#"{{"format":1,"globals":{globals},"more":[]}}"#)).unwrap();
        assert_eq!((support.compositor(), support.version("wl_output")), ("west", Some(4)));
        assert_eq!(support.version("wl_seat"), None);
    }

    #[test]
    fn json_of_another_form_is_refused_in_one_line() {
        for (json, message) in [
            ("{", "it is not JSON: EOF while parsing an object at line 1 column 1"),
            ("[]", "it has no `format`; `wayline info --json` writes such files"),
            (r#"{"format":2}"#, "its `format` is not 1"),
            (r#"{"format":1}"#, "it has no list `globals`"),
            (r#"{"format":1,"compositor":"a\nb","globals":[]}"#, "its `compositor` is no name"),
            (r#"{"format":1,"globals":[{"interface":"a"}]}"#, "its global 0 has no `interface` or no `version`"),
            (
                r#"{"format":1,"globals":[{"interface":"a","version":0}]}"#,
                "its global 0 has no `interface` or no `version`",
            ),
        ] {
            assert_eq!(read(json).unwrap_err(), message);
        }
    }
}
