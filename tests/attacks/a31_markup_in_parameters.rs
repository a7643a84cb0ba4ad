//! What comes from outside is shown as words, never as markup.

use crate::world::{Browser, Page, World, encode};

const PAYLOADS: [&str; 8] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onfocus='alert(1)' autofocus='",
    "</title></textarea></style><svg onload=alert(1)>",
    "javascript:alert(1)",
    "{{7*7}}${7*7}<%= 7 %>",
    "&lt;script&gt;&#x3c;b&#62;",
    "\u{202e}<!-- -->\u{2028}<b>",
];

/// What a page is made of, without what it says: every element and the names of its attributes.
fn skeleton(page: &Page) -> Vec<String> {
    page.elements().map(|(name, attributes)| format!("{name}{:?}", attributes.keys())).collect()
}

fn runs_nothing(page: &Page) {
    for (name, attributes) in page.elements() {
        assert!(!["script", "iframe", "object", "embed", "base"].contains(&name), "{}", page.id);
        for (attribute, value) in attributes {
            assert!(!attribute.starts_with("on"), "{}: {attribute}", page.id);
            let is_address = ["href", "src", "action", "formaction"].contains(&attribute.as_str());
            let is_ours =
                value.starts_with('/') || value.starts_with("https://") || value.starts_with('#');
            assert!(!is_address || is_ours, "{}: {attribute}={value}", page.id);
        }
    }
}

/// Every page that something from outside can reach, with `text` in every place there is for it.
async fn pages(text: &str) -> Vec<Page> {
    let world = World::new().await;
    let alice = world.person("alice").await;
    let shown: String = text.chars().filter(|c| !c.is_control()).collect();
    let party = world.client(|client| client.name = shown.trim().to_owned()).await;
    let mut browser = world.browser();
    let ask = party.ask_for(&format!("openid {}", "email"));
    let ask = ask.set("state", "s").and("login_hint", text).and("ui_locales", text);
    let mut pages = vec![browser.look_at(&ask.and("display", text).url()).await];
    pages.push(browser.log_in(&pages[0].clone(), text, "wrong").await.page());
    pages.push(
        browser.log_in(&pages[0].clone(), &alice.username, crate::world::PASSWORD).await.page(),
    );
    let bare = party.ask();
    pages.push(browser.look_at(&bare.clone().set("client_id", text).url()).await);
    pages.push(browser.look_at(&bare.clone().set("redirect_uri", text).url()).await);
    pages.push(browser.look_at(&bare.and("client_id", text).url()).await);
    for path in ["/login", "/consent", "/logout", "/oauth2/logout", "/logged-out", "/", "/nowhere"]
    {
        let names =
            ["sign_in", "logout", "id_token_hint", "post_logout_redirect_uri", "error", "state"];
        for name in names {
            pages.push(look(&mut browser, &format!("{path}?{}", encode(&[(name, text)]))).await);
        }
        pages.push(
            look(&mut browser, &format!("{path}?{}", encode(&[(text, "x"), (text, "x")]))).await,
        );
    }
    pages
}

async fn look(browser: &mut Browser, address: &str) -> Page {
    browser.look_at(address).await
}

#[tokio::test]
async fn no_parameter_becomes_markup_on_any_page() {
    let harmless = pages("harmless").await;
    for payload in PAYLOADS {
        let attacked = pages(payload).await;
        assert_eq!(attacked.len(), harmless.len());
        for (attacked, harmless) in attacked.iter().zip(&harmless) {
            runs_nothing(attacked);
            assert_eq!(skeleton(attacked), skeleton(harmless), "{payload} on {}", attacked.id);
        }
    }
}

#[tokio::test]
async fn every_page_forbids_inline_script() {
    for page in pages("harmless").await {
        let policy = page.answer.header("content-security-policy").expect("a policy");
        let directive = |name: &str| {
            let found = policy.split(';').map(str::trim).find_map(|one| one.strip_prefix(name));
            found.map(str::trim).map(str::to_owned)
        };
        assert_eq!(directive("default-src ").as_deref(), Some("'none'"), "{}", page.id);
        assert_eq!(directive("script-src "), None, "{}", page.id);
        assert_eq!(directive("base-uri ").as_deref(), Some("'none'"), "{}", page.id);
        assert!(!policy.contains("unsafe"), "{}: {policy}", page.id);
        assert_eq!(page.answer.header("x-content-type-options"), Some("nosniff"), "{}", page.id);
    }
}
