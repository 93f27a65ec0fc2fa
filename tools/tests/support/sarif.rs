//! What the schema of SARIF 2.1.0 says of the parts that are written here: which properties there may be, which there must
//! be, and what they may hold.

use serde_json::Value;

/// An object's properties: those that must be there, and the others that may be.
fn assert_object(value: &Value, what: &str, required: &[&str], optional: &[&str]) {
    let object = value.as_object().unwrap_or_else(|| panic!("{what} is no object: {value}"));
    for name in required {
        assert!(object.contains_key(*name), "{what} has no {name}: {value}");
    }
    for name in object.keys() {
        let name = name.as_str();
        assert!(required.contains(&name) || optional.contains(&name), "{what} must not have {name}");
    }
}

/// A list whose items the schema wants to be different.
fn unique<'a>(value: &'a Value, what: &str) -> &'a [Value] {
    let list = value.as_array().unwrap_or_else(|| panic!("{what} is no list: {value}"));
    for (at, item) in list.iter().enumerate() {
        assert!(!list[..at].contains(item), "{what} has the same item twice: {item}");
    }
    list
}

fn assert_text(value: &Value, what: &str) {
    assert_object(value, what, &["text"], &[]);
    assert!(value["text"].as_str().is_some_and(|text| !text.is_empty()), "{what}: {value}");
}

fn assert_level(value: &Value) {
    assert!(["none", "note", "warning", "error"].contains(&value.as_str().unwrap()), "{value}");
}

/// A reference of RFC 3986, as far as its characters go.
fn assert_uri(value: &Value) {
    let uri = value.as_str().unwrap();
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~:/?#[]@!$&'()*+,;=%".contains(&byte);
    assert!(!uri.is_empty() && uri.bytes().all(is_allowed), "{uri}");
}

fn assert_location(value: &Value) {
    assert_object(value, "a location", &[], &["id", "physicalLocation", "logicalLocations", "message"]);
    assert!(value.get("id").is_none_or(|id| id.as_i64() >= Some(-1)));
    value.get("message").inspect(|message| assert_text(message, "the message of a location"));
    let place = &value["physicalLocation"];
    assert_object(place, "a physical location", &["artifactLocation"], &["region"]);
    assert_object(&place["artifactLocation"], "an artifact location", &["uri"], &[]);
    assert_uri(&place["artifactLocation"]["uri"]);
    assert_object(&place["region"], "a region", &["startLine"], &["startColumn"]);
    for number in place["region"].as_object().unwrap().values() {
        assert!(number.as_u64() >= Some(1), "{place}");
    }
    for item in value.get("logicalLocations").map_or(&[][..], |list| unique(list, "logical locations")) {
        assert_object(item, "a logical location", &["fullyQualifiedName"], &[]);
    }
}

/// Checks a whole log of one run, and returns its rules and its results.
pub(crate) fn checked(log: &Value) -> (&[Value], &[Value]) {
    assert_object(log, "a log", &["version", "runs", "$schema"], &[]);
    assert_eq!(log["version"], "2.1.0");
    assert_uri(&log["$schema"]);
    let [run] = &log["runs"].as_array().unwrap()[..] else { panic!("it has more than one run") };
    assert_object(run, "a run", &["tool", "results"], &["columnKind"]);
    assert!(["utf16CodeUnits", "unicodeCodePoints"].contains(&run["columnKind"].as_str().unwrap()));
    assert_object(&run["tool"], "a tool", &["driver"], &[]);
    let driver = &run["tool"]["driver"];
    assert_object(driver, "a driver", &["name"], &["version", "rules"]);
    assert!(driver["name"].is_string() && driver["version"].is_string());
    let rules = unique(&driver["rules"], "rules");
    for rule in rules {
        let optional = ["shortDescription", "fullDescription", "defaultConfiguration", "properties"];
        assert_object(rule, "a rule", &["id"], &optional);
        assert!(rule["id"].as_str().is_some_and(|id| !id.is_empty()));
        for text in ["shortDescription", "fullDescription"] {
            assert_text(&rule[text], text);
        }
        assert_object(&rule["defaultConfiguration"], "a configuration", &[], &["level"]);
        assert_level(&rule["defaultConfiguration"]["level"]);
        assert!(rule.get("properties").is_none_or(Value::is_object));
    }
    let results = run["results"].as_array().unwrap();
    for result in results {
        let optional = ["ruleId", "ruleIndex", "level", "locations", "relatedLocations", "suppressions"];
        assert_object(result, "a result", &["message"], &optional);
        assert_text(&result["message"], "a message");
        assert_level(&result["level"]);
        let index = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[index]["id"], result["ruleId"]);
        result["locations"].as_array().unwrap().iter().for_each(assert_location);
        result.get("relatedLocations").iter().for_each(|list| unique(list, "related").iter().for_each(assert_location));
        for one in result.get("suppressions").map_or(&[][..], |list| unique(list, "suppressions")) {
            assert_object(one, "a suppression", &["kind"], &["justification"]);
            assert!(["inSource", "external"].contains(&one["kind"].as_str().unwrap()));
        }
    }
    (rules, results)
}
