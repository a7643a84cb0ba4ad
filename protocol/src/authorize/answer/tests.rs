//! What a client is told, in each mode.

use super::*;

const ISSUER: &str = "https://provider.example";

fn to(response_mode: ResponseMode) -> AnswerTo {
    let redirect_uri = "https://client.example/cb?a=b".parse().unwrap();
    AnswerTo { redirect_uri, response_mode, state: Some("s t".into()) }
}

fn everything() -> Granted {
    Granted {
        code: Some(Token::presented("c")),
        access_token: Some(GrantedAccessToken {
            access_token: Token::presented("a.t"),
            expires_in: Duration::from_secs(900),
            scope: "openid email".parse().unwrap(),
        }),
        id_token: Some(Token::presented("i.d")),
        session_state: Some("h.s".into()),
    }
}

fn address(delivery: Delivery) -> String {
    match delivery {
        Delivery::Redirect(location) => location.expose().clone(),
        Delivery::Post(form) => panic!("{form:?}"),
    }
}

#[test]
fn all_that_was_asked_for_comes_with_what_belongs_to_it() {
    let location =
        address(to(ResponseMode::Fragment).deliver(Answer::Granted(&everything()), ISSUER));
    assert_eq!(
        location,
        "https://client.example/cb?a=b#code=c&access_token=a.t&token_type=Bearer&expires_in=900&scope=email%20openid\
         &id_token=i.d&session_state=h.s&state=s%20t&iss=https%3A%2F%2Fprovider.example"
    );
    let code = Granted { code: Some(Token::presented("c")), ..Granted::default() };
    let location = address(to(ResponseMode::Query).deliver(Answer::Granted(&code), ISSUER));
    assert_eq!(
        location,
        "https://client.example/cb?a=b&code=c&state=s%20t&iss=https%3A%2F%2Fprovider.example"
    );
}

#[test]
fn a_form_has_every_parameter_as_a_field_and_its_address_has_none() {
    let refused = Answer::Refused { error: ErrorCode::AccessDenied, description: "no" };
    let granted = everything();
    let cases: [(Answer<'_>, &[&str]); 2] = [
        (
            Answer::Granted(&granted),
            &[
                "code",
                "access_token",
                "token_type",
                "expires_in",
                "scope",
                "id_token",
                "session_state",
                "state",
                "iss",
            ],
        ),
        (refused, &["error", "error_description", "state", "iss"]),
    ];
    for (answer, names) in cases {
        let Delivery::Post(form) = to(ResponseMode::FormPost).deliver(answer, ISSUER) else {
            panic!("a form")
        };
        assert_eq!(form.redirect_uri.as_str(), "https://client.example/cb?a=b");
        assert_eq!(form.fields.iter().map(|(name, _)| *name).collect::<Vec<_>>(), names);
        let state = form.fields.iter().find(|(name, _)| *name == "state").unwrap();
        assert_eq!(state.1.expose(), "s t", "as it is, not encoded");
        assert!(!format!("{form:?}").contains("a.t"), "nothing secret shows itself");
    }
}
