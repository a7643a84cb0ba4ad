//! The files a page needs, held in memory under names that change with their content.

use std::sync::LazyLock;

use poem::{Response, http::header};

use crate::docs::bundle;

/// The header that goes with every asset: its name changes when its content does.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

/// The one stylesheet, sent whole; in the tree it is a file a subject, in the order of the cascade.
pub static STYLESHEET: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("doorward", "css", "text/css; charset=utf-8", STYLES.as_bytes()));

const STYLES: &str = concat!(
    include_str!("../../../assets/palette.css"),
    include_str!("../../../assets/ground.css"),
    include_str!("../../../assets/doorway.css"),
    include_str!("../../../assets/forms.css"),
    include_str!("../../../assets/notes.css"),
    include_str!("../../../assets/first.css"),
    include_str!("../../../assets/demo.css"),
    include_str!("../../../assets/reader.css"),
);

/// The mark, for browser tabs.
pub static ICON: LazyLock<Asset> = LazyLock::new(|| {
    Asset::new("doorward", "svg", "image/svg+xml", include_bytes!("../../../assets/doorward.svg"))
});

/// The style of the documentation beside that of its bundle.
pub static DOCS_STYLESHEET: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_bytes!("../../../assets/docs.css");
    Asset::new("docs", "css", "text/css; charset=utf-8", content)
});

/// What draws the documentation.
pub static DOCS_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_bytes!("../../../assets/docs.js");
    Asset::new("docs", "js", SCRIPT, content)
});

/// What hands the answer of a sign-in to the documentation.
pub static DOCS_SIGNED_IN_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_bytes!("../../../assets/docs_signed_in.js");
    Asset::new("docs-signed-in", "js", SCRIPT, content)
});

/// What goes on from the page after a logout.
pub static SIGNING_OUT_SCRIPT: LazyLock<Asset> = LazyLock::new(|| {
    let content = include_bytes!("../../../assets/signing_out.js");
    Asset::new("signing-out", "js", SCRIPT, content)
});

const SCRIPT: &str = "text/javascript; charset=utf-8";

/// One file as it is sent.
#[derive(Debug)]
pub struct Asset {
    /// Where it is served, from the root.
    pub path: String,
    /// Its `Content-Type`.
    pub content_type: &'static str,
    /// What it holds.
    pub content: &'static [u8],
}

impl Asset {
    pub(crate) fn new(
        stem: &str,
        extension: &str,
        content_type: &'static str,
        content: &'static [u8],
    ) -> Self {
        let path = format!("/assets/{stem}-{:016x}.{extension}", fingerprint(content));
        Self { path, content_type, content }
    }

    /// The file on its way to a browser.
    pub(crate) fn answer(&self) -> Response {
        Response::builder()
            .header(header::CONTENT_TYPE, self.content_type)
            .header(header::CACHE_CONTROL, CACHE_CONTROL)
            .header(header::X_CONTENT_TYPE_OPTIONS, "nosniff")
            .body(self.content)
    }
}

/// The asset with this path; `None` when there is none, or only an older one.
#[must_use]
pub fn find(path: &str) -> Option<&'static Asset> {
    let own = [
        &STYLESHEET,
        &ICON,
        &DOCS_STYLESHEET,
        &DOCS_SCRIPT,
        &DOCS_SIGNED_IN_SCRIPT,
        &SIGNING_OUT_SCRIPT,
    ];
    own.into_iter()
        .map(LazyLock::force)
        .chain([&bundle().script, &bundle().style])
        .find(|asset| asset.path == path)
}

/// FNV-1a: tells one release's file from another's and guards nothing.
fn fingerprint(content: &[u8]) -> u64 {
    content.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::{ICON, STYLESHEET, find, fingerprint};

    #[test]
    fn an_asset_is_found_by_its_full_path_only() {
        for asset in [&*STYLESHEET, &*ICON] {
            assert_eq!(find(&asset.path).map(|found| found.content), Some(asset.content));
        }
        for path in ["", "/assets/", "/assets/doorward.css", "/assets/../Cargo.toml"] {
            assert!(find(path).is_none(), "{path}");
        }
    }

    #[test]
    fn another_content_has_another_name() {
        assert_ne!(fingerprint(b"a{}"), fingerprint(b"b{}"));
        assert_eq!(fingerprint(b""), 0xcbf2_9ce4_8422_2325);
    }
}
