//! A wrong value is refused, and told with its key and remedy.

use config::{Config, FaultKind, Faults};

use crate::{MASTER_KEY, committed::schema_keys, faults, load, told};

#[test]
fn a_fault_is_told_with_its_key_what_was_found_and_the_remedy() {
    assert_eq!(
        told("[lockout]\nshards = 0\n", &[]),
        "lockout.shards (file): not allowed\n  found:  0\n  remedy: give a whole number from 1 to 64"
    );
    assert_eq!(
        told("", &[("DOORWARD_TOKENS__REFRESH_GRACE", "45s")]),
        "tokens.refresh_grace (environment): not allowed\n  found:  \"45s\"\n  remedy: give a duration from 0s to 30s: \
         a whole number and ms, s, m, h or d"
    );
}

#[test]
fn a_value_of_the_wrong_type_is_refused() {
    for (key, value) in [
        ("node.name", "1"),
        ("listen.connections_max", "\"5000\""),
        ("listen.connections_max", "5000.5"),
        ("listen.danger_plain_http", "\"true\""),
        ("listen.drain", "20"),
        ("listen.address", "\"127.0.0.1:8080\""),
        ("listen.address", "[8080]"),
        ("storage.path", "{ a = 1 }"),
        ("issuer.url", "2026-01-01"),
    ] {
        let (section, name) = key.split_once('.').unwrap();
        let found = faults(&format!("[{section}]\n{name} = {value}\n"), &[]);
        assert_eq!(found, [(key.to_owned(), FaultKind::WrongType)], "{key} = {value}");
    }
}

#[test]
fn a_value_outside_its_choices_is_refused() {
    for (key, value) in [
        ("node.name", "\"Node 1\""),
        ("node.name", "\"\""),
        ("issuer.url", "\"http://id.example.org\""),
        ("listen.address", "[]"),
        ("listen.address", "[\"localhost:8080\"]"),
        ("listen.address", "[\"127.0.0.1:80\", \"127.0.0.1:80\"]"),
        ("listen.forwarded_from", "[\"0.0.0.0/0\"]"),
        ("storage.engine", "\"sqlite\""),
        ("storage.path", "\"\""),
        ("storage.path", "\"a\\nb\""),
        ("tokens.code_lifetime", "\"60\""),
        ("keys.algorithms", "[\"HS256\"]"),
        ("log.level", "\"loud\""),
    ] {
        let (section, name) = key.split_once('.').unwrap();
        let found = faults(&format!("[{section}]\n{name} = {value}\n"), &[]);
        assert_eq!(found, [(key.to_owned(), FaultKind::NotAllowed)], "{key} = {value}");
    }
}

/// Whether `value` alone is refused for `key`, not counting what it conflicts with.
fn is_refused(key: &str, value: &str) -> bool {
    let (section, name) = key.split_once('.').unwrap();
    let found = faults(&format!("[{section}]\n{name} = {value}\n"), &[]);
    found.contains(&(key.to_owned(), FaultKind::NotAllowed))
}

#[test]
fn every_number_is_refused_just_outside_its_limits_and_allowed_at_them() {
    let mut numbers = schema_keys();
    numbers.retain(|_, says| says["type"] == "integer");
    assert!(!numbers.is_empty());
    for (key, says) in numbers {
        let (min, max) = (says["minimum"].as_i64().unwrap(), says["maximum"].as_i64().unwrap());
        for allowed in [min, max] {
            assert!(!is_refused(&key, &allowed.to_string()), "{key} = {allowed}");
        }
        for refused in [min - 1, max + 1, i64::MAX] {
            assert!(is_refused(&key, &refused.to_string()), "{key} = {refused}");
        }
    }
}

#[test]
fn every_duration_and_size_is_refused_outside_its_limits_and_allowed_at_them() {
    let mut quantities = schema_keys();
    quantities.retain(|_, says| says["pattern"].as_str().is_some_and(|text| text.contains("|")));
    assert!(!quantities.is_empty());
    for (key, says) in quantities {
        let (min, max) = (says["x-minimum"].as_str().unwrap(), says["x-maximum"].as_str().unwrap());
        for allowed in [min, max] {
            assert!(!is_refused(&key, &format!("\"{allowed}\"")), "{key} = {allowed}");
        }
        assert!(is_refused(&key, &format!("\"9{max}\"")), "{key} = 9{max}");
        let unit = min.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_zero_allowed = min == format!("0{unit}");
        assert_eq!(is_refused(&key, &format!("\"0{unit}\"")), !is_zero_allowed, "{key} = 0{unit}");
    }
}

#[test]
fn an_unknown_key_is_refused_and_told_the_nearest() {
    for (file, meant) in [
        ("[listen]\nadress = []", "did you mean listen.address?"),
        ("[tokens]\nidle_timeout = \"30m\"", "did you mean sessions.idle_timeout?"),
        ("[sesions]\nidle_timeout = \"30m\"", "did you mean [sessions]?"),
        ("[log]\nmaster_key = \"\"", "remedy: remove it; `doorward config print` shows every key"),
        ("issuer_url = \"https://id.example.org\"", "did you mean issuer.url?"),
    ] {
        let told = told(file, &[]);
        assert!(told.contains("unknown key") && told.contains(meant), "{told}");
    }
}

