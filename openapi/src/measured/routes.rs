//! The paths that are ours: what a request's path is called in labels and in names of spans.

use std::borrow::Cow;

use protocol::paths;

use crate::document::Paths;

/// The pages, which the document does not tell of.
const PAGES: [&str; 10] = [
    "/",
    "/assets/{name}",
    paths::LOGIN,
    paths::CONSENT,
    paths::LOGOUT,
    paths::LOGGED_OUT,
    paths::DOCS,
    paths::DOCS_REDIRECT,
    paths::DOCS_PROBLEMS,
    paths::OPENAPI,
];

/// What is called so by nobody of ours.
const OTHER: &str = "other";

/// One of our paths.
pub(super) struct Route {
    /// As the document writes it: `/admin/v1/clients/{client_id}`.
    pub(super) template: String,
    /// The name of its span: `openapi.admin.clients`.
    pub(super) span: String,
}

/// The place of a route in the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Found(usize);

impl Found {
    pub(super) fn index(self) -> usize {
        self.0
    }
}

/// Every route, the one for what is none of ours last.
pub(super) struct Routes {
    known: Vec<Route>,
    other: Route,
}

impl Routes {
    /// Reads an OpenAPI document of ours.
    pub(super) fn read(document: &str) -> Self {
        let paths = Paths::read(document).paths.into_keys();
        let mut templates: Vec<_> = paths.map(Cow::into_owned).collect();
        templates.extend(PAGES.map(str::to_owned));
        templates.sort();
        templates.dedup();
        let known = templates.into_iter().map(Route::new).collect();
        let other = Route { template: OTHER.into(), span: format!("openapi.{OTHER}") };
        Self { known, other }
    }

    /// How many there are, with the one for all others.
    pub(super) fn len(&self) -> usize {
        self.known.len() + 1
    }

    /// The route of a path. One without parameters goes first: it is also what answers.
    pub(super) fn find(&self, path: &str) -> Found {
        let exact = self.known.binary_search_by(|route| route.template.as_str().cmp(path)).ok();
        let found = exact.or_else(|| self.known.iter().position(|route| route.matches(path)));
        Found(found.unwrap_or(self.known.len()))
    }

    pub(super) fn route(&self, found: Found) -> &Route {
        self.known.get(found.0).unwrap_or(&self.other)
    }
}

impl Route {
    fn new(template: String) -> Self {
        let words = template.split('/').filter(|word| {
            !word.is_empty() && !word.starts_with(['{', '.']) && !["oauth2", "v1"].contains(word)
        });
        let span = words.fold("openapi".to_owned(), |name, word| name + "." + &underscored(word));
        let span = if span == "openapi" { "openapi.welcome".to_owned() } else { span };
        Self { template, span }
    }

    fn matches(&self, path: &str) -> bool {
        let mut given = path.split('/');
        let fits = self.template.split('/').all(|expected| {
            given.next().is_some_and(|word| {
                if expected.starts_with('{') { !word.is_empty() } else { word == expected }
            })
        });
        fits && given.next().is_none()
    }
}

fn underscored(word: &str) -> String {
    word.replace(['-', '.'], "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        Routes::read(
            r#"{"paths":{"/oauth2/token":{},"/.well-known/openid-configuration":{},"/admin/v1/clients":{},
                "/admin/v1/clients/{client_id}":{},"/admin/v1/clients/{client_id}/secrets":{}}}"#,
        )
    }

    #[test]
    fn a_path_is_called_as_the_document_writes_it() {
        let routes = routes();
        for (path, template, span) in [
            ("/oauth2/token", "/oauth2/token", "openapi.token"),
            ("/login", "/login", "openapi.login"),
            ("/logged-out", "/logged-out", "openapi.logged_out"),
            ("/", "/", "openapi.welcome"),
            ("/openapi.json", "/openapi.json", "openapi.openapi_json"),
            ("/admin/v1/clients", "/admin/v1/clients", "openapi.admin.clients"),
            ("/admin/v1/clients/cli_1", "/admin/v1/clients/{client_id}", "openapi.admin.clients"),
            (
                "/admin/v1/clients/cli_1/secrets",
                "/admin/v1/clients/{client_id}/secrets",
                "openapi.admin.clients.secrets",
            ),
            (
                "/.well-known/openid-configuration",
                "/.well-known/openid-configuration",
                "openapi.openid_configuration",
            ),
        ] {
            let route = routes.route(routes.find(path));
            assert_eq!((route.template.as_str(), route.span.as_str()), (template, span), "{path}");
        }
    }

    #[test]
    fn what_is_none_of_ours_has_one_name() {
        let routes = routes();
        for path in [
            "/alice@example.org",
            "/admin/v1/clients/",
            "/admin/v1/clients/a/b",
            "/oauth2/token/",
            "",
            "*",
        ] {
            let found = routes.find(path);
            assert_eq!(routes.route(found).template, "other", "{path}");
            assert!(found.index() < routes.len());
        }
    }
}
