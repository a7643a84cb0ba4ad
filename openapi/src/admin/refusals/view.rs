//! What operators see of a refusal.

use flows::admin::refusals::RefusalRecord;
use poem_openapi::{Enum, Object, types::Example};
use protocol::{
    Timestamp,
    refusal::{Comparison, Fact, FactValue, ReceivedParameter, Segment},
};
use serde_json::Value;

use crate::admin::written::{Writing, Written};

/// A request that was refused.
#[derive(Debug, Object)]
#[oai(rename = "Refusal", skip_serializing_if_is_none, example)]
pub(super) struct RefusalView {
    /// The id of the request.
    request_id: String,
    /// The node that refused it.
    node: String,
    /// When.
    at: Written<Timestamp>,
    /// Where.
    endpoint: String,
    /// What the client was told.
    error: String,
    /// Why, by a name that never changes its meaning.
    reason: String,
    /// The client that the request named, if there is one.
    client_id: Option<String>,
    /// Whether the client had proved who it is, or the token is ours. Otherwise anybody may have named it.
    is_proved: bool,
    /// The account that it concerns, where that is known.
    account_id: Option<String>,
    /// What was received.
    received: Vec<ReceivedView>,
    /// What was compared and differs.
    compared: Vec<ComparisonView>,
    /// What else is known.
    facts: Vec<FactView>,
}

/// A parameter that was received.
#[derive(Debug, Object)]
#[oai(rename = "ReceivedParameter", skip_serializing_if_is_none)]
pub(super) struct ReceivedView {
    /// Its name.
    name: String,
    /// Its value; missing where it is a secret, or could be one.
    value: Option<String>,
}

/// A value that was received, and what was expected in its place.
#[derive(Debug, Object)]
#[oai(rename = "Comparison", skip_serializing_if_is_none)]
pub(super) struct ComparisonView {
    /// What was compared.
    name: String,
    /// What was received; missing where nothing was, or where it may be a secret.
    received: Option<String>,
    /// What would have been accepted, the nearest first; at most 16.
    expected: Vec<String>,
    /// The one of them that is nearest to what was received.
    nearest: Option<String>,
    /// How what was received differs from the nearest, character by character.
    difference: Vec<SegmentView>,
}

/// A part of a difference.
#[derive(Debug, Object)]
#[oai(rename = "DifferenceSegment")]
pub(super) struct SegmentView {
    /// Where it is.
    kind: SegmentKind,
    /// Its text.
    text: String,
}

/// Where a part of a difference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename_all = "snake_case", rename = "DifferenceKind")]
pub(super) enum SegmentKind {
    /// In both.
    Same,
    /// Expected, and not received.
    Missing,
    /// Received, and not expected.
    Surplus,
}

/// Something that is known of a refusal.
#[derive(Debug, Object)]
#[oai(rename = "RefusalFact")]
pub(super) struct FactView {
    /// What it is.
    name: String,
    /// Its value: a text, a number, an instant (RFC 3339) or whether it is so.
    value: Value,
}

impl From<RefusalRecord> for RefusalView {
    fn from(refusal: RefusalRecord) -> Self {
        let explanation = refusal.explanation;
        Self {
            request_id: refusal.refusal_id.to_string(),
            node: refusal.node,
            at: refusal.at.into(),
            endpoint: refusal.endpoint,
            error: refusal.error,
            reason: refusal.reason,
            client_id: refusal.client_id.map(|id| id.to_string()),
            is_proved: refusal.is_proved,
            account_id: refusal.account_id.map(|id| id.to_string()),
            received: explanation.received.into_iter().map(Into::into).collect(),
            compared: explanation.compared.into_iter().map(Into::into).collect(),
            facts: explanation.facts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<ReceivedParameter> for ReceivedView {
    fn from(ReceivedParameter { name, value }: ReceivedParameter) -> Self {
        Self { name, value }
    }
}

impl From<Comparison> for ComparisonView {
    fn from(compared: Comparison) -> Self {
        let Comparison { name, received, expected, nearest, difference } = compared;
        let difference = difference.into_iter().map(Into::into).collect();
        Self { name, received, expected, nearest, difference }
    }
}

impl From<Segment> for SegmentView {
    fn from(segment: Segment) -> Self {
        let (kind, text) = match segment {
            Segment::Same(text) => (SegmentKind::Same, text),
            Segment::Missing(text) => (SegmentKind::Missing, text),
            Segment::Surplus(text) => (SegmentKind::Surplus, text),
        };
        Self { kind, text }
    }
}

impl From<Fact> for FactView {
    fn from(Fact { name, value }: Fact) -> Self {
        let value = match value {
            FactValue::Text(text) => text.into(),
            FactValue::At(at) => at.write().into(),
            FactValue::Number(number) => number.into(),
            FactValue::Is(is) => is.into(),
        };
        Self { name, value }
    }
}

impl Example for RefusalView {
    fn example() -> Self {
        let id = |kind: &str| format!("{kind}_0123456789abcdef0123456789abcdef");
        let segment = |kind, text: &str| SegmentView { kind, text: text.into() };
        let (received, expected) =
            ("https://app.example/callback/", "https://app.example/callback");
        Self {
            request_id: "0123456789abcdef0123456789abcdef".into(),
            node: "one".into(),
            at: Timestamp::from_seconds(1_789_000_000).into(),
            endpoint: "authorize".into(),
            error: "invalid_request".into(),
            reason: "redirect_uri_not_registered".into(),
            client_id: Some(id("cli")),
            is_proved: false,
            account_id: None,
            received: vec![ReceivedView {
                name: "redirect_uri".into(),
                value: Some(received.into()),
            }],
            compared: vec![ComparisonView {
                name: "redirect_uri".into(),
                received: Some(received.into()),
                expected: vec![expected.into()],
                nearest: Some(expected.into()),
                difference: vec![
                    segment(SegmentKind::Same, expected),
                    segment(SegmentKind::Surplus, "/"),
                ],
            }],
            facts: vec![],
        }
    }
}
