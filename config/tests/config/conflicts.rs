//! Values that exclude one another are refused, with all of them shown.

use config::FaultKind;

use crate::{Environment, MASTER_KEY, faults, load, told};

/// Each pair of values is allowed by itself and refused together, under the key.
#[test]
fn values_that_exclude_one_another_are_refused() {
    let conflicts: [(&str, Environment); 18] = [
        ("listen.tls_certificate_file", &[("LISTEN__TLS_KEY_FILE", "key.pem")]),
        ("listen.connections_per_address_max", &[("LISTEN__CONNECTIONS_MAX", "100")]),
        ("listen.header_timeout", &[("LISTEN__REQUEST_TIMEOUT", "9s")]),
        ("listen.address", &[("LISTEN__ADDRESS", "0.0.0.0:8080")]),
        ("issuer.url", &[("ISSUER__URL", "https://id.example.org")]),
        ("issuer.url", &[("ISSUER__URL", "http://localhost"), ("LISTEN__ADDRESS", "[::]:80")]),
        ("management.listen", &[("MANAGEMENT__LISTEN", "127.0.0.1:8080")]),
        ("management.listen", &[("MANAGEMENT__LISTEN", "0.0.0.0:8080")]),
        ("passwords.argon2_memory", &[("PASSWORDS__ARGON2_ITERATIONS", "1")]),
        ("passwords.argon2_memory", &[("PASSWORDS__HASH_MEMORY_MAX", "18MiB")]),
        ("passwords.queue_deadline", &[("PASSWORDS__QUEUE_DEADLINE", "30s")]),
        ("lockout.lock_first", &[("LOCKOUT__LOCK_FIRST", "61m")]),
        ("lockout.failures_max", &[("LOCKOUT__FAILURES_MAX", "101")]),
        ("sessions.idle_timeout", &[("SESSIONS__IDLE_TIMEOUT", "13h")]),
        ("sessions.remember_idle_timeout", &[("SESSIONS__REMEMBER_IDLE_TIMEOUT", "31d")]),
        ("sessions.absolute_timeout", &[("SESSIONS__ABSOLUTE_TIMEOUT", "31d")]),
        ("outgoing.requests_per_host_max", &[("OUTGOING__REQUESTS_MAX", "7")]),
        ("outgoing.deadline", &[("OUTGOING__DEADLINE", "30s")]),
    ];
    for (key, variables) in conflicts {
        let names: Vec<_> = variables.iter().map(|(name, _)| format!("DOORWARD_{name}")).collect();
        let environment: Vec<_> =
            names.iter().zip(variables).map(|(name, (_, value))| (name.as_str(), *value)).collect();
        let found = faults("", &environment);
        assert_eq!(found, [(key.to_owned(), FaultKind::Conflict)], "{variables:?}");
    }
}

#[test]
fn tokens_and_keys_that_outlive_what_they_need_are_refused() {
    for (file, key) in [
        ("[tokens]\nrefresh_token_lifetime = \"14m\"", "tokens.access_token_lifetime"),
        (
            "[tokens]\nrefresh_token_lifetime = \"5s\"\naccess_token_lifetime = \"5s\"",
            "tokens.refresh_grace",
        ),
        ("[keys]\nrotate_every = \"1h\"", "keys.jwks_cache"),
        ("[keys]\nalgorithms = [\"ES256\"]", "keys.algorithms"),
        (
            "[issuer]\nurl = \"http://localhost\"\n[listen]\ntls_certificate_file = \"a\"\ntls_key_file = \"b\"",
            "issuer.url",
        ),
    ] {
        assert_eq!(faults(file, &[]), [(key.to_owned(), FaultKind::Conflict)], "{file}");
    }
}

#[test]
fn two_master_keys_are_refused_and_the_secret_one_is_not_shown() {
    let told = told("[master_key]\nfile = \"master.key\"\n", &[MASTER_KEY]);
    assert!(told.contains("master_key.file = \"master.key\" (file)"));
    assert!(told.contains("master_key.value = (secret) (environment)"));
    assert!(!told.contains(MASTER_KEY.1));
}

#[test]
fn a_conflict_shows_every_value_it_is_about_and_where_it_comes_from() {
    let told = told("[sessions]\nidle_timeout = \"13h\"\n", &[]);
    assert!(told.contains(
        "found:  sessions.idle_timeout = \"13h\" (file), sessions.absolute_timeout = \"12h\" (default)"
    ));
}

