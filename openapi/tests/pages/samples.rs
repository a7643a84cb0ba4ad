//! One of every page in every state it has, each text in it chosen by who asks.

use std::time::Duration;

use openapi::pages::{
    text::Text,
    view::{
        Back, Claim, ClaimValue, Client, ConsentPage, DemoErrorPage, DemoResultPage, DemoStartPage,
        ErrorKind, ErrorPage, FormPostPage, Instant, Link, LoggedOutPage, LogoutPage, Member, Mode,
        NewPasswordPage, NewPasswordProblem, Person, RefusedBy, Shown, SignInPage, SignInProblem,
        SigningOutPage, Template, WelcomePage, WhyAgain,
    },
};
use protocol::{claims::CLAIMS_OF_SCOPES, permission::Permission};

/// What stands in the fields of a page that come from outside.
pub(crate) struct Filling {
    /// A client's name.
    pub(crate) client: String,
    /// A person's username.
    pub(crate) username: String,
    /// Any opaque id.
    pub(crate) opaque: String,
    /// Any address; not a link when it must not become one.
    pub(crate) address: String,
    /// A claim, a scope, a reason.
    pub(crate) words: String,
}

impl Filling {
    /// What an ordinary person sees.
    pub(crate) fn ordinary() -> Self {
        Self {
            client: "Harbour Books".to_owned(),
            username: "ada@example.com".to_owned(),
            opaque: "sig_5f0c3a".to_owned(),
            address: "https://books.example/about".to_owned(),
            words: "invoices:read".to_owned(),
        }
    }

    fn client(&self) -> Client {
        Client {
            name: self.client.as_str().into(),
            logo: None,
            policy: Link::parse(&self.address),
            terms: Link::parse(&self.address),
        }
    }

    fn back(&self) -> Option<Back> {
        let home = Link::parse(&self.address)?;
        Some(Back::Client { name: self.client.as_str().into(), home })
    }

    fn username(&self) -> Shown {
        self.username.as_str().into()
    }

    fn words(&self) -> Shown {
        self.words.as_str().into()
    }
}

/// A page as it is sent, under a name for it.
pub(crate) struct Sample {
    /// Page and state, unique.
    pub(crate) name: String,
    /// The HTML.
    pub(crate) html: String,
}

fn sample(name: impl Into<String>, page: &impl Template) -> Sample {
    Sample { name: name.into(), html: page.render().expect("a page draws itself") }
}

/// Every page in every state.
pub(crate) fn every_page(text: Text, filling: &Filling) -> Vec<Sample> {
    let mut pages = sign_in_pages(text, filling);
    pages.extend(new_password_pages(text, filling));
    pages.extend(consent_pages(text, filling));
    pages.extend(error_pages(text, filling));
    pages.extend(logout_pages(text, filling));
    pages.push(sample("form-post", &form_post_page(text, filling)));
    pages.extend(welcome_pages(text));
    pages.extend(demo_pages(text, filling));
    pages
}

fn sign_in_pages(text: Text, filling: &Filling) -> Vec<Sample> {
    let page = |username: Shown, problem| SignInPage {
        text,
        sign_in: filling.opaque.clone(),
        client: filling.client(),
        person: Person::Anyone { username },
        remember_me: false,
        problem,
    };
    let again = |why| SignInPage {
        person: Person::Known { username: filling.username(), why },
        remember_me: true,
        ..page(Shown::default(), None)
    };
    let empty = |username, password| Some(SignInProblem::Empty { username, password });
    let wait = Duration::from_secs(170);
    let locked_shortly = Some(SignInProblem::Locked { wait: Duration::from_millis(4_200) });
    let logo = Client { logo: Link::parse("/assets/logo.png"), ..filling.client() };
    vec![
        sample("sign-in", &page(Shown::default(), None)),
        sample("sign-in-logo", &SignInPage { client: logo, ..page(filling.username(), None) }),
        sample("sign-in-empty", &page(Shown::default(), empty(true, true))),
        sample("sign-in-no-password", &page(filling.username(), empty(false, true))),
        sample("sign-in-wrong", &page(filling.username(), Some(SignInProblem::WrongCredentials))),
        sample("sign-in-locked", &page(filling.username(), Some(SignInProblem::Locked { wait }))),
        sample("sign-in-locked-shortly", &page(filling.username(), locked_shortly)),
        sample("sign-in-busy", &page(filling.username(), Some(SignInProblem::Busy))),
        sample("sign-in-again", &again(WhyAgain::Asked)),
        sample("sign-in-too-old", &again(WhyAgain::TooOld)),
    ]
}

