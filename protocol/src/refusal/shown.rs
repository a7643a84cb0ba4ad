//! What of a received value may be kept. A value is kept only where it has the form or the likeness of what is expected:
//! somebody may have sent a secret in the wrong field.

use crate::{
    id::ClientId,
    permission::Permission,
    scope::{STANDARD, Scope},
};

/// Bytes of a value that are kept.
const SHOWN_BYTES_MAX: usize = 512;
/// Bytes of one word of a list.
const WORD_BYTES_MAX: usize = 64;
/// From this length on letters and digits in a row, or both cases, are taken for a secret.
const SECRET_BYTES_MIN: usize = 16;
/// How alike a text must be to an expected one to be shown whatever its form.
const LIKENESS_MIN: f64 = 0.6;

/// Words that specifications have for the parameters that are lists of words, whether they are understood here or not.
const WORDS: &[&str] = &[
    // response_type, response_mode (OAuth 2.0 Multiple Response Types, Form Post, JARM, Web Message)
    "code",
    "token",
    "id_token",
    "none",
    "query",
    "fragment",
    "form_post",
    "web_message",
    "jwt",
    "query.jwt",
    "fragment.jwt",
    "form_post.jwt",
    // grant_type (RFC 6749)
    "authorization_code",
    "refresh_token",
    "client_credentials",
    "implicit",
    "password",
    // code_challenge_method (RFC 7636)
    "S256",
    "plain",
    // prompt, display (OpenID Connect Core 1.0 §3.1.2.1, Initiating User Registration)
    "login",
    "consent",
    "select_account",
    "create",
    "page",
    "popup",
    "touch",
    "wap",
    // token_type_hint (RFC 7009 §2.1)
    "access_token",
];

/// Stands for what is not shown.
pub(super) const MASK: &str = "***";

/// The id of a client, in its form.
pub(super) fn id(raw: &str) -> Option<String> {
    raw.parse::<ClientId>().ok().map(|id| id.to_string())
}

/// A number.
pub(super) fn number(raw: &str) -> Option<String> {
    let digits = raw.strip_prefix('-').unwrap_or(raw);
    let fits = (1..=20).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit());
    fits.then(|| raw.to_owned())
}

/// Words of a vocabulary, such as `code id_token`, those that are like what is expected, and URNs; others are masked.
pub(super) fn words(raw: &str, expected: &[String]) -> Option<String> {
    each_word(raw, |word| {
        is_word(word, WORDS) || is_urn(word) || expected.iter().any(|one| is_like(word, one))
    })
}

/// Scopes that have a meaning of their own here, and those that are like one of these or of what is expected; others are
/// masked.
pub(super) fn scopes(raw: &str, expected: &[String]) -> Option<String> {
    each_word(raw, |word| {
        let is_own = word.parse::<Permission>().is_ok();
        let mut known = expected.iter().map(String::as_str).chain(STANDARD);
        let is_like = is_own || known.any(|one| is_like(word, one));
        is_like && word.parse::<Scope>().is_ok()
    })
}

fn is_word(word: &str, words: &[&str]) -> bool {
    words.iter().any(|one| one.eq_ignore_ascii_case(word))
}

/// Whether it is a name as specifications register them (RFC 6755), with words in it and nothing like a secret.
fn is_urn(word: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || b"_-:.0123456789".contains(&byte);
    word.starts_with("urn:") && word.bytes().all(plain) && !looks_secret(word)
}

fn each_word(raw: &str, is_shown: impl Fn(&str) -> bool) -> Option<String> {
    let shown = |word: &str| match word.len() <= WORD_BYTES_MAX && is_shown(word) {
        true => word.to_owned(),
        false => MASK.to_owned(),
    };
    let words: Vec<_> = raw.split(' ').take(SHOWN_BYTES_MAX / 8).map(shown).collect();
    let is_any = words.iter().any(|word| !word.is_empty() && word != MASK);
    is_any.then(|| cut(&words.join(" ")).to_owned())
}

