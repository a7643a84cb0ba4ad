//! Text from outside stays text, wherever it stands.

use openapi::pages::{text::Text, view::Link};

use crate::{
    markup::Page,
    samples::{Filling, every_page},
};

const PAYLOADS: [&str; 24] = [
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "\" autofocus onfocus=\"alert(1)",
    "' onmouseover='alert(1)",
    "` onmouseover=`alert(1)",
    "x onclick=alert(1)",
    "</textarea></style></noscript><script>alert(1)</script>",
    "<!--<script>-->",
    "--><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "https://a.example/\"onmouseover=\"alert(1)",
    "https://a.example/'><script>alert(1)</script>",
    "//a.example/\"><script>alert(1)</script>",
    "{{ text.get(\"brand\") }}{% raw %}${7*7}",
    "{ $client }{ NUMBER(1) }{ brand }",
    "&lt;script&gt;&#60;script&#62;&amp;",
    "a\u{202e}\u{2066}gro.elpmaxe\u{2069}\u{2069}\u{202c}b",
    "\u{0}\u{1}\u{7f}\u{85}\u{feff}<b>",
    "＜script＞﹤script﹥\u{ff02}\u{2028}<i>",
];

impl Filling {
    /// The same text in every field.
    fn of(text: &str) -> Self {
        let text = || text.to_owned();
        Self { client: text(), username: text(), opaque: text(), address: text(), words: text() }
    }
}

#[test]
fn no_text_adds_an_element_or_an_attribute() {
    for text in Text::every_language() {
        for payload in PAYLOADS {
            let harmless = if Link::parse(payload).is_some() { "https://a.example/" } else { "x" };
            let expected = every_page(text, &Filling::of(harmless));
            for (page, expected) in every_page(text, &Filling::of(payload)).iter().zip(&expected) {
                let (read, expected) = (Page::read(&page.html), Page::read(&expected.html));
                assert_eq!(read.skeleton(), expected.skeleton(), "{}: {payload}", page.name);
            }
        }
    }
}

#[test]
fn no_text_becomes_an_address_that_runs() {
    for payload in PAYLOADS {
        for page in every_page(Text::english(), &Filling::of(payload)) {
            for tag in Page::read(&page.html).tags {
                for name in ["href", "src", "action", "formaction"] {
                    let Some(address) = tag.attribute(name) else { continue };
                    let inside = ["/", "#"].iter().any(|start| address.starts_with(start));
                    let safe = inside && !address.starts_with("//");
                    assert!(safe || address.starts_with("http"), "{}: {address}", page.name);
                }
            }
        }
    }
}

#[test]
fn no_text_reorders_what_is_around_it() {
    for payload in PAYLOADS {
        for page in every_page(Text::english(), &Filling::of(payload)) {
            for (inside, words) in Page::read(&page.html).texts {
                let strays =
                    |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}' | '\u{2067}');
                assert!(!words.contains(strays), "{} in {inside}: {words}", page.name);
                let count = |isolate| words.chars().filter(|c| *c == isolate).count();
                assert_eq!(count('\u{2068}'), count('\u{2069}'), "{}: {words}", page.name);
            }
        }
    }
}

#[test]
fn what_was_typed_comes_back_as_it_was_typed() {
    let typed = "o'brien \"the\" <cat> & co";
    let pages = every_page(Text::english(), &Filling::of(typed));
    let wrong = pages.iter().find(|page| page.name == "sign-in-wrong").expect("the sample");
    let page = Page::read(&wrong.html);
    let value = page.by_id("username").and_then(|input| input.attribute("value"));
    assert_eq!(value, Some(typed));
    assert_eq!(page.by_id("password").and_then(|input| input.attribute("value")), None);
}

#[test]
fn an_opaque_id_comes_back_byte_for_byte() {
    let opaque = "sig_\"<>&'\u{202e}";
    let pages = every_page(Text::english(), &Filling::of(opaque));
    let fields = [
        ("sign-in", "sign_in"),
        ("new-password", "sign_in"),
        ("consent", "sign_in"),
        ("logout", "logout"),
        ("form-post", "state"),
    ];
    for (name, field) in fields {
        let sample = pages.iter().find(|page| page.name == name).expect("the sample");
        let page = Page::read(&sample.html);
        let hidden = page.all("input").find(|input| input.attribute("name") == Some(field));
        assert_eq!(hidden.and_then(|input| input.attribute("value")), Some(opaque), "{name}");
    }
}
