//! The steps of requests, as a collector is told them. The collector stands in for a real one: it takes OTLP over HTTP
//! and decodes it by the published messages.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
};

use crate::{
    collector::{Collector, Step},
    dev::start,
    login,
    place::{Place, get},
    story,
};

/// One login at a provider that tells `collector`; `more` are lines for the head of each request.
fn login_told_to(collector: &Collector, folder: &Path, more: &str) -> login::Login {
    let (process, printed) = start(folder, &["--traces", &collector.url()]);
    let login = login::go_through(&printed, more);
    process.stop();
    login
}

/// Its name, after those of the steps that it is part of.
fn path(step: &Step, steps: &[Step]) -> String {
    match steps.iter().find(|parent| parent.id == step.parent) {
        Some(parent) => format!("{} > {}", path(parent, steps), step.name),
        None => step.name.clone(),
    }
}

#[test]
fn one_login_is_told_step_by_step_and_each_request_is_one_trace() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    login_told_to(&collector, folder.path(), "");

    let steps = collector.steps();
    let firsts: Vec<_> = steps.iter().filter(|step| step.parent.is_empty()).collect();
    assert_eq!(
        firsts.iter().map(|first| first.name.as_str()).collect::<Vec<_>>(),
        [
            "openapi.authorize",
            "openapi.login",
            "openapi.login",
            "openapi.consent",
            "openapi.consent",
            "openapi.token",
            "openapi.userinfo"
        ]
    );
    let traces: BTreeSet<_> = firsts.iter().map(|first| &first.trace_id).collect();
    assert_eq!(traces.len(), firsts.len(), "each request is a trace of its own");
    for step in steps.iter().filter(|step| !step.parent.is_empty()) {
        let parent = steps.iter().find(|parent| parent.id == step.parent);
        assert_eq!(parent.map(|parent| &parent.trace_id), Some(&step.trace_id), "{step:?}");
    }
    let told: Vec<_> = steps.iter().map(|step| path(step, &steps)).collect();
    let mut rest = told.iter();
    for expected in [
        "openapi.authorize > flows.authorize > protocol.judge",
        "openapi.authorize > flows.authorize > flows.signed_in",
        "openapi.authorize > flows.authorize > storage.commit",
        // What is done in an actor's task, and what goes on when the browser has gone.
        "openapi.login > flows.sign_in.password > lockout.admit > storage.commit",
        "openapi.login > flows.sign_in.password > identity.verify",
        "openapi.login > flows.sign_in.password > storage.commit",
        "openapi.consent > flows.sign_in.consent > codes.put",
        "openapi.token > flows.token > token.authenticate",
        "openapi.token > flows.token > token.remember > storage.commit",
    ] {
        assert!(rest.any(|told| told == expected), "{expected} comes next in {told:#?}");
    }
}

#[test]
fn nothing_secret_or_personal_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    let login = login_told_to(&collector, folder.path(), "user-agent: a-browser-of-alice\r\n");
    let told = collector.bytes();
    let told = String::from_utf8_lossy(&told);
    assert!(told.contains("openapi.login") && told.contains("/oauth2/token"));
    for secret in login.secrets.iter().map(String::as_str).chain(["a-browser-of-alice", "acc_"]) {
        assert!(!told.contains(secret), "{secret} was told");
    }
}

#[test]
fn a_stranger_cannot_put_a_request_into_a_trace_of_theirs() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    let theirs = "0af7651916cd43dd8448eb211c80319c";
    let more = format!("traceparent: 00-{theirs}-b7ad6b7169203331-01\r\n");
    login_told_to(&collector, folder.path(), &more);
    let steps = collector.steps();
    assert!(!steps.is_empty());
    assert!(steps.iter().all(|step| step.trace_id != theirs && !step.parent.contains("b7ad6b71")));
}

#[test]
fn the_trace_of_a_configured_proxy_goes_on() {
    let (place, collector) = (Place::new(), Collector::start());
    let theirs = "0af7651916cd43dd8448eb211c80319c";
    place.configure(&format!("[traces]\notlp_endpoint = \"{}\"\n", collector.url()));
    let file = place.path().join("doorward.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, text.replace("[listen]", "[listen]\nforwarded_from = [\"127.0.0.1\"]"))
        .unwrap();
    let serving = place.serve();
    for traceparent in [
        format!("00-{theirs}-b7ad6b7169203331-01"),
        "00-1af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00".into(),
        "00-not-a-trace-01".into(),
    ] {
        get_within(serving.public, &traceparent);
    }
    serving.process.stop();
    let steps = collector.steps();
    let traces: Vec<_> = steps.iter().map(|step| step.trace_id.as_str()).collect();
    assert_eq!(steps.len(), 2, "what the proxy does not trace is not traced: {steps:?}");
    assert_eq!(traces[0], theirs);
    assert_eq!(steps[0].parent, "b7ad6b7169203331");
    assert!(steps[1].parent.is_empty(), "what cannot be read begins anew");
}