/// A URI. Its user and its fragment are masked, those segments of its path that look like secrets and that no registered URI
/// has, and those values of its query that no registered URI has a parameter for.
pub(super) fn uri(raw: &str, registered: &[String]) -> Option<String> {
    let raw = cut(raw);
    if !has_scheme(raw) && !registered.iter().any(|one| is_like(raw, cut(one))) {
        return None;
    }
    let plain: String = raw.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let (rest, fragment) = split(&plain, '#');
    let (rest, query) = split(rest, '?');
    let mut shown = without_user(rest, registered);
    if let Some(query) = query {
        shown.push('?');
        shown.push_str(&masked_query(query, registered));
    }
    if let Some(fragment) = fragment {
        shown.push('#');
        shown.push_str(if fragment.is_empty() { "" } else { MASK });
    }
    Some(shown)
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    text.split_once(at).map_or((text, None), |(head, tail)| (head, Some(tail)))
}

/// Also of a scheme whose rest is opaque, such as `x:user@host`.
fn without_user(rest: &str, registered: &[String]) -> String {
    let (head, after) = match rest.split_once("//") {
        Some((head, after)) => (format!("{head}//"), after),
        None => (String::new(), rest),
    };
    let end = after.find('/').unwrap_or(after.len());
    let (authority, path) = after.split_at_checked(end).unwrap_or((after, ""));
    let path = masked_path(path, registered);
    let (user, host) = match authority.rsplit_once('@') {
        Some((_, host)) => (format!("{MASK}@"), host),
        None => (String::new(), authority),
    };
    // Where there is no authority this is the scheme, with a part of the path.
    let host = if head.is_empty() { masked_path(host, registered) } else { host.to_owned() };
    format!("{head}{user}{host}{path}")
}

fn masked_path(path: &str, registered: &[String]) -> String {
    let is_registered = |segment: &str| {
        registered.iter().any(|one| split(one, '?').0.split('/').any(|known| known == segment))
    };
    let masked = |segment| match looks_secret(segment) && !is_registered(segment) {
        true => MASK,
        false => segment,
    };
    path.split('/').map(masked).collect::<Vec<_>>().join("/")
}

fn masked_query(query: &str, registered: &[String]) -> String {
    let known: Vec<&str> = registered
        .iter()
        .filter_map(|one| one.split_once('?'))
        .flat_map(|(_, query)| query.split('&'))
        .map(|pair| split(pair, '=').0)
        .collect();
    let masked = |pair: &str| match split(pair, '=') {
        (name, _) if known.contains(&name) => pair.to_owned(),
        // A name alone may be the secret itself.
        (name, None) if looks_secret(name) => MASK.to_owned(),
        (_, None | Some("")) => pair.to_owned(),
        (name, Some(_)) if looks_secret(name) => format!("{MASK}={MASK}"),
        (name, Some(_)) => format!("{name}={MASK}"),
    };
    query.split('&').map(masked).collect::<Vec<_>>().join("&")
}

fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let first = scheme.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    let others = scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte));
    first && others && scheme.len() <= WORD_BYTES_MAX && !looks_secret(scheme) && rest.contains('/')
}

/// Whether a run of letters, digits and what base64 has beside them is long and mixed enough to be a secret.
fn looks_secret(text: &str) -> bool {
    let is_of_run = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+' | '=');
    text.split(|c| !is_of_run(c)).any(|run| {
        let has = |is: fn(&u8) -> bool| run.as_bytes().iter().any(is);
        let (upper, lower) = (has(u8::is_ascii_uppercase), has(u8::is_ascii_lowercase));
        let digits = run.bytes().filter(u8::is_ascii_digit).count();
        run.len() >= SECRET_BYTES_MIN && (upper && lower || digits >= 3)
    })
}

fn is_like(text: &str, expected: &str) -> bool {
    let lengths = (text.len().max(1), expected.len().max(1));
    // Without the table of distances where the lengths alone decide it.
    let possible = lengths.0.min(lengths.1) * 5 >= lengths.0.max(lengths.1) * 3;
    possible && strsim::normalized_levenshtein(text, expected) >= LIKENESS_MIN
}

