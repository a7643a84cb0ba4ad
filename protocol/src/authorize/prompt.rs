//! What must the end-user be asked? (OpenID Connect Core 1.0 §3.1.2.1)

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Asked, Refusal, Requested};

/// A value of `prompt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Prompt {
    /// No page may be shown.
    None,
    /// They must prove who they are, even if they did before.
    Login,
    /// They must consent, even if they did before.
    Consent,
    /// They must choose an account.
    SelectAccount,
}

/// The values of `prompt`; `none` is alone.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PromptSet(BTreeSet<Prompt>);

impl Prompt {
    /// Every value that is understood.
    pub const ALL: [Self; 4] = [Self::None, Self::Login, Self::Consent, Self::SelectAccount];

    /// Its text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Login => "login",
            Self::Consent => "consent",
            Self::SelectAccount => "select_account",
        }
    }
}

impl PromptSet {
    /// Whether `prompt` is among them.
    pub fn contains(&self, prompt: Prompt) -> bool {
        self.0.contains(&prompt)
    }
}

/// A value that is not understood is refused: the client relies on a page that nobody would show.
pub(super) fn check(asked: &Asked<'_>, requested: &mut Requested) -> Result<(), Refusal> {
    let text = asked.parameters.get("prompt")?.unwrap_or_default();
    let read = |word| Prompt::ALL.into_iter().find(|prompt| prompt.as_str() == word);
    let words = text.split(' ').filter(|word| !word.is_empty());
    let prompts: Option<BTreeSet<_>> = words.map(read).collect();
    let prompts = prompts.ok_or(Refusal::PromptUnknown)?;
    if prompts.contains(&Prompt::None) && prompts.len() > 1 {
        return Err(Refusal::PromptNoneNotAlone);
    }
    requested.prompt = PromptSet(prompts);
    Ok(())
}
