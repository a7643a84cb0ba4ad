//! Claims that an operator adds to tokens. Whatever builds or reads them, none has a reserved name (ATTACKS 33).

use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Map, Value};

use crate::client::is_custom;

/// Claims beside those of the specifications; never one with a reserved name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct CustomClaims(Map<String, Value>);

impl CustomClaims {
    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each of them.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.0.iter()
    }
}

impl FromIterator<(String, Value)> for CustomClaims {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(claims: I) -> Self {
        Self(claims.into_iter().filter(|(name, _)| is_custom(name)).collect())
    }
}

impl IntoIterator for CustomClaims {
    type Item = (String, Value);
    type IntoIter = serde_json::map::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'de> Deserialize<'de> for CustomClaims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Map::deserialize(deserializer)?.into_iter().collect())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_reserved_name_is_left_out_however_it_comes() {
        let built: CustomClaims =
            [("sub".to_owned(), json!("x")), ("Iss".into(), json!("x")), ("a".into(), json!(1))]
                .into_iter()
                .collect();
        assert_eq!(serde_json::to_string(&built).unwrap(), r#"{"a":1}"#);
        let read: CustomClaims =
            serde_json::from_str(r#"{"a":1,"cnf":{},"grant_id":"g"}"#).unwrap();
        assert_eq!(read, built);
    }
}