fn new_password_pages(text: Text, filling: &Filling) -> Vec<Sample> {
    let page = |problem| NewPasswordPage {
        text,
        sign_in: filling.opaque.clone(),
        client: filling.client(),
        username: filling.username(),
        problem,
    };
    vec![
        sample("new-password", &page(None)),
        sample("new-password-empty", &page(Some(NewPasswordProblem::Empty))),
        sample("new-password-too-long", &page(Some(NewPasswordProblem::TooLong))),
        sample("new-password-same", &page(Some(NewPasswordProblem::Same))),
    ]
}

fn consent_pages(text: Text, filling: &Filling) -> Vec<Sample> {
    let known = ["openid", "profile", "email", "phone", "address", "offline_access"];
    let page = ConsentPage {
        text,
        sign_in: filling.opaque.clone(),
        shown: filling.words.clone(),
        shown_claims: String::new(),
        claims: Vec::new(),
        client: filling.client(),
        destination: filling.words(),
        username: filling.username(),
        scopes: known.into_iter().map(Shown::from).chain([filling.words()]).collect(),
        remembered: true,
    };
    let few = ConsentPage {
        scopes: vec!["openid".into(), "email".into()],
        remembered: false,
        destination: "books.example".into(),
        ..page.clone()
    };
    let permissions = Permission::ALL.iter().map(|one| one.as_str().into());
    let operator = ConsentPage {
        scopes: ["openid".into()].into_iter().chain(permissions).collect(),
        ..few.clone()
    };
    let every_claim = CLAIMS_OF_SCOPES.iter().flat_map(|(_, claims)| *claims).copied();
    let claims = ConsentPage {
        claims: every_claim.collect(),
        shown_claims: filling.words.clone(),
        ..few.clone()
    };
    let pages = [
        ("consent", &page),
        ("consent-few", &few),
        ("consent-operator", &operator),
        ("consent-claims", &claims),
    ];
    pages.map(|(name, page)| sample(name, page)).into()
}

fn error_pages(text: Text, filling: &Filling) -> Vec<Sample> {
    let kinds = [
        ErrorKind::UnknownClient,
        ErrorKind::RedirectUriNotRegistered,
        ErrorKind::RequestMalformed,
        ErrorKind::NoSignIn,
        ErrorKind::SignInExpired,
        ErrorKind::SignInUsed,
        ErrorKind::OtherBrowser,
        ErrorKind::Unavailable { retry_after: None },
        ErrorKind::TooMany { retry_after: Duration::from_secs(45) },
        ErrorKind::Unavailable { retry_after: Some(Duration::from_secs(120)) },
        ErrorKind::TooLarge,
        ErrorKind::NotFound,
        ErrorKind::Generic,
    ];
    let page = |kind, back, reason: Option<Shown>| ErrorPage {
        text,
        kind,
        request_id: filling.opaque.as_str().into(),
        is_refusal: reason.is_some(),
        reason,
        back,
    };
    let mut pages: Vec<_> = kinds
        .into_iter()
        .enumerate()
        .map(|(nth, kind)| sample(format!("error-{nth}"), &page(kind, None, None)))
        .collect();
    let full = page(ErrorKind::SignInExpired, filling.back(), Some(filling.words()));
    pages.push(sample("error-full", &full));
    let lost = page(ErrorKind::NoSignIn, Some(Back::FirstPage), Some(filling.words()));
    pages.push(sample("error-lost", &lost));
    pages
}

fn form_post_page(text: Text, filling: &Filling) -> FormPostPage {
    FormPostPage {
        text,
        action: "https://books.example/cb".parse().expect("a redirect URI"),
        destination: filling.words(),
        fields: vec![
            ("code", filling.words.clone().into()),
            ("state", filling.opaque.clone().into()),
        ],
    }
}