fn cut(text: &str) -> &str {
    text.get(..text.floor_char_boundary(SHOWN_BYTES_MAX)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "q7TzRrkYy0mXv3HcJw2sLd9Bf6Na1Pe8Ui4Ko5Gt-Zx";

    fn list(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_secret_in_the_wrong_field_is_not_kept() {
        let uris = list(&["https://app.example/cb?tenant=a"]);
        assert_eq!(id(SECRET), None);
        assert_eq!(id("hunter2"), None);
        assert_eq!(number(SECRET), None);
        assert_eq!(words(SECRET, &list(&["code"])), None);
        assert_eq!(scopes(SECRET, &list(&["openid"])), None);
        assert_eq!(uri(SECRET, &uris), None);
        let kept = [
            uri(&format!("https://app.example/cb?token={SECRET}"), &uris),
            uri(&format!("https://app.example/cb?{SECRET}"), &uris),
            uri(&format!("https://app.example/cb?{SECRET}=1"), &uris),
            uri(&format!("https://app.example/cb#access_token={SECRET}"), &uris),
            uri(&format!("https://user:{SECRET}@app.example/cb"), &uris),
            uri(&format!("https://app.example/cb/{SECRET}/x"), &uris),
            uri(&format!("com.app:{SECRET}/cb"), &uris),
            scopes(&format!("openid {SECRET}"), &list(&["openid"])),
            words(&format!("code {SECRET}"), &list(&["code"])),
        ];
        for kept in kept {
            let kept = kept.expect("the rest is shown");
            assert!(!kept.contains(SECRET) && kept.contains(MASK), "{kept}");
        }
    }

    #[test]
    fn a_password_in_the_wrong_field_is_not_kept_however_plain_it_is() {
        for password in ["hunter", "correct-horse", "letmein:now", "passwort", "tr0ub4dor.3"] {
            assert_eq!(words(password, &list(&["code", "authorization_code"])), None);
            assert_eq!(words(&format!("{password}x"), &[]), None);
            assert_eq!(scopes(password, &list(&["openid", "profile"])), None);
            let kept = scopes(&format!("openid {password}"), &[]);
            assert_eq!(kept.as_deref(), Some("openid ***"));
        }
        assert_eq!(words(&format!("urn:{}", SECRET.to_lowercase()), &[]), None);
    }

    #[test]
    fn a_segment_that_looks_secret_is_kept_where_it_is_registered() {
        let uri_of = |segment: &str| format!("https://app.example/cb/{segment}");
        let uris = [uri_of(SECRET)];
        let kept = uri(&format!("{}/", uri_of(SECRET)), &uris).unwrap();
        assert_eq!(kept, format!("{}/", uri_of(SECRET)));
    }

    #[test]
    fn what_has_the_form_or_the_likeness_of_what_is_expected_is_kept() {
        let uris = list(&["https://app.example/cb?tenant=a"]);
        for shown in [
            "https://app.example/cb/?tenant=b",
            "app.example/cb?tenant=a",
            "com.app:/cb",
            "HTTPS://X/",
        ] {
            assert_eq!(uri(shown, &uris).as_deref(), Some(shown));
        }
        assert_eq!(words("code id_token", &[]).as_deref(), Some("code id_token"));
        assert_eq!(words("Code", &list(&["code"])).as_deref(), Some("Code"));
        assert_eq!(words("s256", &list(&["S256"])).as_deref(), Some("s256"));
        let urn = "urn:ietf:params:oauth:grant-type:jwt-bearer";
        assert_eq!(words(urn, &[]).as_deref(), Some(urn));
        assert_eq!(words("create page", &[]).as_deref(), Some("create page"));
        let own = scopes("openid Profile clients:read", &[]);
        assert_eq!(own.as_deref(), Some("openid Profile clients:read"));
        let like = scopes("read:thing", &list(&["read:things"]));
        assert_eq!(like.as_deref(), Some("read:thing"));
        assert_eq!(number("-5").as_deref(), Some("-5"));
    }

    #[test]
    fn what_is_kept_is_bounded_and_has_no_control_characters() {
        let long = uri(&format!("https://app.example/{}", "é".repeat(9_000)), &[]).unwrap();
        assert!(long.len() <= SHOWN_BYTES_MAX + MASK.len());
        assert!(scopes(&"email ".repeat(9_000), &[]).unwrap().len() <= SHOWN_BYTES_MAX);
        assert_eq!(uri("https://app.example/\n", &[]).unwrap(), "https://app.example/\u{fffd}");
    }
}
