//! One login at `doorward dev`, as a browser and an application make it: the authorization-code flow with PKCE (RFC 7636).

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
};

use serde_json::Value;
use url::form_urlencoded::Serializer;

/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT_URI: &str = "http://127.0.0.1/callback";

/// A login that went to its end.
pub(crate) struct Login {
    /// Everything that only browser, application and provider may know, and what is a person's.
    pub(crate) secrets: Vec<String>,
}

/// Goes through one login with what `dev` has printed; `more` are lines for the head of every request.
pub(crate) fn go_through(printed: &Value, more: &str) -> Login {
    let text = |key: &str| printed[key].as_str().expect("dev prints it").to_owned();
    let (username, password) = (text("username"), text("password"));
    let mut browser = Browser::at(&text("issuer"), more);
    let asked = [
        ("client_id", text("public_client_id")),
        ("redirect_uri", REDIRECT_URI.into()),
        ("response_type", "code".into()),
        ("scope", "openid email".into()),
        ("state", "a-state-of-the-browser".into()),
        ("nonce", "a-nonce-of-the-client".into()),
        ("code_challenge", CHALLENGE.into()),
        ("code_challenge_method", "S256".into()),
    ];
    let login = browser.get(&format!("/oauth2/authorize?{}", form(&asked)));
    let sign_in = login.hidden("sign_in");
    let typed = [
        ("sign_in", sign_in.clone()),
        ("username", username.clone()),
        ("password", password.clone()),
    ];
    let consent = browser.post("/login", &typed);
    let fields = ["sign_in", "shown"].map(|field| (field, consent.hidden(field)));
    let decided = [&fields[..], &[("decision", "allow".into())]].concat();
    let code = browser.post("/consent", &decided).code();

    let cookies = browser.cookies.values().cloned();
    let mut secrets: Vec<_> = cookies.chain([username, password, code.clone()]).collect();
    let mut client = Browser::at(&text("issuer"), more);
    let exchanged = client.post(
        "/oauth2/token",
        &[
            ("grant_type", "authorization_code".into()),
            ("client_id", text("public_client_id")),
            ("redirect_uri", REDIRECT_URI.into()),
            ("code", code),
            ("code_verifier", VERIFIER.into()),
        ],
    );
    let tokens: Value = serde_json::from_str(&exchanged.text).expect("tokens");
    let access_token = tokens["access_token"].as_str().expect("an access token").to_owned();
    client.more = format!("{more}authorization: Bearer {access_token}\r\n");
    let claims = client.get("/oauth2/userinfo");
    assert!(claims.text.contains("email"), "{}", claims.text);
    secrets.extend(
        ["id_token", "refresh_token"].map(|key| tokens[key].as_str().unwrap_or_default().into()),
    );
    secrets.extend([access_token, sign_in, VERIFIER.into(), CHALLENGE.into(), asked[4].1.clone()]);
    secrets.extend([asked[5].1.clone(), REDIRECT_URI.into(), "alice@".into(), "127.0.0.1".into()]);
    secrets.retain(|secret| !secret.is_empty());
    Login { secrets }
}

fn form(pairs: &[(&str, String)]) -> String {
    Serializer::new(String::new()).extend_pairs(pairs).finish()
}

/// What keeps cookies and follows redirects, as long as they stay at the provider.
struct Browser {
    authority: String,
    cookies: BTreeMap<String, String>,
    more: String,
}

/// Where it ended.
struct Page {
    /// Empty for an answer; an address of another where a redirect led there.
    location: String,
    text: String,
}

impl Page {
    fn hidden(&self, name: &str) -> String {
        let before = format!("name=\"{name}\" value=\"");
        let (_, rest) = self.text.split_once(&before).unwrap_or_else(|| panic!("{}", self.text));
        rest.split('"').next().expect("it ends").to_owned()
    }

    fn code(&self) -> String {
        let location = url::Url::parse(&self.location).unwrap_or_else(|_| panic!("{}", self.text));
        let code = location.query_pairs().find(|(name, _)| name == "code");
        code.unwrap_or_else(|| panic!("{location}")).1.into_owned()
    }
}

impl Browser {
    fn at(issuer: &str, more: &str) -> Self {
        let authority = issuer.strip_prefix("http://").expect("plain http").to_owned();
        Self { authority, cookies: BTreeMap::new(), more: more.to_owned() }
    }

    fn get(&mut self, path: &str) -> Page {
        self.go("GET", path.to_owned(), "")
    }

    fn post(&mut self, path: &str, fields: &[(&str, String)]) -> Page {
        self.go("POST", path.to_owned(), &form(fields))
    }

    fn go(&mut self, method: &str, mut path: String, body: &str) -> Page {
        let (mut method, mut body) = (method, body);
        for _ in 0..5 {
            let (head, text) = self.ask(method, &path, body);
            let Some(location) = field(&head, "location").next() else {
                return Page { location: String::new(), text };
            };
            let own = format!("http://{}", self.authority);
            path = location.strip_prefix(&own).unwrap_or(location).to_owned();
            if !path.starts_with('/') {
                return Page { location: path, text };
            }
            (method, body) = ("GET", "");
        }
        panic!("redirects without end");
    }

    fn ask(&mut self, method: &str, path: &str, body: &str) -> (String, String) {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nconnection: close\r\n{}content-type: \
             application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
            self.authority,
            cookies.join("; "),
            self.more,
            body.len(),
        );
        let address = self.authority.replace("localhost", "127.0.0.1");
        let mut stream = TcpStream::connect(address).expect("it listens");
        stream.write_all(request.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        let (head, text) = answer.split_once("\r\n\r\n").expect("an answer");
        for cookie in field(head, "set-cookie") {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            self.cookies.insert(name.into(), rest.split(';').next().unwrap_or_default().into());
        }
        (head.to_owned(), text.to_owned())
    }
}

fn field<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(move |(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