fn logout_pages(text: Text, filling: &Filling) -> Vec<Sample> {
    let client = || Some(Shown::from(filling.client.as_str()));
    let ask = |client| LogoutPage {
        text,
        logout: filling.opaque.clone(),
        username: filling.username(),
        client,
        stay: Link::parse("/").expect("our own path"),
    };
    let onward = Link::parse(&filling.address).or_else(|| Link::parse("/logged-out"));
    let signing_out = SigningOutPage {
        text,
        frames: Link::parse(&filling.address).into_iter().collect(),
        onward: onward.expect("our own path"),
    };
    vec![
        sample("logout", &ask(client())),
        sample("logout-unasked", &ask(None)),
        sample("signing-out", &signing_out),
        sample("logged-out", &LoggedOutPage { text, back: filling.back() }),
        sample("logged-out-dev", &LoggedOutPage { text, back: Some(Back::FirstPage) }),
        sample("logged-out-plain", &LoggedOutPage { text, back: None }),
    ]
}

fn welcome_pages(text: Text) -> Vec<Sample> {
    let page = |mode, issuer: &str| WelcomePage {
        text,
        mode,
        issuer: Link::parse(issuer).expect("an issuer is a web address"),
        docs: Link::parse("/docs"),
    };
    vec![
        sample("welcome-dev", &page(Mode::Dev, "http://localhost:8080")),
        sample("welcome-serve", &page(Mode::Serve, "https://id.example.com")),
    ]
}

fn demo_pages(text: Text, filling: &Filling) -> Vec<Sample> {
    let claim = |name: &str, value: &str| Claim {
        name: name.into(),
        value: match value.parse().ok().and_then(Instant::from_seconds) {
            Some(instant) => ClaimValue::Instant(instant),
            None => ClaimValue::Plain(value.into()),
        },
    };
    let token = [
        ("iss", "http://localhost:8080"),
        ("sub", "acc_9h2v6m1k0q"),
        ("aud", "demo"),
        ("exp", "1764000900"),
        ("iat", "1764000000"),
        ("auth_time", "1764000000"),
        ("nonce", "n-0S6_WzA2Mj"),
        ("acr", "pwd"),
        ("amr", "[\"pwd\"]"),
        ("azp", "demo"),
        ("at_hash", "77QmUPtjPfzWtF2AnpK9RQ"),
        ("sid", "ses_81c0aa"),
    ];
    let odd = Claim { name: filling.words(), value: ClaimValue::Plain(filling.words()) };
    let member = |name: Shown, lines: &[&str]| Member {
        name,
        lines: lines.iter().map(|line| Shown::from(*line)).chain([filling.words()]).collect(),
    };
    let address = vec![
        member("formatted".into(), &["12 St James’s Square", "London SW1Y 4JH"]),
        member(filling.words(), &[]),
    ];
    let userinfo = [
        claim("sub", "acc_9h2v6m1k0q"),
        claim("name", "Ada Lovelace"),
        claim("email", "ada@example.com"),
        claim("updated_at", "1764000000"),
        Claim { name: "address".into(), value: ClaimValue::Members(address) },
        odd.clone(),
    ];
    let result = DemoResultPage {
        text,
        name: if filling.client == "Harbour Books" { "Ada".into() } else { filling.username() },
        issuer: "http://localhost:8080".into(),
        id_token: token.iter().map(|(name, value)| claim(name, value)).chain([odd]).collect(),
        userinfo: userinfo.into(),
        scopes: vec!["openid".into(), "profile".into(), "email".into(), filling.words()],
        access_token_remaining: Duration::from_secs(900),
        has_refresh_token: true,
        refresh_count: 1,
    };
    let plain = DemoResultPage { has_refresh_token: false, refresh_count: 0, ..result.clone() };
    let often = DemoResultPage { refresh_count: 3, ..result.clone() };
    let (refused, own) = demo_errors(text, filling);
    let expired = DemoResultPage { access_token_remaining: Duration::ZERO, ..plain.clone() };
    vec![
        sample("demo-start", &DemoStartPage { text, is_signed_out: false }),
        sample("demo-signed-out", &DemoStartPage { text, is_signed_out: true }),
        sample("demo-result", &result),
        sample("demo-result-plain", &plain),
        sample("demo-result-often", &often),
        sample("demo-result-expired", &expired),
        sample("demo-error", &refused),
        sample("demo-error-own", &own),
    ]
}

fn demo_errors(text: Text, filling: &Filling) -> (DemoErrorPage, DemoErrorPage) {
    let refused = DemoErrorPage {
        text,
        error: "access_denied".into(),
        description: filling.words(),
        refused_by: RefusedBy::Provider,
        retry: Link::parse("/demo").expect("our own path"),
    };
    let own = DemoErrorPage {
        description: Shown::default(),
        refused_by: RefusedBy::Application,
        ..refused.clone()
    };
    (refused, own)
}
