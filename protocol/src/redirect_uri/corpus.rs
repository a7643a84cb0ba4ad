//! The corpus of ATTACKS 21: every registered URI below under every change below, and no answer goes anywhere else.

use proptest::prelude::*;

use super::*;

const REGISTERED: [&str; 10] = [
    "https://client.example/cb",
    "https://client.example/cb?foo=bar",
    "https://client.example:8443/a/cb",
    "https://client.example",
    "https://xn--bcher-kva.example/cb",
    "https://[2001:db8::1]/cb",
    "http://127.0.0.1/cb",
    "http://[::1]:1234/cb",
    "com.example.app:/oauth2redirect/cb",
    "com.example.app://callback/cb",
];

type Change = fn(&str) -> String;

/// What parsers have been fooled with.
const CHANGES: [Change; 42] = [
    |uri| uri.replace(".example", "aexample"),
    |uri| uri.replace(".example", ".example.evil.test"),
    |uri| uri.replace("client.", "evil.client."),
    |uri| uri.replace("client.example", "client.example."),
    |uri| uri.replace("client", "CLIENT"),
    |uri| uri.replace("https:", "HTTPS:"),
    |uri| uri.replace("https:", "http:"),
    |uri| uri.replacen("://", "://evil.test/", 1),
    |uri| uri.replacen("://", "://evil.test@", 1),
    |uri| uri.replacen("://", "://user:password@", 1),
    |uri| uri.replacen("://", "://evil.test\\@", 1),
    |uri| uri.replacen("://", "://evil.test#@", 1),
    |uri| uri.replacen("://", "://evil.test?@", 1),
    |uri| uri.replacen("://", ":\\\\", 1),
    |uri| uri.replacen("://", ":/", 1),
    |uri| uri.replacen("://", ":///", 1),
    |uri| uri.replacen("://", "://%00", 1),
    |uri| uri.replace("/cb", "/cb/"),
    |uri| uri.replace("/cb", "/CB"),
    |uri| uri.replace("/cb", "/cb/../../evil"),
    |uri| uri.replace("/cb", "/cb/%2e%2e/evil"),
    |uri| uri.replace("/cb", "/./cb"),
    |uri| uri.replace("/cb", "//cb"),
    |uri| uri.replace("/cb", "/%63b"),
    |uri| uri.replace("/cb", "%2fcb"),
    |uri| uri.replace("/cb", "\\cb"),
    |uri| uri.replace("/cb", "/cb;a=b"),
    |uri| uri.replace("/cb", "/cbx"),
    |uri| uri.replace("foo=bar", "foo=evil"),
    |uri| uri.replace("foo=bar", "foo=bar&foo=evil"),
    |uri| uri.replace("?foo=bar", ""),
    |uri| format!("{uri}?code=evil"),
    |uri| format!("{uri}&code=evil"),
    |uri| format!("{uri}#fragment"),
    |uri| format!("{uri}#"),
    |uri| format!("{uri}%0d%0aSet-Cookie:x"),
    |uri| format!("{uri}\r\nSet-Cookie: x"),
    |uri| format!("{uri}\0"),
    |uri| format!(" {uri}"),
    |uri| format!("{uri} "),
    |uri| format!("{uri}\u{3002}"),
    |uri| format!("javascript:alert(1)//{uri}"),
];

/// What never matches anything that is registered.
const FOREIGN: [&str; 22] = [
    "",
    "/cb",
    "//client.example/cb",
    "client.example/cb",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://",
    "https://evil.test/cb",
    "https://client.example@evil.test/cb",
    "https://client。example/cb",
    "https://client%2eexample/cb",
    "https://client.example:443/cb",
    "https://bücher.example/cb",
    "https://[2001:DB8::1]/cb",
    "https://[2001:db8:0::1]/cb",
    "http://127.1/cb",
    "http://0x7f.0.0.1/cb",
    "http://2130706433/cb",
    "http://127.0.0.1.evil.test/cb",
    "http://localhost/cb",
    "http://[::ffff:127.0.0.1]/cb",
    "http://[0:0:0:0:0:0:0:1]:1234/cb",
];

fn registered(uri: &str) -> RedirectUri {
    RedirectUri::register(uri, RegistrationPolicy::default()).unwrap()
}

#[test]
fn no_answer_goes_to_a_uri_that_differs_from_the_registered_one() {
    let mut tried = 0;
    for uri in REGISTERED {
        let changed = CHANGES.iter().map(|change| change(uri)).chain(FOREIGN.map(str::to_owned));
        for presented in changed.filter(|presented| presented != uri) {
            assert_eq!(registered(uri).accept(&presented), None, "{uri} accepted {presented:?}");
            tried += 1;
        }
        assert_eq!(registered(uri).accept(uri), Some(registered(uri)));
    }
    assert!(tried >= 300, "{tried}");
}

