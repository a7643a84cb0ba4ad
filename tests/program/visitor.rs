//! A person with a browser, as far as the pages need one: it keeps cookies, follows redirects and fills in forms.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
};

/// A browser at one issuer.
pub(crate) struct Visitor {
    authority: String,
    cookies: BTreeMap<String, String>,
}

/// A page that was reached.
pub(crate) struct Page {
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Page {
    /// The id of its body.
    pub(crate) fn id(&self) -> &str {
        self.between("<body id=\"", "\"")
    }

    /// The value of a hidden field.
    pub(crate) fn hidden(&self, name: &str) -> &str {
        self.between(&format!("name=\"{name}\" value=\""), "\"")
    }

    fn between(&self, before: &str, after: &str) -> &str {
        let (_, rest) =
            self.text.split_once(before).unwrap_or_else(|| panic!("no {before} in {}", self.text));
        rest.split_once(after).expect("it ends").0
    }
}

impl Visitor {
    pub(crate) fn at(issuer: &str) -> Self {
        let authority = issuer.strip_prefix("http://").expect("plain http").to_owned();
        Self { authority, cookies: BTreeMap::new() }
    }

    /// The same browser, after the provider has moved.
    pub(crate) fn moves_to(self, issuer: &str) -> Self {
        Self { cookies: self.cookies, ..Self::at(issuer) }
    }

    pub(crate) fn get(&mut self, path: &str) -> Page {
        self.go("GET", path.to_owned(), "")
    }

    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Page {
        let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.go("POST", path.to_owned(), &form)
    }

    /// Ten redirects at most.
    fn go(&mut self, method: &str, mut path: String, form: &str) -> Page {
        let (mut method, mut form) = (method.to_owned(), form.to_owned());
        for _ in 0..10 {
            let (head, text) = self.ask(&method, &path, &form);
            let Some(location) = field(&head, "location").next() else {
                return Page { path, text };
            };
            let origin = format!("http://{}", self.authority);
            path = location.strip_prefix(&origin).unwrap_or(location).to_owned();
            assert!(path.starts_with('/'), "it leads elsewhere: {path}");
            (method, form) = ("GET".into(), String::new());
        }
        panic!("redirects without end");
    }

    fn ask(&mut self, method: &str, path: &str, form: &str) -> (String, String) {
        let cookies: Vec<_> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nconnection: close\r\ncontent-type: \
             application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{form}",
            self.authority,
            cookies.join("; "),
            form.len(),
        );
        let address = self.authority.replace("localhost", "127.0.0.1");
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, text) = answer.split_once("\r\n\r\n").expect("an answer");
        for cookie in field(head, "set-cookie") {
            let (name, rest) = cookie.split_once('=').expect("a cookie");
            let value = rest.split(';').next().unwrap_or_default();
            if rest.contains("Max-Age=0") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        (head.to_owned(), text.to_owned())
    }
}

fn field<'a>(head: &'a str, name: &'a str) -> impl Iterator<Item = &'a str> {
    let lines = head.lines().filter_map(|line| line.split_once(": "));
    lines.filter(move |(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}
