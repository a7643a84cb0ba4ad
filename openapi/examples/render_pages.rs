//! Writes every page in every state and language to a folder, for those who work on the look:
//! `cargo run -p doorward-openapi --example render_pages -- OUTDIR`.

#![expect(clippy::expect_used, reason = "a tool for designers stops at the first fault")]

#[path = "../tests/pages/samples.rs"]
mod samples;

use std::{env, fs, path::PathBuf};

use openapi::pages::{text::Text, view::assets};

fn main() -> std::io::Result<()> {
    let folder = PathBuf::from(env::args_os().nth(1).expect("OUTDIR is missing"));
    fs::create_dir_all(&folder)?;
    for asset in [&assets::STYLESHEET, &assets::ICON, &assets::SIGNING_OUT_SCRIPT] {
        fs::write(folder.join(file_name(&asset.path)), asset.content)?;
    }
    for text in Text::every_language() {
        for sample in samples::every_page(text, &samples::Filling::ordinary()) {
            // Opened from a folder there is no root to serve the assets from.
            let html = sample.html.replace("=\"/assets/", "=\"");
            fs::write(folder.join(format!("{}-{}.html", text.language(), sample.name)), html)?;
        }
    }
    Ok(())
}

fn file_name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}