#[test]
fn only_a_loopback_address_may_change_its_port() {
    let cases = [
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/cb", true),
        ("http://127.0.0.1:80/cb", "http://127.0.0.1/cb", true),
        ("http://[::1]:1234/cb?a=b", "http://[::1]:61023/cb?a=b", true),
        ("http://127.0.0.1", "http://127.0.0.1:1", true),
        ("http://127.0.0.1/cb", "http://[::1]:51004/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:51004/other", false),
        ("http://127.0.0.1/cb", "https://127.0.0.1:51004/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:0/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:080/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:65536/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:+80/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80@evil.test/cb", false),
        ("http://127.0.0.1/cb", "http://127.0.0.1:80:81/cb", false),
        ("https://127.0.0.1/cb", "https://127.0.0.1:51004/cb", false),
        ("https://client.example/cb", "https://client.example:51004/cb", false),
    ];
    for (uri, presented, accepted) in cases {
        assert_eq!(registered(uri).accept(presented).is_some(), accepted, "{uri} and {presented}");
    }
}

#[test]
fn a_program_of_ones_own_machine_is_told_from_a_place_on_the_web() {
    let native = [
        "http://127.0.0.1/cb",
        "http://127.0.0.1:5555/cb",
        "http://[::1]:5555/cb",
        "http://localhost:3000/cb",
        "https://localhost/cb",
        "https://localhost.:8443/cb",
        "https://app.localhost/cb",
        "https://127.9.9.9/cb",
        "https://0.0.0.0/cb",
        "https://[::ffff:7f00:1]/cb",
        "com.example.app:/cb",
        "com.example.app://client.example/cb",
    ];
    for uri in native {
        assert!(uri.parse::<RedirectUri>().unwrap().is_native(), "{uri}");
    }
    let on_the_web = [
        "https://client.example/cb",
        "https://client.example:8443/127.0.0.1",
        "https://localhost.example/cb",
        "https://notlocalhost/cb",
        "https://127.0.0.1.example/cb",
        "https://192.0.2.1/cb",
        "https://[2001:db8::1]/cb",
    ];
    for uri in on_the_web {
        assert!(!uri.parse::<RedirectUri>().unwrap().is_native(), "{uri}");
    }
}

#[test]
fn http_localhost_is_registered_only_where_the_policy_says_so_and_keeps_its_port() {
    let policy = RegistrationPolicy { http_localhost: true, ..RegistrationPolicy::default() };
    for uri in ["http://localhost/cb", "http://localhost:8080/cb"] {
        assert_eq!(
            RedirectUri::register(uri, RegistrationPolicy::default()),
            Err(NotARedirectUri::Http)
        );
        assert_eq!(
            RedirectUri::register(uri, policy).unwrap().accept("http://localhost:8081/cb"),
            None
        );
    }
}

#[test]
fn what_cannot_be_registered_says_why() {
    use NotARedirectUri::{
        Character, Fragment, Host, Http, NotAbsolute, Path, Scheme, SchemeWithoutDot, TooLong, User,
    };
    let long = format!("https://client.example/{}", "a".repeat(REDIRECT_URI_BYTES_MAX));
    let cases = [
        (long.as_str(), TooLong),
        ("https://client.example/cb#x", Fragment),
        ("https://client.example/cb#", Fragment),
        ("/cb", NotAbsolute),
        ("", NotAbsolute),
        ("https://client.example/c b", Character),
        ("https://client.example/c\tb", Character),
        ("https://client.example\\cb", Character),
        ("https://client.example/%zz", Character),
        ("https://client.example/%2", Character),
        ("https://bücher.example/cb", Character),
        ("https://user@client.example/cb", User),
        ("https://:@client.example/cb", User),
        ("com.example.app://user@callback", User),
        ("http://client.example/cb", Http),
        ("http://127.0.0.2/cb", Http),
        ("https:///cb", Host),
        ("https:/client.example/cb", Host),
        ("https://Client.example/cb", Host),
        ("https://client.example:/cb", Host),
        ("https://client.example:0443/cb", Host),
        ("https://client.example:99999/cb", Host),
        ("https://*.example/cb", Host),
        ("https://client.example;evil.test/cb", Host),
        ("https://client,example/cb", Host),
        ("https://%65xample.test/cb", Host),
        ("https://[::ffff:127.0.0.1]/cb", Host),
        ("https://[::1]evil.test/cb", Host),
        ("http://127.1/cb", Host),
        ("http://0x7f000001/cb", Host),
        ("https://client.example/a/../cb", Path),
        ("https://client.example/a/%2E%2e/cb", Path),
        ("com.example.app:", Path),
        ("com.example.app:/a/../cb", Path),
        ("javascript:alert(1)", Scheme),
        ("data:text/html,x", Scheme),
        ("file:///etc/passwd", Scheme),
        ("vbscript:x", Scheme),
        ("urn:ietf:wg:oauth:2.0:oob", Scheme),
        ("HTTPS://client.example/cb", Scheme),
        ("JavaScript:alert(1)", Scheme),
        ("1com.example:/cb", Scheme),
        (":/cb", Scheme),
        ("myapp://cb", SchemeWithoutDot),
    ];
    for (uri, why) in cases {
        assert_eq!(RedirectUri::register(uri, RegistrationPolicy::default()), Err(why), "{uri}");
    }
}

