//! What a person reads when `dev` has started: where to go first, and with which password.

use std::{
    fmt::Write,
    io::{IsTerminal, stdout},
    path::Path,
};

use super::{
    kept::{self, Kept},
    settings::Bound,
};

/// How much weight a text has.
#[derive(Debug, Clone, Copy)]
enum Weight {
    Strong,
    Link,
    Faint,
}

/// Draws, in colour where somebody sees it.
struct Brush {
    is_coloured: bool,
}

impl Brush {
    fn paint(&self, weight: Weight, text: impl std::fmt::Display) -> String {
        let code = match weight {
            Weight::Strong => "1",
            Weight::Link => "4;36",
            Weight::Faint => "2",
        };
        if self.is_coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_string() }
    }
}

pub(super) fn draw(kept: &Kept, bound: &Bound, directory: &Path) -> String {
    let brush = Brush { is_coloured: stdout().is_terminal() };
    let mut text = String::new();
    let kept_file = kept::file(directory);
    let strong = |text: &str| brush.paint(Weight::Strong, text);
    let faint = |text: &str| brush.paint(Weight::Faint, text);
    let _ = writeln!(text, "\n  {}  is ready, for this machine only\n", strong("Doorward dev"));
    let demo = brush.paint(Weight::Link, format_args!("{}/demo", kept.issuer));
    let _ = writeln!(
        text,
        "  Open first       {demo}  {}",
        faint("sign in, and see what an application gets")
    );
    let home = brush.paint(Weight::Link, format_args!("{}/", kept.issuer));
    let _ = writeln!(text, "  Then             {home}  {}", faint("how to connect an application"));
    let docs = brush.paint(Weight::Link, kept.docs.as_deref().unwrap_or_default());
    let _ = writeln!(
        text,
        "  And              {docs}  {}\n",
        faint("to administer, and try each operation")
    );
    let id = |id: &Option<protocol::ClientId>| id.map(|id| id.to_string()).unwrap_or_default();
    let rows = [
        ("Issuer", kept.issuer.clone()),
        ("Username", kept.username.clone()),
        ("Password", kept.password.clone()),
        ("client_id", id(&kept.client_id)),
        ("client_secret", kept.client_secret.clone().unwrap_or_default()),
        ("Public client_id", id(&kept.public_client_id)),
        ("Operator token", kept.admin_token.clone().unwrap_or_default()),
    ];
    for (name, value) in rows {
        let _ = writeln!(text, "  {name:<16} {}", strong(&value));
    }
    if let Some(ca_file) = &kept.ca_file {
        let _ = writeln!(text, "  Trust            {}", strong(&ca_file.display().to_string()));
    }
    text.push('\n');
    text.push_str("  Both clients may be answered at\n");
    for uri in &kept.redirect_uris {
        let _ = writeln!(text, "    {uri}");
    }
    let _ = writeln!(text, "  {}", faint("another: doorward dev --redirect-uri URL"));
    let after_logout =
        format!("after a logout: post_logout_redirect_uris in {}", kept_file.display());
    let _ = writeln!(text, "  {}\n", faint(&after_logout));
    if let Ok(address) = bound.sockets.management.local_addr() {
        let _ = writeln!(
            text,
            "  {}",
            faint(&format!("metrics and health at http://{address}/metrics, /health/ready"))
        );
    }
    if let Some(note) = &bound.note {
        let _ = writeln!(text, "  {}", faint(note));
    }
    let kept_in =
        format!("kept in {}: remove it to begin anew. Ctrl-C stops.", directory.display());
    let _ = writeln!(text, "  {}\n", faint(&kept_in));
    text
}
