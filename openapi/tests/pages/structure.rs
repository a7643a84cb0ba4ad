//! Every page is whole, can be used without seeing or pointing, and runs nothing.

use std::{collections::BTreeSet, fs, path::Path};

use openapi::pages::text::Text;
use protocol::permission::Permission;

use crate::{
    markup::{Page, Tag},
    samples::{Filling, Sample, every_page},
};

fn each_page(check: impl Fn(&str, &Page)) {
    for text in Text::every_language() {
        for sample in every_page(text, &Filling::ordinary()) {
            let name = format!("{} {}", text.language(), sample.name);
            check(&name, &Page::read(&sample.html));
        }
    }
}

fn page(name: &str) -> Page {
    let samples = every_page(Text::english(), &Filling::ordinary());
    let found: Option<&Sample> = samples.iter().find(|sample| sample.name == name);
    Page::read(&found.expect("the sample").html)
}

fn said(words: &str) -> String {
    words.replace(['\u{2068}', '\u{2069}'], "").split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn every_page_is_well_formed() {
    each_page(|name, page| {
        assert_eq!(page.faults, Vec::<String>::new(), "{name}");
        let ids: Vec<_> = page.tags.iter().filter_map(|tag| tag.attribute("id")).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: {ids:?}");
    });
}

#[test]
fn every_page_has_one_title_one_main_and_headings_in_order() {
    each_page(|name, page| {
        for tag in ["title", "main", "h1"] {
            let found: Vec<_> = page.all(tag).collect();
            assert_eq!(found.len(), 1, "{name}: {tag}");
            assert!(!said(&found[0].text).is_empty(), "{name}: {tag}");
        }
        let levels = page.tags.iter().filter_map(|tag| match tag.name.as_str() {
            "h1" => Some(1),
            "h2" => Some(2),
            "h3" => Some(3),
            "h4" | "h5" | "h6" => Some(9),
            _ => None,
        });
        levels.fold(0, |last, level| {
            assert!(level <= last + 1, "{name}: h{level} after h{last}");
            level
        });
    });
}

#[test]
fn every_page_says_its_language_and_direction() {
    each_page(|name, page| {
        let html = page.all("html").next().expect("a root");
        assert_eq!(html.attribute("lang"), name.split(' ').next(), "{name}");
        assert_eq!(html.attribute("dir"), Some("ltr"), "{name}");
    });
}

#[test]
fn everything_that_is_used_has_a_name() {
    each_page(|name, page| {
        let labels: Vec<_> = page.all("label").filter_map(|tag| tag.attribute("for")).collect();
        for input in page.all("input") {
            if input.attribute("type") == Some("hidden") {
                continue;
            }
            let id = input.attribute("id").expect("an id");
            assert!(labels.contains(&id), "{name}: {id} has no label");
        }
        for tag in ["a", "button", "summary", "label", "th"] {
            assert!(page.all(tag).all(|tag| !said(&tag.text).is_empty()), "{name}: empty {tag}");
        }
        assert!(page.all("img").all(|image| image.attribute("alt").is_some()), "{name}");
    });
}

#[test]
fn every_reference_leads_to_an_element() {
    each_page(|name, page| {
        let found = |id: &str| assert!(page.by_id(id).is_some(), "{name}: nothing is #{id}");
        for tag in &page.tags {
            for attribute in ["for", "aria-describedby", "aria-labelledby"] {
                tag.attribute(attribute).unwrap_or_default().split_whitespace().for_each(found);
            }
            tag.attribute("href")
                .and_then(|address| address.strip_prefix('#'))
                .into_iter()
                .for_each(found);
        }
    });
}

#[test]
fn no_page_runs_or_styles_anything_by_itself() {
    each_page(|name, page| {
        for tag in &page.tags {
            let banned = ["script", "style", "iframe", "object", "embed", "base"];
            // Applications are told by frames, and a file of ours goes on from there.
            let is_let =
                name.ends_with(" signing-out") && ["script", "iframe"].contains(&tag.name.as_str());
            assert!(is_let || !banned.contains(&tag.name.as_str()), "{name}: {}", tag.name);
            let runs = |attribute: &String| attribute == "style" || attribute.starts_with("on");
            assert!(!tag.attributes.keys().any(runs), "{name}: {tag:?}");
            let meta = tag.attribute("http-equiv");
            assert_eq!(meta, None, "{name}");
        }
        let stylesheets = page.all("link").filter_map(|link| link.attribute("href"));
        assert!(stylesheets.into_iter().all(|path| path.starts_with("/assets/")), "{name}");
    });
}

#[test]
fn no_template_leaves_a_value_bare() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("templates")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let template = fs::read_to_string(&path).expect("a template");
            for bare in ["={{", "= {{", "|safe", "| safe", "|escape(", "autoescape", "style="] {
                assert!(!template.contains(bare), "{}: {bare}", path.display());
            }
            // What is described by a script is drawn by files of ours, never by lines within the page.
            let is_of_docs = path.parent().is_some_and(|folder| folder.ends_with("docs"));
            let is_let = is_of_docs || path.ends_with("signing_out.html");
            let scripts = template.matches("<script").count();
            let files = template.matches("\"></script>").count();
            assert!(scripts == 0 || (is_let && scripts == files), "{}", path.display());
        }
    }
}

