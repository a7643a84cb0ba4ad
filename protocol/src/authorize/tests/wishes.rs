//! What a client may wish for, and what comes back unchanged.

use super::*;
use crate::secret::Token;

fn code() -> Granted {
    Granted { code: Some(Token::presented("SplxlOBeZQQYbYS6WxSbIA")), ..Granted::default() }
}

fn location(answer_to: &AnswerTo, granted: Granted) -> String {
    address(answer_to.deliver(Answer::Granted(&granted), ISSUER))
}

fn address(delivery: Delivery) -> String {
    match delivery {
        Delivery::Redirect(location) => location.expose().clone(),
        Delivery::Post(form) => panic!("{form:?}"),
    }
}

#[test]
fn max_age_is_a_number_of_seconds() {
    let cases = [("0", Some(0)), ("10000", Some(10_000)), ("18446744073709551615", Some(u64::MAX))];
    for (text, seconds) in cases {
        assert_eq!(judged(&client(), &[("max_age", Some(text))]).unwrap().max_age_seconds, seconds);
    }
    for text in ["-1", "+1", "1.5", "ten", "1 ", "0x1", "18446744073709551616", "１"] {
        assert_eq!(
            refusal(&client(), &[("max_age", Some(text))]),
            Refusal::MaxAgeMalformed,
            "{text}"
        );
    }
}

#[test]
fn what_a_client_may_always_send_is_never_an_error() {
    let long = "a".repeat(8000);
    let changes = [
        ("display", Some("popup")),
        ("ui_locales", Some("se ../x de-CH")),
        ("claims_locales", Some("se")),
        ("login_hint", Some(long.as_str())),
        ("acr_values", Some("1 2")),
        ("claims", Some("{}")),
        ("extra", Some("foobar")),
        ("nonce", None),
    ];
    let request = judged(&client(), &changes).unwrap();
    assert_eq!(
        request.ui_locales.iter().map(|tag| tag.as_str()).collect::<Vec<_>>(),
        ["se", "de-CH"]
    );
    assert_eq!(
        (request.login_hint.as_deref(), request.acr_values.as_slice()),
        (None, ["1".to_owned(), "2".to_owned()].as_slice())
    );
}

#[test]
fn nonce_and_state_are_kept_whole() {
    let odd = format!("{}!\"#$%&'()*+,-./:;<=>?@[\\]^_`{{|}}~ é", "a".repeat(384));
    let request = judged(&client(), &[("state", Some(&odd)), ("nonce", Some(&odd))]).unwrap();
    assert_eq!((request.state.as_ref(), request.nonce.as_ref()), (Some(&odd), Some(&odd)));
    let url = url::Url::parse(&location(&request.answer_to(), code())).unwrap();
    assert!(url.query_pairs().any(|(name, value)| name == "state" && value == odd));
}

#[test]
fn a_hint_names_who_is_expected() {
    let account_id = crate::id::AccountId::new(&crate::randomness::tests::Counting::default());
    let read = |hint: &str| (hint == "a.b.c").then(|| account_id.to_string());
    let request =
        judge(&with(&[("id_token_hint", Some("a.b.c"))]), Some(&client()), ISSUER, &read).unwrap();
    assert_eq!(request.expected_account_id, Some(account_id));
}

#[test]
fn an_answer_carries_state_and_issuer() {
    let answer_to = judged(&client(), &[]).unwrap().answer_to();
    assert_eq!(
        location(&answer_to, code()),
        "https://client.example/cb?code=SplxlOBeZQQYbYS6WxSbIA&state=af0ifjsldkj&iss=https%3A%2F%2Fprovider.example",
    );
    let refused = Answer::Refused { error: ErrorCode::AccessDenied, description: "no" };
    assert_eq!(
        address(AnswerTo { state: None, ..answer_to }.deliver(refused, ISSUER)),
        "https://client.example/cb?error=access_denied&error_description=no&iss=https%3A%2F%2Fprovider.example",
    );
}