/// A request that says in which trace it is.
fn get_within(address: SocketAddr, traceparent: &str) {
    let mut stream = TcpStream::connect(address).unwrap();
    let head = format!("host: a\r\ntraceparent: {traceparent}\r\nconnection: close");
    write!(stream, "GET /oauth2/jwks HTTP/1.1\r\n{head}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
}

#[test]
fn what_the_collector_asks_for_is_sent_and_never_shown() {
    let (place, collector) = (Place::new(), Collector::start());
    fs::write(place.path().join("headers"), "x-api-key: a-key-for-traces\n\n").unwrap();
    let endpoint = format!("otlp_endpoint = \"{}/tenant/\"", collector.url());
    place.configure(&format!("[traces]\n{endpoint}\nheaders_file = \"headers\"\n"));
    let serving = place.serve();
    get(serving.public, "/oauth2/jwks");
    serving.process.stop();
    let heads = collector.heads();
    assert_eq!(heads.len(), 1, "{heads:?}");
    assert!(heads[0].starts_with("post /tenant/v1/traces http/1.1\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("x-api-key: a-key-for-traces\r\n"), "{}", heads[0]);
    assert!(heads[0].contains("content-type: application/x-protobuf\r\n"), "{}", heads[0]);

    fs::write(place.path().join("headers"), "x-api-key a-key-for-traces\n").unwrap();
    let done = place.run(&["serve"]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("headers: line 1 is not"), "{}", done.errors);
    assert!(!done.errors.contains("a-key"), "{}", done.errors);
}

#[test]
fn by_https_a_collector_is_told_what_its_authority_vouches_for_and_no_other() {
    let (collector, authority) = Collector::start_with_tls();
    let place = Place::new();
    fs::write(place.path().join("ca.pem"), authority).unwrap();
    let endpoint = format!("https://localhost:{}", collector.address.port());
    for (ca_file, parcels) in [("", 0), ("ca_file = \"ca.pem\"", 1)] {
        place.configure(&format!("[traces]\notlp_endpoint = \"{endpoint}\"\n{ca_file}\n"));
        let serving = place.serve();
        get(serving.public, "/oauth2/jwks");
        serving.process.stop();
        assert_eq!(collector.heads().len(), parcels, "{ca_file:?}");
    }
}

#[test]
fn a_collector_that_is_dead_or_silent_changes_nothing_for_anybody() {
    let folder = tempfile::tempdir().unwrap();
    // It takes connections and never answers; and nobody listens at all.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let addresses = [&silent, &dead].map(|listener| listener.local_addr().unwrap());
    drop(dead);
    for (at, address) in addresses.into_iter().enumerate() {
        let url = format!("http://{address}");
        let folder = folder.path().join(at.to_string());
        fs::create_dir(&folder).unwrap();
        let (process, printed) = start(&folder, &["--traces", &url]);
        login::go_through(&printed, "");
        process.stop();
    }
}

#[test]
fn the_walk_names_the_steps_of_a_login_in_their_order_with_folder_and_time() {
    let folder = tempfile::tempdir().unwrap();
    let collector = Collector::start();
    login_told_to(&collector, folder.path(), "");
    let told = story::tell(&collector.steps());
    let lines: Vec<_> = told.lines().collect();
    // The steps of DESIGN 7: 1 to 9 of the browser, a to e of the client.
    let mut rest = lines.iter();
    for step in [
        "GET /oauth2/authorize",
        "storage.clients",
        "protocol.judge",
        "flows.signed_in",
        "protocol.next_step",
        "POST /login",
        "lockout.admit",
        "identity.verify",
        "sessions.start",
        "storage.commit",
        "lockout.succeeded",
        "sessions.find",
        "codes.put",
        "POST /oauth2/token",
        "token.authenticate",
        "token.judge",
        "token.sign",
        "token.remember",
        "GET /oauth2/userinfo",
    ] {
        assert!(rest.any(|line| line.trim().starts_with(step)), "{step} comes next in\n{told}");
    }
    let heard = lines.iter().find(|line| line.contains("openapi.token")).unwrap();
    assert!(heard.contains(" openapi/src/oidc/token.rs "), "{told}");
    let verified = lines.iter().find(|line| line.contains("identity.verify")).unwrap();
    assert!(
        verified.contains(" actors/src/identity/mod.rs ") && verified.ends_with(" us"),
        "{told}"
    );
}
