//! Known browsers: the proof that someone signed in to an account from this browser before.

use std::{fmt, time::Duration};

use protocol::{
    AccountId, KeyRing, Randomness, Secret, Timestamp,
    crypto::{hmac_sha256, same},
    randomness::random,
};

/// How long a browser stays known after a sign-in.
const LIFETIME: Duration = Duration::from_secs(180 * 24 * 60 * 60);

/// Longer texts are not looked at: a device, seconds, a MAC, and two points.
const TEXT_BYTES_MAX: usize = 32 + 12 + 64 + 2;

/// Issues and verifies device tokens. A token is the browser's, names no account, and holds for one account alone:
/// it opens nothing, and only gives attempts from that browser a counter of their own.
pub struct DeviceTokens {
    key: Secret<[u8; 32]>,
}

/// A browser from which someone signed in to this account before. Only [`DeviceTokens::verify`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDevice {
    account_id: AccountId,
    device_id: String,
}

/// Whether it is as [`DeviceTokens::issue`] names a device.
pub(super) fn is_device_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

impl KnownDevice {
    pub(super) fn account_id(&self) -> AccountId {
        self.account_id
    }

    /// Whether this is the account to which it is known.
    pub(crate) fn is_of(&self, account_id: AccountId) -> bool {
        self.account_id == account_id
    }

    pub(crate) fn device_id(&self) -> &str {
        &self.device_id
    }
}

impl DeviceTokens {
    pub(crate) fn new(ring: &KeyRing) -> Self {
        Self { key: ring.derive("doorward lockout device") }
    }

    /// The value of a cookie for the browser that has just signed in to the account. At most 110 of `0-9`, `a-f` and `.`.
    pub fn issue(
        &self,
        account_id: AccountId,
        randomness: &dyn Randomness,
        now: Timestamp,
    ) -> Secret<String> {
        let device = format!("{:032x}", u128::from_be_bytes(random(randomness)));
        let issued = now.as_seconds().to_string();
        let mac = self.mac(account_id, &device, &issued);
        Secret::new(format!("{device}.{issued}.{mac}"))
    }

    /// The browser, if this text was issued to it for this account less than 180 days ago.
    pub fn verify(&self, text: &str, account_id: AccountId, now: Timestamp) -> Option<KnownDevice> {
        if text.len() > TEXT_BYTES_MAX {
            return None;
        }
        let mut parts = text.split('.');
        let (device, issued, mac) = (parts.next()?, parts.next()?, parts.next()?);
        let expected = self.mac(account_id, device, issued);
        if parts.next().is_some() || !same(mac.as_bytes(), expected.as_bytes()) {
            return None;
        }
        let issued_at = Timestamp::from_seconds(issued.parse().ok()?);
        let is_valid = now.since(issued_at) < LIFETIME;
        is_valid.then(|| KnownDevice { account_id, device_id: device.to_owned() })
    }

    fn mac(&self, account_id: AccountId, device: &str, issued: &str) -> String {
        let message = format!("{account_id}.{device}.{issued}");
        let mac = hmac_sha256(self.key.expose(), message.as_bytes());
        mac.iter().fold(String::with_capacity(64), |mut hex, byte| {
            use fmt::Write as _;
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

impl fmt::Debug for DeviceTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceTokens")
    }
}

#[cfg(test)]
mod tests {
    use protocol::MasterKey;

    use super::*;
    use crate::testing::Seeded;

    const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

    struct Issued {
        tokens: DeviceTokens,
        account_id: AccountId,
        text: String,
    }

    fn issued() -> Issued {
        let randomness = Seeded::default();
        let tokens = DeviceTokens::new(&KeyRing::new(MasterKey::new(&randomness)));
        let account_id = AccountId::new(&randomness);
        let text = tokens.issue(account_id, &randomness, NOW).expose().clone();
        Issued { tokens, account_id, text }
    }

    #[test]
    fn a_browser_is_known_for_180_days() {
        let Issued { tokens, account_id, text } = issued();
        let known = tokens.verify(&text, account_id, NOW).unwrap();
        assert_eq!(known.account_id(), account_id);
        assert!(text.starts_with(known.device_id()) && text.len() <= TEXT_BYTES_MAX);
        let last = NOW + LIFETIME - Duration::from_millis(1);
        assert_eq!(tokens.verify(&text, account_id, last), Some(known));
        assert_eq!(tokens.verify(&text, account_id, NOW + LIFETIME), None);
    }

    #[test]
    fn a_token_holds_for_one_account_under_one_key() {
        let Issued { tokens, account_id, text } = issued();
        let randomness = Seeded::default();
        assert_eq!(tokens.verify(&text, AccountId::new(&randomness), NOW), None);
        let others = DeviceTokens::new(&KeyRing::new(MasterKey::new(&randomness)));
        assert_eq!(others.verify(&text, account_id, NOW), None);
    }

    #[test]
    fn a_changed_or_malformed_token_is_none() {
        let Issued { tokens, account_id, text } = issued();
        for index in 0..text.len() {
            let mut changed = text.clone().into_bytes();
            changed[index] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(tokens.verify(&changed, account_id, NOW), None, "{changed}");
        }
        let (head, _) = text.rsplit_once('.').unwrap();
        let more =
            [String::new(), "..".into(), head.into(), format!("{text}."), "9".repeat(100_000)];
        for malformed in more {
            assert_eq!(tokens.verify(&malformed, account_id, NOW), None);
        }
    }
}
