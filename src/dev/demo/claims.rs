//! How the demonstration tells what a token says: instants with a date, addresses line by line.

use openapi::pages::view::{Claim, ClaimValue, Instant, Member, Shown};
use serde_json::{Map, Value};

/// Claims that are instants (RFC 7519 §4.1, OpenID Connect Core 1.0 §2 and §5.1).
const INSTANTS: [&str; 5] = ["exp", "iat", "nbf", "auth_time", "updated_at"];

/// Members of one claim and lines of one member that are shown.
const PARTS_MAX: usize = 32;

/// The claims, in their order.
pub(super) fn told(claims: &Map<String, Value>) -> Vec<Claim> {
    claims
        .iter()
        .map(|(name, value)| Claim { name: name.as_str().into(), value: said(name, value) })
        .collect()
}

/// The claims, and first of all whose they are.
pub(super) fn told_of_subject(claims: &Map<String, Value>) -> Vec<Claim> {
    let mut told = told(claims);
    told.sort_by_key(|claim| claim.name.as_str() != "sub");
    told
}

fn said(name: &str, value: &Value) -> ClaimValue {
    let seconds = value.as_u64().filter(|_| INSTANTS.contains(&name));
    match (seconds.and_then(Instant::from_seconds), value) {
        (Some(instant), _) => ClaimValue::Instant(instant),
        (None, Value::Object(members)) => {
            ClaimValue::Members(members.iter().take(PARTS_MAX).map(member).collect())
        }
        (None, value) => ClaimValue::Plain(text(value).into()),
    }
}

fn member((name, value): (&String, &Value)) -> Member {
    let lines = text(value).lines().take(PARTS_MAX).map(Shown::from).collect();
    Member { name: name.as_str().into(), lines }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn claims() -> Map<String, Value> {
        let claims = json!({
            "name": "Alice",
            "updated_at": 1_764_000_000,
            "nonce": "1764000000",
            "exp": "soon",
            "amr": ["pwd"],
            "address": { "formatted": "1 Harbour Street\nExampletown", "locality": "Exampletown" },
            "sub": "acc_1",
        });
        claims.as_object().unwrap().clone()
    }

    fn of(name: &str) -> ClaimValue {
        told(&claims()).into_iter().find(|claim| claim.name.as_str() == name).unwrap().value
    }

    #[test]
    fn whose_they_are_comes_first_and_the_rest_stays_in_order() {
        let names = |told: Vec<Claim>| -> Vec<String> {
            told.into_iter().map(|claim| claim.name.to_string()).collect()
        };
        let order = ["sub", "name", "updated_at", "nonce", "exp", "amr", "address"];
        assert_eq!(names(told_of_subject(&claims())), order);
        assert_eq!(names(told(&claims())).last().map(String::as_str), Some("sub"));
    }

    #[test]
    fn only_a_number_in_a_claim_that_is_an_instant_is_one() {
        assert!(matches!(of("updated_at"), ClaimValue::Instant(_)));
        assert!(matches!(of("nonce"), ClaimValue::Plain(_)));
        assert!(matches!(of("exp"), ClaimValue::Plain(_)));
    }

    #[test]
    fn an_address_is_told_member_by_member_and_line_by_line() {
        let ClaimValue::Members(members) = of("address") else { panic!("an object has members") };
        let lines = |at: usize| members[at].lines.iter().map(Shown::as_str).collect::<Vec<_>>();
        assert_eq!(lines(0), ["1 Harbour Street", "Exampletown"]);
        assert_eq!((members[1].name.as_str(), lines(1)), ("locality", vec!["Exampletown"]));
        assert!(matches!(of("amr"), ClaimValue::Plain(shown) if shown.as_str() == "[\"pwd\"]"));
    }
}