#[test]
fn passwords_in_clear_text_need_a_certificate_a_proxy_or_the_word_danger() {
    let exposed =
        "[issuer]\nurl = \"https://id.example.org\"\n[listen]\naddress = [\"0.0.0.0:8080\"]\n";
    assert_eq!(faults(exposed, &[]), [("issuer.url".to_owned(), FaultKind::Conflict)]);
    for protected in [
        "tls_certificate_file = \"cert.pem\"\ntls_key_file = \"key.pem\"",
        "forwarded_from = [\"10.1.0.0/16\"]",
        "danger_plain_http = true",
    ] {
        load(&format!("{exposed}{protected}\n"), &[]).unwrap();
    }
}

#[test]
fn every_pair_that_owasp_recommends_is_allowed() {
    for (memory, iterations) in
        [("46MiB", "1"), ("19MiB", "2"), ("12MiB", "3"), ("9MiB", "4"), ("7MiB", "5")]
    {
        let environment = [
            ("DOORWARD_PASSWORDS__ARGON2_MEMORY", memory),
            ("DOORWARD_PASSWORDS__ARGON2_ITERATIONS", iterations),
        ];
        load("", &environment).unwrap();
    }
}

#[test]
fn no_rule_is_asked_about_a_key_whose_value_is_refused() {
    let file = "[sessions]\nidle_timeout = \"thirteen hours\"\nabsolute_timeout = \"1m\"\n";
    assert_eq!(faults(file, &[]), [("sessions.idle_timeout".to_owned(), FaultKind::NotAllowed)]);
}

const SURREAL: &str =
    "[storage]\nengine = \"surreal\"\n[surreal]\nusername = \"doorward\"\npassword_file = \"p\"\n";

#[test]
fn a_database_that_cannot_be_reached_safely_is_refused() {
    for url in [
        "http://localhost:8000",
        "localhost:8000",
        "ws://localhost:8000/rpc",
        "wss://doorward:secret@db.example.org",
        "ws://db.example.org:8000",
        "ws://10.0.0.1:8000",
    ] {
        let file = format!("{SURREAL}url = \"{url}\"\n");
        assert_eq!(faults(&file, &[]), [("surreal.url".into(), FaultKind::Conflict)], "{url}");
    }
    for url in
        ["wss://db.example.org:8000", "ws://localhost:8000", "ws://127.0.0.1:1", "ws://[::1]:1"]
    {
        load(&format!("{SURREAL}url = \"{url}\"\n"), &[]).unwrap();
    }
    let tunnel = format!("{SURREAL}url = \"ws://10.0.0.1:8000\"\ndanger_plain_ws = true\n");
    load(&tunnel, &[]).unwrap();
}

#[test]
fn a_database_without_an_address_or_credentials_is_refused_and_one_that_is_not_used_is_not() {
    let missing = ["surreal.url", "surreal.username", "surreal.password_file"];
    let missing = missing.map(|key| (key.to_owned(), FaultKind::Missing));
    assert_eq!(faults("[storage]\nengine = \"surreal\"\n", &[]), missing);
    load("[surreal]\nurl = \"nonsense\"\n", &[]).unwrap();
    let both = faults("[surreal]\npassword_file = \"p\"\n", &[("DOORWARD_SURREAL__PASSWORD", "x")]);
    assert_eq!(both, [("surreal.password_file".into(), FaultKind::Conflict)]);
}

#[test]
fn a_collector_that_cannot_be_meant_or_would_be_told_a_secret_in_clear_is_refused() {
    let conflicts: [(&str, &str); 5] = [
        ("otlp_endpoint = \"collector:4318\"", "traces.otlp_endpoint"),
        ("otlp_endpoint = \"https://key@collector.example\"", "traces.otlp_endpoint"),
        ("otlp_endpoint = \"https://collector.example?key=a\"", "traces.otlp_endpoint"),
        ("headers_file = \"headers\"", "traces.headers_file"),
        (
            "otlp_endpoint = \"http://collector.example:4318\"\nheaders_file = \"headers\"",
            "traces.otlp_endpoint",
        ),
    ];
    for (file, key) in conflicts {
        let found = faults(&format!("[traces]\n{file}\n"), &[]);
        assert_eq!(found, [(key.to_owned(), FaultKind::Conflict)], "{file}");
    }
    for endpoint in ["http://collector:4318", "http://127.0.0.1:4318/", "https://a.example/otlp"] {
        load(&format!("[traces]\notlp_endpoint = \"{endpoint}\"\n"), &[]).unwrap();
    }
}