#[test]
fn an_unknown_variable_is_refused_and_told_the_nearest() {
    for (name, meant) in [
        ("DOORWARD_ISSUER_URL", "did you mean DOORWARD_ISSUER__URL?"),
        ("DOORWARD_LOG__LEVLE", "did you mean DOORWARD_LOG__LEVEL?"),
        ("DOORWARD_MASTERKEY__VALUE", "did you mean DOORWARD_MASTER_KEY__VALUE?"),
        ("DOORWARD_log__level", "did you mean DOORWARD_LOG__LEVEL?"),
        ("DOORWARD_PORT", "unset it"),
        ("DOORWARD_", "unset it"),
        ("DOORWARD_X__Y__Z", "unset it"),
    ] {
        let told = told("", &[(name, "hush")]);
        assert!(told.starts_with(name) && told.contains(meant), "{told}");
        assert!(!told.contains("hush"), "may be a misspelt secret: {told}");
    }
}

#[test]
fn a_value_where_a_section_belongs_is_refused() {
    assert_eq!(faults("log = \"debug\"", &[]), [("log".to_owned(), FaultKind::WrongType)]);
}

#[test]
fn the_master_key_is_refused_in_a_file_and_not_repeated() {
    let told = told("[master_key]\nvalue = \"hush\"\n", &[]);
    assert!(told.contains("a secret in a file") && told.contains("DOORWARD_MASTER_KEY__VALUE"));
    assert!(!told.contains("hush"));
}

#[test]
fn a_master_key_of_another_form_is_refused_and_not_repeated() {
    for value in ["", "hush", &"hush".repeat(500), &MASTER_KEY.1.replace('-', "+")] {
        let faults = load("", &[(MASTER_KEY.0, value)]).unwrap_err().to_string();
        assert!(faults.contains("master_key.value") && faults.contains("(secret)"), "{faults}");
        assert!(!faults.contains("hush"));
    }
}

#[test]
fn every_fault_is_told_at_once_and_every_wrong_element_of_a_list() {
    let file = "[lockout]\nshards = 0\n[log]\nlevel = 3\ncolour = true\n[listen]\ntls_key_file = \"key.pem\"\n\
                forwarded_from = [\"10.1.2.3/16\", \"proxy\"]\n";
    let environment = [("DOORWARD_LOG__LEVEL", "loud"), ("DOORWARD_NODE__NAM", "a")];
    let told = load(file, &environment).unwrap_err();
    let told: Vec<_> = told.iter().map(|fault| (fault.key.as_str(), fault.kind)).collect();
    assert_eq!(
        told,
        [
            ("log.colour", FaultKind::UnknownKey),
            ("DOORWARD_NODE__NAM", FaultKind::UnknownKey),
            ("listen.forwarded_from", FaultKind::NotAllowed),
            ("lockout.shards", FaultKind::NotAllowed),
            ("log.level", FaultKind::WrongType),
            ("log.level", FaultKind::NotAllowed),
            ("listen.tls_certificate_file", FaultKind::Conflict),
        ]
    );
    let told = load(file, &environment).unwrap_err().to_string();
    assert!(told.starts_with("7 faults in the configuration\n\n"));
    assert!(
        told.contains("\"10.1.0.0/16\" instead of \"10.1.2.3/16\"")
            && told.contains("instead of \"proxy\"")
    );
}

#[test]
fn a_list_longer_than_allowed_is_refused() {
    let ports: Vec<_> = (8000..8017).map(|port| format!("\"127.0.0.1:{port}\"")).collect();
    let file = format!("[listen]\naddress = [{}]\n", ports.join(", "));
    assert_eq!(faults(&file, &[]), [("listen.address".to_owned(), FaultKind::NotAllowed)]);
}

#[test]
fn a_long_or_broken_value_is_shown_in_one_short_line() {
    let told = told("", &[("DOORWARD_NODE__NAME", &format!("a\n{}", "b".repeat(5000)))]);
    assert_eq!(told.lines().count(), 3);
    assert!(told.len() < 500);
}

#[cfg(unix)]
#[test]
fn a_variable_that_is_not_utf_8_is_refused() {
    use std::{ffi::OsString, os::unix::ffi::OsStringExt};
    let value = OsString::from_vec(vec![0xff, 0xfe]);
    let faults = Config::load(None, [("DOORWARD_NODE__NAME", value)]).unwrap_err();
    assert_eq!(faults.iter().next().unwrap().found, "bytes that are not UTF-8");
}

#[test]
fn serve_is_refused_without_an_issuer_and_a_master_key() {
    let empty: [(&str, &str); 0] = [];
    let faults = Config::load_to_serve(None, empty).unwrap_err();
    let missing = |faults: &Faults| -> Vec<_> {
        faults.iter().map(|fault| (fault.key.clone(), fault.kind)).collect()
    };
    assert_eq!(
        missing(&faults),
        [
            ("issuer.url".to_owned(), FaultKind::Missing),
            ("master_key.file".to_owned(), FaultKind::Missing)
        ]
    );
    let issuer = ("DOORWARD_ISSUER__URL", "http://localhost:8080");
    Config::load_to_serve(None, [issuer, MASTER_KEY]).unwrap();
}
