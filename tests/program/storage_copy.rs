//! `storage copy`: an installation moves to another store, and nobody serves a half of one.

use std::{fs, path::Path, sync::Arc};

use doorward::start::{OsRandomness, SystemClock, store_file};
use protocol::Realm;
use serde_json::Value;
use storage::{
    Store,
    copy::{Begin, Copying, Progress, Source, Stage},
};
use storage_redb::{Options, Redb};
use tokio::sync::Notify;

use crate::{
    dev::start,
    place::Place,
    process::{Done, run},
    visitor::Visitor,
};

/// An installation that has served, and `copy.toml`, which is the same with its data in `./copy`.
fn place() -> Place {
    let place = Place::new();
    place.serve().process.stop();
    configure_copy(&place, &[]);
    place
}

fn configure_copy(place: &Place, changes: &[(&str, &str)]) {
    let mut text = fs::read_to_string(place.path().join("doorward.toml")).unwrap();
    for (from, to) in [&[("./data", "./copy")], changes].concat() {
        text = text.replace(from, to);
    }
    fs::write(place.path().join("copy.toml"), text).unwrap();
}

fn copy(place: &Place, more: &[&str]) -> Done {
    place.run(&[&["storage", "copy", "--to", "copy.toml"], more].concat())
}

#[test]
fn whoever_could_sign_in_at_the_source_can_at_the_copy_and_who_was_signed_in_still_is() {
    let place = Place::new();
    let (process, printed) = start(place.path(), &[]);
    let text = |key: &str| printed[key].as_str().unwrap();
    let credentials = [("username", text("username")), ("password", text("password"))];
    let sign_in = |visitor: &mut Visitor, path: &str| {
        let login = visitor.get(path);
        assert_eq!(login.id(), "login-page");
        let form = [&[("sign_in", login.hidden("sign_in"))], &credentials[..]].concat();
        assert_eq!(visitor.post("/login", &form).id(), "consent-page");
    };
    let authorize = format!(
        "/oauth2/authorize?client_id={}&redirect_uri=http://127.0.0.1/callback&response_type=code&scope=openid",
        text("client_id")
    );
    let mut before = Visitor::at(text("issuer"));
    sign_in(&mut before, &authorize);
    process.stop();

    configure_copy(&place, &[("./master.key", "./data/master.key")]);
    let done = run(place.path(), &["storage", "copy", "--data", "data", "--to", "copy.toml"]);
    assert_eq!(done.code, 0, "{}", done.errors);
    assert!(done.output.contains("The copy is complete"), "{}", done.output);

    let serving = place.serve_with("copy.toml");
    let issuer = format!("http://{}", serving.public);
    sign_in(&mut Visitor::at(&issuer), &authorize);
    assert_eq!(before.moves_to(&issuer).get(&authorize).id(), "consent-page");
    serving.process.stop();
    let verified = run(place.path(), &["audit", "verify", "--config", "copy.toml"]);
    assert!(verified.output.contains("The audit log is intact."), "{}", verified.output);
}

#[test]
fn a_dry_run_makes_nothing_and_tells_what_is_then_copied() {
    let place = place();
    let told = |done: Done| {
        assert_eq!(done.code, 0, "{}", done.errors);
        serde_json::from_str::<Value>(&done.output).unwrap()
    };
    let dry = told(copy(&place, &["--dry-run", "--print", "json"]));
    assert!(!place.path().join("copy").exists());
    let done = copy(&place, &["--print", "json"]);
    assert!(done.errors.contains("comparing both sides: 0 of "), "{}", done.errors);
    let wet = told(done);
    assert_eq!((&dry["is_dry_run"], &wet["is_dry_run"]), (&true.into(), &false.into()));
    for key in ["rows", "sha256", "tables"] {
        assert_eq!(dry[key], wet[key], "{key}");
    }
    assert_eq!((&dry["written"], &wet["written"]), (&0.into(), &wet["rows"]));
}

#[test]
fn a_target_that_is_not_empty_is_refused_and_named() {
    let place = place();
    assert_eq!(copy(&place, &[]).code, 0);
    for more in [&[][..], &["--dry-run"], &["--resume"]] {
        let again = copy(&place, more);
        assert_eq!((again.code, again.output.as_str()), (1, ""));
        let why = "the target is not empty: it has rows in ";
        assert!(again.errors.contains(why), "{}", again.errors);
    }
}

#[test]
fn a_source_that_is_served_or_is_not_there_is_refused() {
    let place = place();
    let serving = place.serve();
    let done = copy(&place, &[]);
    assert_eq!(done.code, 1);
    assert!(done.errors.contains("stop every node first"), "{}", done.errors);
    serving.process.stop();
    let done = copy(&place, &["--data", "elsewhere"]);
    assert!(done.errors.contains("there is no store in elsewhere"), "{}", done.errors);
    let done = place.run(&["storage", "copy", "--to", "doorward.toml"]);
    assert!(done.errors.contains("or it is the source itself"), "{}", done.errors);
    assert!(!place.path().join("copy").exists());
}

#[test]
fn a_copy_that_was_cut_short_is_not_served_until_another_run_has_finished_it() {
    let place = place();
    cut_short(&place.path().join("data"), &place.path().join("copy"));
    let served = run(place.path(), &["serve", "--config", "copy.toml"]);
    assert_eq!(served.code, 1);
    assert!(served.errors.contains("a copy that was not finished"), "{}", served.errors);
    let anew = copy(&place, &[]);
    assert_eq!(anew.code, 1);
    assert!(anew.errors.contains("--resume"), "{}", anew.errors);

    let done = copy(&place, &["--resume", "--print", "json"]);
    assert_eq!(done.code, 0, "{}", done.errors);
    let told: Value = serde_json::from_str(&done.output).unwrap();
    let [rows, written] = ["rows", "written"].map(|key| told[key].as_u64().unwrap());
    assert!((1..rows).contains(&written), "{told}");
    place.serve_with("copy.toml").process.stop();
}

/// Copies until the first row is there, and goes.
fn cut_short(source: &Path, target: &Path) {
    let store = |directory: &Path| {
        doorward::start::make(directory).unwrap();
        let engine = Redb::open(store_file(directory), Options::default()).unwrap();
        Store::new(Arc::new(engine), Arc::new(SystemClock), Arc::new(OsRandomness))
    };
    let source = Source { store: store(source), realms: vec![Realm::main()] };
    let copying = Copying { source, target: store(target) };
    let cut = Cut::default();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::select! {
            biased;
            () = cut.now.notified() => {}
            copied = copying.copy(Begin::Anew, &cut) => panic!("it was not cut: {copied:?}"),
        }
    });
}

#[derive(Default)]
struct Cut {
    is_copying: std::sync::atomic::AtomicBool,
    now: Notify,
}

impl Progress for Cut {
    fn begins(&self, stage: Stage, _: Option<u64>, _: u64) {
        self.is_copying.store(stage == Stage::Copying, std::sync::atomic::Ordering::SeqCst);
    }

    fn advances(&self, _: &'static str, _: u64) {
        if self.is_copying.load(std::sync::atomic::Ordering::SeqCst) {
            self.now.notify_one();
        }
    }
}
