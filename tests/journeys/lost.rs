//! An end-user who came without an application: each page says what this place is and where to go.

use crate::world::World;

#[tokio::test]
async fn a_page_of_a_sign_in_that_is_opened_by_itself_explains_itself_and_leads_on() {
    let world = World::new().await;
    for path in ["/login", "/consent", "/login?sign_in=nonsense"] {
        let page = world.browser().look_at(path).await;
        assert_eq!((page.answer.status, page.id.as_str()), (400, "error-page"), "{path}");
        assert!(page.words.contains("Sign-in begins in an application"), "{}", page.words);
        assert_eq!(page.all("a").next().unwrap()["href"], "/", "{path}");
    }
}

#[tokio::test]
async fn an_address_that_leads_nowhere_leads_to_the_first_page() {
    let world = World::new().await;
    let page = world.browser().look_at("/nowhere").await;
    assert_eq!((page.answer.status, page.all("a").next().unwrap()["href"].as_str()), (404, "/"));
}

#[tokio::test]
async fn the_first_page_says_what_to_do_and_where_to_sign_out() {
    let world = World::new().await;
    let mut browser = world.browser();
    let page = browser.look_at("/").await;
    assert!(page.words.contains("open the application you want to use"), "{}", page.words);
    assert_eq!(page.all("a").next().unwrap()["href"], "/logout");
    assert_eq!(browser.look_at("/logout").await.id, "logged-out-page");
}
