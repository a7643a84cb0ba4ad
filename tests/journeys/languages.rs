//! Pages in the language that the person reads: the client's wish first, then the browser's.

use crate::world::World;

async fn language(languages: Option<&'static str>, ui_locales: Option<&str>) -> (String, String) {
    let world = World::new().await;
    let party = world.relying_party().await;
    let mut browser = world.browser();
    browser.languages = languages;
    let ask = match ui_locales {
        Some(wish) => party.ask().and("ui_locales", wish),
        None => party.ask(),
    };
    let page = browser.look_at(&ask.url()).await;
    let html = page.all("html").next().unwrap()["lang"].clone();
    assert_eq!(page.answer.header("content-language"), Some(html.as_str()));
    (html, page.words)
}

#[tokio::test]
async fn a_page_is_in_the_language_of_the_browser() {
    let (german, words) = language(Some("de-CH, en;q=0.5"), None).await;
    assert_eq!(german, "de");
    let (english, other_words) = language(Some("fr, en;q=0.5"), None).await;
    assert_eq!(english, "en");
    assert_ne!(words, other_words);
    assert_eq!(language(None, None).await.0, "en");
}

#[tokio::test]
async fn the_clients_wish_goes_before_the_browsers() {
    assert_eq!(language(Some("en"), Some("se de")).await.0, "de");
    assert_eq!(language(Some("de"), Some("en")).await.0, "en");
    assert_eq!(language(Some("de"), Some("se xx-yy !")).await.0, "de");
}

#[tokio::test]
async fn a_page_of_no_sign_in_follows_the_browser_too() {
    let world = World::new().await;
    let mut browser = world.browser();
    browser.languages = Some("de");
    for path in ["/", "/nowhere", "/logged-out", "/login"] {
        let page = browser.look_at(path).await;
        assert_eq!(page.all("html").next().unwrap()["lang"], "de", "{path}");
        assert!(page.answer.header("vary").unwrap().contains("Accept-Language"), "{path}");
    }
}
