//! Texts with a meaning of their own: what is read is written as it is read again, and has one spelling.

#![no_main]

use std::{fmt::Display, str::FromStr};

use libfuzzer_sys::fuzz_target;
use protocol::{
    AccountId, ClientId,
    claims::{ClaimNames, ClaimsParameter},
    client::ResponseType,
    identifier::Identifier,
    language_tag::LanguageTag,
    outgoing::{Allowed, Destination},
    permission::Permission,
    redirect_uri::RedirectUri,
    scope::ScopeSet,
    web_uri::WebUri,
};

fn read_again<T: FromStr + Display + PartialEq>(text: &str) {
    if let Ok(read) = text.parse::<T>() {
        assert!(read.to_string().parse::<T>().is_ok_and(|again| again == read), "{text:?}");
    }
}

fuzz_target!(|text: &str| {
    read_again::<RedirectUri>(text);
    read_again::<ScopeSet>(text);
    read_again::<Permission>(text);
    read_again::<ClientId>(text);
    read_again::<AccountId>(text);
    let _ = text.parse::<LanguageTag>();
    let _ = text.parse::<WebUri>();
    if let Ok(destination) = Destination::read(text) {
        let _ = (destination.host(), destination.authority(), destination.target());
        let _ = Allowed::default().foresee(&destination);
    }
    if let Ok(identifier) = text.parse::<Identifier>() {
        assert!(identifier.to_string().parse::<Identifier>().is_ok_and(|again| again == identifier));
    }
    if let Some(response_type) = ResponseType::parse(text) {
        assert_eq!(ResponseType::parse(response_type.as_str()), Some(response_type));
    }
    if let Ok(said) = ClaimsParameter::read(text) {
        let names = said.asked.all();
        assert_eq!(ClaimNames::from(names.to_string()), names);
    }
    if let Ok(uri) = text.parse::<RedirectUri>() {
        assert!(uri.accept(text).is_some());
        let _ = (uri.origin(), uri.is_native(), uri.with_query(&[("code", "a&b")]));
    }
});
