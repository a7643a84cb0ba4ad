//! Swagger UI, as poem-openapi brings it along: its script and its style, taken out of the one page in which it has them,
//! so that our page can serve them as files under a policy without inline script.

use std::sync::OnceLock;

use poem_openapi::OpenApiService;

use crate::pages::view::assets::Asset;

/// The files of the bundle.
#[derive(Debug)]
pub(crate) struct Bundle {
    /// The script.
    pub(crate) script: Asset,
    /// The style.
    pub(crate) style: Asset,
}

/// The bundle, read once.
pub(crate) fn bundle() -> &'static Bundle {
    static BUNDLE: OnceLock<Bundle> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let page = OpenApiService::new((), "", "").swagger_ui_html();
        let within = |tag: &str| {
            let from = page.find(&format!("<{tag} charset=\"UTF-8\">"));
            let text = from.and_then(|from| page.get(from..)).and_then(|text| {
                let (_, text) = text.split_once('>')?;
                text.split_once(&format!("</{tag}>")).map(|(text, _)| text)
            });
            text.unwrap_or_default().as_bytes().to_vec().leak()
        };
        Bundle {
            script: Asset::new(
                "swagger-ui",
                "js",
                "text/javascript; charset=utf-8",
                within("script"),
            ),
            style: Asset::new("swagger-ui", "css", "text/css; charset=utf-8", within("style")),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_is_there_and_whole() {
        let bundle = bundle();
        let script = std::str::from_utf8(bundle.script.content).unwrap();
        assert!(script.len() > 1_000_000 && script.contains("SwaggerUIBundle"));
        let style = std::str::from_utf8(bundle.style.content).unwrap();
        assert!(style.len() > 100_000 && style.contains(".swagger-ui"));
    }
}