#[test]
fn what_drives_a_browser_finds_the_same_ids() {
    let promised: [(&str, &str, &[&str]); 14] = [
        ("sign-in", "login-page", &["username", "password", "remember_me", "login-submit"]),
        ("sign-in-again", "login-page", &["username", "password", "remember_me", "login-submit"]),
        ("new-password", "new-password-page", &["new-password", "new-password-submit"]),
        ("consent", "consent-page", &["consent-allow", "consent-deny"]),
        ("error-0", "error-page", &["request-id"]),
        ("error-full", "error-page", &["request-id", "refusal-id"]),
        ("logout", "logout-page", &["logout-confirm"]),
        ("signing-out", "signing-out-page", &["signing-out-onward"]),
        ("logged-out", "logged-out-page", &[]),
        ("welcome-dev", "welcome-page", &[]),
        ("welcome-serve", "welcome-page", &[]),
        ("demo-start", "demo-page", &["demo-sign-in"]),
        ("demo-result", "demo-result-page", &["demo-refresh", "demo-sign-out"]),
        ("demo-error", "demo-error-page", &[]),
    ];
    for (name, body, ids) in promised {
        let page = page(name);
        let found = page.all("body").next().and_then(|tag| tag.attribute("id"));
        assert_eq!(found, Some(body), "{name}");
        for id in ids {
            assert!(page.by_id(id).is_some(), "{name}: {id}");
        }
    }
}

#[test]
fn each_form_posts_what_its_handler_reads() {
    let promised: [(&str, &str, &[&str]); 7] = [
        ("sign-in", "/login", &["sign_in", "username", "password", "remember_me", ""]),
        ("new-password", "/login", &["sign_in", "", "new_password", ""]),
        ("consent", "/consent", &["sign_in", "shown", "decision=allow", "decision=deny"]),
        ("logout", "/logout", &["logout", ""]),
        ("demo-start", "/demo/sign-in", &[""]),
        ("demo-result", "/demo/refresh", &["", ""]),
        ("demo-result-plain", "/demo/sign-out", &[""]),
    ];
    for (name, action, fields) in promised {
        let page = page(name);
        let form = page.all("form").next().expect("a form");
        assert_eq!(form.attribute("method"), Some("post"), "{name}");
        assert_eq!(form.attribute("action"), Some(action), "{name}");
        let is_control = |tag: &&Tag| matches!(tag.name.as_str(), "input" | "button");
        let found = page.tags.iter().filter(is_control).map(|tag| {
            let field = tag.attribute("name").unwrap_or_default().to_owned();
            match tag.attribute("value").filter(|_| field == "decision") {
                Some(value) => format!("{field}={value}"),
                None => field,
            }
        });
        assert_eq!(found.collect::<Vec<_>>(), fields, "{name}");
    }
}

#[test]
fn the_sign_in_page_helps_those_who_fill_it_in() {
    let fresh = page("sign-in");
    let attribute = |page: &Page, id: &str, name: &str| {
        page.by_id(id).and_then(|tag| tag.attribute(name)).map(str::to_owned)
    };
    assert_eq!(attribute(&fresh, "username", "autocomplete").as_deref(), Some("username"));
    assert_eq!(attribute(&fresh, "password", "autocomplete").as_deref(), Some("current-password"));
    assert!(attribute(&fresh, "username", "autofocus").is_some());
    assert!(attribute(&fresh, "password", "autofocus").is_none());
    assert!(attribute(&fresh, "remember_me", "checked").is_none());
    let typed = page("sign-in-wrong");
    assert!(attribute(&typed, "username", "autofocus").is_none());
    assert!(attribute(&typed, "password", "autofocus").is_some());
    let known = page("sign-in-again");
    assert!(attribute(&known, "username", "readonly").is_some());
    assert!(attribute(&known, "remember_me", "checked").is_some());
    assert!(said(&known.all("p").next().expect("a lead").text).starts_with("Harbour Books asks"));
}

#[test]
fn a_problem_is_announced_and_tied_to_its_field() {
    for name in ["sign-in-empty", "sign-in-wrong", "sign-in-locked", "sign-in-busy"] {
        let page = page(name);
        let alerts = page.tags.iter().filter(|tag| tag.attribute("role") == Some("alert"));
        assert_eq!(alerts.count(), 1, "{name}");
        assert!(said(&page.all("title").next().expect("a title").text).starts_with("Error: "));
        for id in ["username", "password"] {
            let field = page.by_id(id).expect("the field");
            assert!(field.attribute("aria-describedby").is_some(), "{name}: {id}");
        }
    }
    let page = page("sign-in-no-password");
    assert!(page.by_id("password").is_some_and(|tag| tag.attribute("aria-invalid").is_some()));
    assert!(page.by_id("username").is_some_and(|tag| tag.attribute("aria-invalid").is_none()));
}

