//! Promises to applications and people, kept before real ones: clients that others wrote and Debian's Chromium, each in
//! a process of its own, against the program as it is started by hand.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a journey that cannot begin cannot go on"
)]

mod provider;
mod script;
mod signing;

use provider::Provider;

/// The application of the clients. Nobody opens this address: they stop there.
const APPLICATION: [&str; 2] = ["--redirect-uri", "https://app.example/callback"];

/// Those of the browser: another origin, which has any port, and an installed application.
const APPLICATIONS: [&str; 4] =
    ["--redirect-uri", "http://127.0.0.1/callback", "--redirect-uri", "com.example.app:/callback"];

#[tokio::test]
async fn openid_client_completes_the_code_flow_over_http() {
    let provider = Provider::over_http(&APPLICATION).await;
    script::run(&provider, "openid_client.mjs", &["confidential"]).await;
}

#[tokio::test]
async fn openid_client_completes_the_code_flow_over_https() {
    let provider = Provider::over_https(&APPLICATION).await;
    script::run(&provider, "openid_client.mjs", &["confidential"]).await;
}

#[tokio::test]
async fn openid_client_completes_the_code_flow_as_a_public_client_over_http() {
    let provider = Provider::over_http(&APPLICATION).await;
    script::run(&provider, "openid_client.mjs", &["public"]).await;
}

#[tokio::test]
async fn openid_client_completes_the_code_flow_as_a_public_client_over_https() {
    let provider = Provider::over_https(&APPLICATION).await;
    script::run(&provider, "openid_client.mjs", &["public"]).await;
}

#[tokio::test]
async fn authlib_completes_the_code_flow_over_http() {
    let provider = Provider::over_http(&APPLICATION).await;
    script::run(&provider, "authlib_client.py", &["confidential"]).await;
}

#[tokio::test]
async fn authlib_completes_the_code_flow_over_https() {
    let provider = Provider::over_https(&APPLICATION).await;
    script::run(&provider, "authlib_client.py", &["confidential"]).await;
}

#[tokio::test]
async fn authlib_completes_the_code_flow_as_a_public_client_over_http() {
    let provider = Provider::over_http(&APPLICATION).await;
    script::run(&provider, "authlib_client.py", &["public"]).await;
}

#[tokio::test]
async fn authlib_completes_the_code_flow_as_a_public_client_over_https() {
    let provider = Provider::over_https(&APPLICATION).await;
    script::run(&provider, "authlib_client.py", &["public"]).await;
}

#[tokio::test]
async fn openid_client_signs_with_its_own_key() {
    let provider = Provider::with_clients_that_sign(&APPLICATION).await;
    script::run(&provider, "openid_client.mjs", &["private_key_jwt"]).await;
}

#[tokio::test]
async fn openid_client_signs_with_its_secret() {
    let provider = Provider::with_clients_that_sign(&APPLICATION).await;
    script::run(&provider, "openid_client.mjs", &["client_secret_jwt"]).await;
}

#[tokio::test]
async fn authlib_signs_with_its_own_key() {
    let provider = Provider::with_clients_that_sign(&APPLICATION).await;
    script::run(&provider, "authlib_client.py", &["private_key_jwt"]).await;
}

#[tokio::test]
async fn authlib_signs_with_its_secret() {
    let provider = Provider::with_clients_that_sign(&APPLICATION).await;
    script::run(&provider, "authlib_client.py", &["client_secret_jwt"]).await;
}

#[tokio::test]
async fn a_newcomer_goes_through_the_demo_on_a_phone() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["demo", "phone", "light"]).await;
}

#[tokio::test]
async fn a_newcomer_goes_through_the_demo_on_a_phone_in_the_dark() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["demo", "phone", "dark"]).await;
}

#[tokio::test]
async fn a_newcomer_goes_through_the_demo_on_a_desktop() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["demo", "desktop", "light"]).await;
}

#[tokio::test]
async fn a_newcomer_goes_through_the_demo_on_a_desktop_in_the_dark_over_https() {
    let provider = Provider::over_https(&[]).await;
    script::run(&provider, "browser.mjs", &["demo", "desktop", "dark"]).await;
}

#[tokio::test]
async fn a_newcomer_goes_through_the_demo_without_scripts() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["demo", "phone", "without-scripts"]).await;
}

#[tokio::test]
async fn a_new_developer_needs_nothing_but_the_documentation_page() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["docs", "desktop", "light"]).await;
}

#[tokio::test]
async fn a_new_developer_needs_nothing_but_the_documentation_page_in_the_dark_over_https() {
    let provider = Provider::over_https(&[]).await;
    script::run(&provider, "browser.mjs", &["docs", "phone", "dark"]).await;
}

#[tokio::test]
async fn the_program_does_what_its_document_says() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "documented.py", &[]).await;
}

#[tokio::test]
async fn every_command_line_of_the_documentation_can_be_run_as_it_stands() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "commands.py", &[]).await;
}

#[tokio::test]
async fn a_person_signs_in_by_keyboard_alone() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["keyboard"]).await;
}

#[tokio::test]
async fn a_person_is_told_what_went_wrong_on_a_phone() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["problems", "phone", "light"]).await;
}

#[tokio::test]
async fn a_person_is_told_what_went_wrong_on_a_desktop_in_the_dark() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["problems", "desktop", "dark"]).await;
}

#[tokio::test]
async fn a_person_chooses_another_password_on_a_phone_without_scripts() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["new-password", "phone", "without-scripts"]).await;
}

#[tokio::test]
async fn a_person_chooses_another_password_on_a_desktop_in_the_dark() {
    let provider = Provider::over_http(&[]).await;
    script::run(&provider, "browser.mjs", &["new-password", "desktop", "dark"]).await;
}

#[tokio::test]
async fn chromium_lets_our_forms_lead_to_another_origin_and_to_an_installed_application() {
    let provider = Provider::over_http(&APPLICATIONS).await;
    script::run(&provider, "browser.mjs", &["policy"]).await;
}

#[tokio::test]
async fn chromium_posts_an_answer_by_itself_and_the_application_sends_it_on() {
    let provider = Provider::over_http(&APPLICATIONS).await;
    script::run(&provider, "browser.mjs", &["form-post", "desktop", "light"]).await;
}

#[tokio::test]
async fn who_runs_no_scripts_posts_an_answer_by_a_button() {
    let provider = Provider::over_https(&APPLICATIONS).await;
    script::run(&provider, "browser.mjs", &["form-post", "phone", "without-scripts"]).await;
}

#[tokio::test]
async fn cookies_are_ours_alone_over_http() {
    let provider = Provider::over_http(&APPLICATIONS).await;
    script::run(&provider, "browser.mjs", &["cookies"]).await;
}

#[tokio::test]
async fn cookies_are_bound_to_the_host_over_https() {
    let provider = Provider::over_https(&APPLICATIONS).await;
    script::run(&provider, "browser.mjs", &["cookies"]).await;
}

#[tokio::test]
async fn forms_from_another_site_neither_lose_nor_end_the_session() {
    let provider = Provider::over_http(&APPLICATIONS).await;
    script::run(&provider, "browser.mjs", &["cross-site"]).await;
}

#[tokio::test]
async fn forms_from_another_site_neither_lose_nor_end_the_session_over_https() {
    let provider = Provider::over_https(&APPLICATIONS).await;
    script::run(&provider, "browser.mjs", &["cross-site"]).await;
}
