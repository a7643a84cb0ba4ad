//! Which methods each path has, operations of the API as the document says: what a refused one is told (RFC 9110
//! §10.2.1), and where HEAD is refused.

use std::collections::BTreeMap;

use poem::http::Method;
use protocol::paths;

use crate::document::Paths;

/// Where a GET does more than look: it may issue a code, conclude a sign-in or end a session. HEAD does what GET does (RFC
/// 9110 §9.3.2) and is sent by what only wants to look, so it is refused there.
const ACTING: [&str; 5] =
    [paths::AUTHORIZE, paths::END_SESSION, paths::LOGIN, paths::CONSENT, paths::LOGOUT];

/// The value of `Allow` at each of these.
pub(crate) const ALLOWED_WHERE_ACTING: &str = "GET, POST";

/// The value of `Allow` for each path of the document.
pub(crate) struct Methods(BTreeMap<String, String>);

impl Methods {
    /// Reads an OpenAPI document of ours.
    pub(crate) fn read(document: &str) -> Self {
        let paths = Paths::read(document).paths.into_iter().map(|(path, operations)| {
            let has_head = !is_refused(&Method::HEAD, &path);
            let methods = operations.keys().map(|method| match method.to_uppercase() {
                method if method == "GET" && has_head => "GET, HEAD".to_owned(),
                method => method,
            });
            let methods = methods.collect::<Vec<_>>().join(", ");
            (path.into_owned(), methods)
        });
        Self(paths.collect())
    }

    /// The methods of `path`; nothing where the document does not have it.
    pub(crate) fn of(&self, path: &str) -> Option<String> {
        let exact = self.0.get(path);
        let found =
            exact.or_else(|| self.0.iter().find(|(known, _)| fits(known, path)).map(|(_, of)| of));
        found.cloned()
    }
}

/// Whether `path` is one of those that `template` stands for: `{x}` is any one segment.
fn fits(template: &str, path: &str) -> bool {
    let is_any = |segment: &str| segment.starts_with('{') && segment.ends_with('}');
    let (mut known, mut asked) = (template.split('/'), path.split('/'));
    loop {
        match (known.next(), asked.next()) {
            (None, None) => return true,
            (Some(known), Some(asked)) if known == asked => {}
            (Some(known), Some(asked)) if is_any(known) && !asked.is_empty() => {}
            _ => return false,
        }
    }
}

/// Whether `method` is refused at `path` although a GET is answered there.
pub(crate) fn is_refused(method: &Method, path: &str) -> bool {
    *method == Method::HEAD && ACTING.contains(&path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_methods_of_a_path_are_those_of_the_document() {
        let methods = Methods::read(r#"{"paths":{"/a":{"get":{},"post":{}},"/b":{"post":{}}}}"#);
        assert_eq!(methods.of("/a").as_deref(), Some("GET, HEAD, POST"));
        assert_eq!(methods.of("/b").as_deref(), Some("POST"));
        assert_eq!(methods.of("/c"), None);
    }

    #[test]
    fn a_parameter_of_a_path_is_any_one_segment() {
        let methods =
            Methods::read(r#"{"paths":{"/a/{id}":{"delete":{}},"/a/{id}/b":{"post":{}}}}"#);
        assert_eq!(methods.of("/a/1").as_deref(), Some("DELETE"));
        assert_eq!(methods.of("/a/1/b").as_deref(), Some("POST"));
        for nowhere in ["/a/", "/a", "/a/1/2", "/a/1/b/"] {
            assert_eq!(methods.of(nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn head_is_refused_where_a_get_acts_and_is_not_said_to_be_allowed() {
        let document =
            |path: &str| format!(r#"{{"paths":{{"{path}":{{"get":{{}},"post":{{}}}}}}}}"#);
        for path in ACTING {
            assert!(is_refused(&Method::HEAD, path) && !is_refused(&Method::GET, path), "{path}");
            let methods = Methods::read(&document(path));
            assert_eq!(methods.of(path).as_deref(), Some(ALLOWED_WHERE_ACTING));
        }
        for path in ["/", paths::JWKS, paths::USERINFO, paths::LOGGED_OUT] {
            assert!(!is_refused(&Method::HEAD, path), "{path}");
        }
    }
}