#[test]
fn a_locked_person_is_told_when_to_try_again_and_how_to_get_in_sooner() {
    let page = page("sign-in-locked");
    let words = said(&page.by_id("problem-text").expect("the problem").text);
    assert!(words.contains("Try again in 3 minutes."), "{words}");
    assert!(words.contains("ask the people who run this sign-in"), "{words}");
}

#[test]
fn a_short_wait_is_told_in_seconds() {
    let page = page("sign-in-locked-shortly");
    let words = said(&page.by_id("problem-text").expect("the problem").text);
    assert!(words.contains("Try again in 5 seconds."), "{words}");
    assert!(!words.contains("ask the people"), "{words}");
}

#[test]
fn what_is_missing_is_said_once_and_at_its_field() {
    let page = page("sign-in-empty");
    let words = said(&page.all("main").next().expect("main").text);
    for missing in ["Enter your username, e-mail or phone", "Enter your password"] {
        assert_eq!(words.matches(missing).count(), 1, "{missing}: {words}");
    }
}

#[test]
fn a_page_that_would_be_a_dead_end_leads_on() {
    let leads = |name| {
        let page = page(name);
        let main = page
            .all("a")
            .next()
            .map(|link| (said(&link.text), link.attribute("href").map(str::to_owned)));
        main.map(|(words, address)| (words, address.unwrap_or_default()))
    };
    let to = |words: &str, address: &str| Some((words.to_owned(), address.to_owned()));
    let client = to("Back to Harbour Books", "https://books.example/about");
    assert_eq!((leads("logged-out"), leads("error-full")), (client.clone(), client));
    let first = to("To the first page", "/");
    assert_eq!((leads("logged-out-dev"), leads("error-lost")), (first.clone(), first));
    assert_eq!(leads("logged-out-plain"), None);
}

#[test]
fn the_demonstration_says_when_somebody_has_signed_out() {
    let status = |name| {
        let page = page(name);
        let status = page.tags.iter().find(|tag| tag.attribute("role") == Some("status"));
        status.map(|tag| said(&tag.text))
    };
    assert_eq!(status("demo-start"), None);
    assert_eq!(status("demo-signed-out").as_deref(), Some("You are signed out."));
}

#[test]
fn the_demonstration_tells_instants_and_addresses_as_a_person_reads_them() {
    let page = page("demo-result");
    let words = said(&page.all("main").next().expect("main").text);
    for told in ["1764000900 2025-11-24 16:15:00 UTC", "1764000000 2025-11-24 16:00:00 UTC"] {
        assert!(words.contains(told), "{told}: {words}");
    }
    assert!(words.contains("formatted"), "{words}");
    assert_eq!(page.all("br").count(), 2, "a line each");
}

#[test]
fn consent_names_every_scope_in_words_or_by_its_name() {
    let page = page("consent");
    let words = said(&page.all("main").next().expect("main").text);
    for scope in
        ["Recognise you", "See your profile", "See your e-mail address", "Use “invoices:read”"]
    {
        assert!(words.contains(scope), "{scope}: {words}");
    }
    assert!(!words.contains("offline_access"), "{words}");
}

#[test]
fn consent_says_of_every_permission_what_it_allows() {
    let page = page("consent-operator");
    let words = said(&page.all("main").next().expect("main").text);
    for permission in Permission::ALL {
        let explanation = permission.explanation().trim_end_matches('.');
        assert!(words.contains(explanation), "{explanation}: {words}");
        assert!(words.contains(permission.as_str()), "{permission}: {words}");
    }
    assert!(!words.contains("not described"), "{words}");
}

#[test]
fn the_first_page_leads_on() {
    let links = |name| -> Vec<String> {
        let page = page(name);
        page.all("a").filter_map(|tag| tag.attribute("href")).map(str::to_owned).collect()
    };
    let discovery = "/.well-known/openid-configuration";
    let dev = format!("http://localhost:8080{discovery}");
    assert_eq!(links("welcome-dev"), ["/demo", dev.as_str(), "/docs"]);
    let serve = format!("https://id.example.com{discovery}");
    assert_eq!(links("welcome-serve"), ["/logout", serve.as_str(), "/docs"]);
}

#[test]
fn the_first_page_promises_no_number_of_ways() {
    for name in ["welcome-dev", "welcome-serve"] {
        let words = said(&page(name).all("main").next().expect("main").text);
        assert!(!words.contains("Three"), "{words}");
    }
}