#[test]
fn a_scheme_without_a_dot_needs_the_policy_and_is_never_one_that_runs() {
    let policy = RegistrationPolicy { schemes_without_dot: true, ..RegistrationPolicy::default() };
    assert!(RedirectUri::register("myapp://cb", policy).is_ok());
    for scheme in REFUSED_SCHEMES {
        let uri = format!("{scheme}://cb");
        assert_eq!(RedirectUri::register(&uri, policy), Err(NotARedirectUri::Scheme), "{uri}");
    }
}

#[test]
fn an_answer_keeps_the_registered_query() {
    let answer = [("code", "SplxlOBeZQQYbYS6WxSbIA"), ("state", "a b&c=d+é")];
    let encoded = "code=SplxlOBeZQQYbYS6WxSbIA&state=a%20b%26c%3Dd%2B%C3%A9";
    let cases = [
        ("https://client.example/cb", "?"),
        ("https://client.example/cb?", ""),
        ("https://client.example/cb?a=b", "&"),
        ("https://client.example/cb?a=b&", ""),
        ("com.example.app:/cb", "?"),
    ];
    for (uri, separator) in cases {
        assert_eq!(
            *registered(uri).with_query(&answer).expose(),
            format!("{uri}{separator}{encoded}")
        );
        assert_eq!(*registered(uri).with_fragment(&answer).expose(), format!("{uri}#{encoded}"));
    }
}

#[test]
fn a_content_security_policy_names_the_origin_or_else_the_scheme() {
    let cases = [
        ("https://client.example/cb", "https://client.example"),
        ("https://client.example:8443?a=b", "https://client.example:8443"),
        ("http://127.0.0.1:80/cb", "http://127.0.0.1:80"),
        ("http://[::1]:1234/cb", "http:"),
        ("com.example.app:/cb", "com.example.app:"),
        ("com.example.app://callback/cb", "com.example.app:"),
    ];
    for (uri, source) in cases {
        assert_eq!(registered(uri).origin_or_scheme(), source);
    }
}

/// Texts near a URI: the pieces that parsers disagree about, in any order.
fn near_a_uri() -> impl Strategy<Value = String> {
    let pieces = proptest::sample::select(vec![
        "https:",
        "http:",
        "com.example.app:",
        "//",
        "/",
        "\\",
        "@",
        ":",
        ":8443",
        "?",
        "#",
        "&",
        ";",
        "%2e",
        "%2f",
        "..",
        ".",
        "client.example",
        "127.0.0.1",
        "[::1]",
        "localhost",
        "evil.test",
        "cb",
        "é",
        "\n",
        " ",
        "*",
        "a=b",
        "0x7f",
    ]);
    proptest::collection::vec(pieces, 0..10).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn whatever_is_accepted_is_the_registered_uri(presented in near_a_uri()) {
        for uri in REGISTERED.iter().filter(|uri| !uri.starts_with("http:")) {
            prop_assert_eq!(registered(uri).accept(&presented).is_some(), presented == **uri);
        }
    }

    #[test]
    fn a_browser_goes_where_a_registered_uri_says(text in near_a_uri()) {
        if let Ok(uri) = RedirectUri::register(&text, RegistrationPolicy::default()) {
            let location = uri.with_query(&[("code", "c"), ("state", "\"<é&#")]);
            let url = Url::parse(location.expose()).unwrap();
            prop_assert!(url.username().is_empty() && url.password().is_none() && url.fragment().is_none());
            let pairs: Vec<_> = url.query_pairs().into_owned().collect();
            let expected = [("code", "c"), ("state", "\"<é&#")].map(|(name, value)| (name.to_owned(), value.to_owned()));
            prop_assert!(pairs.ends_with(&expected), "{:?}", pairs);
            if let Some(host) = url.host_str().filter(|_| url.scheme() == "https") {
                prop_assert!(text.strip_prefix("https://").is_some_and(|rest| rest.starts_with(host)));
            }
        }
    }
}
