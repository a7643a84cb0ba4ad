//! What no implementation can beat, on the core that serves: signatures alone, the hash alone, a durable commit alone.

use std::{path::Path, sync::Arc, time::Duration};

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use josekit::{
    jwk::{KeyPair, alg::ed::EdCurve},
    jws::{ES256, EdDSA, JwsSigner, RS256},
};
use protocol::{Realm, Timestamp, crypto::CurveKey};
use storage::engine::{Batch, BatchId, Engine, Expectation, Key, Outcome, Write};
use storage_redb::{Options, Redb};
use tokio::{task::JoinSet, time::Instant};

use crate::{Failure, seed::PASSWORD};

/// Bytes that an access token's signature covers, here.
const SIGNED_BYTES: usize = 700;

/// OWASP's recommendation for Argon2id, and the default of `[passwords]`.
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const HASH_BYTES: usize = 32;
const SALT: &[u8] = b"sixteen bytes it";

/// Keys of our own, to sign with and to measure: each by the fastest library that is at hand.
pub(crate) struct Signers {
    rs256: Box<dyn JwsSigner>,
    es256: CurveKey,
    eddsa: CurveKey,
}

/// The signatures of one answer.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Signed {
    /// RS256, once.
    Rs256,
    /// ES256, once.
    Es256,
    /// EdDSA with Ed25519, once.
    EdDsa,
    /// An access token and an ID token, both RS256.
    TwoRs256,
    /// An access token by RS256, an ID token by ES256.
    Rs256AndEs256,
}

impl Signers {
    /// With new keys.
    pub(crate) fn new() -> Result<Self, Failure> {
        let rs256 = RS256.signer_from_pem(RS256.generate_key_pair(2048)?.to_pem_private_key())?;
        let es256 = CurveKey::p256(&ES256.generate_key_pair()?.to_der_private_key())?;
        let ed25519 = EdDSA.generate_key_pair(EdCurve::Ed25519)?;
        let eddsa = CurveKey::ed25519(&ed25519.to_der_private_key())?;
        Ok(Self { rs256: Box::new(rs256), es256, eddsa })
    }

    /// How often a second these signatures are made.
    pub(crate) fn rate(&self, signed: Signed, time: Duration) -> Result<f64, Failure> {
        let message = [b'x'; SIGNED_BYTES];
        let rs256 = || -> Result<_, Failure> { Ok(self.rs256.sign(&message)?) };
        let by = |key: &CurveKey| -> Result<_, Failure> { Ok(key.sign(&message)?) };
        repeated(time, || {
            std::hint::black_box(match signed {
                Signed::Rs256 => (rs256()?, None),
                Signed::Es256 => (by(&self.es256)?, None),
                Signed::EdDsa => (by(&self.eddsa)?, None),
                Signed::TwoRs256 => (rs256()?, Some(rs256()?)),
                Signed::Rs256AndEs256 => (rs256()?, Some(by(&self.es256)?)),
            });
            Ok(())
        })
    }
}

/// How often a second a password is hashed, in memory that is kept from one hash to the next.
pub(crate) fn hashes(time: Duration) -> Result<f64, Failure> {
    let argon2 = argon2()?;
    let mut memory = vec![Block::default(); argon2.params().block_count()];
    repeated(time, || {
        let mut output = [0; HASH_BYTES];
        argon2.hash_password_into_with_memory(
            PASSWORD.as_bytes(),
            SALT,
            &mut output,
            &mut memory,
        )?;
        std::hint::black_box(output);
        Ok(())
    })
}

/// A password as the store keeps it.
pub(crate) fn phc(password: &str) -> Result<String, Failure> {
    let mut output = [0; HASH_BYTES];
    argon2()?.hash_password_into(password.as_bytes(), SALT, &mut output)?;
    let (salt, output) = (STANDARD_NO_PAD.encode(SALT), STANDARD_NO_PAD.encode(output));
    Ok(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p=1${salt}${output}"))
}

/// As tokens are written.
pub(crate) fn base64url(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn argon2() -> Result<Argon2<'static>, Failure> {
    let params = Params::new(MEMORY_KIB, PASSES, 1, Some(HASH_BYTES))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

fn repeated(time: Duration, mut once: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let (began_at, mut count) = (Instant::now(), 0_u32);
    while began_at.elapsed() < time {
        once()?;
        count += 1;
    }
    Ok(f64::from(count) / began_at.elapsed().as_secs_f64())
}

/// How many batches of one small row are made durable a second in a store in `folder`, when so many wait at a time.
pub(crate) fn commits(folder: &Path, at_a_time: u64, time: Duration) -> Result<f64, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let folder = tempfile::tempdir_in(folder)?;
    let engine = Arc::new(Redb::open(folder.path().join("floor.redb"), Options::default())?);
    runtime.block_on(async {
        let began_at = Instant::now();
        let mut running = JoinSet::new();
        for lane in 0..at_a_time {
            let engine = Arc::clone(&engine);
            running.spawn(async move {
                let mut count = 0_u64;
                while began_at.elapsed() < time {
                    let outcome = engine.commit(batch(lane, count)).await;
                    if outcome != Outcome::Committed {
                        return Err(Failure::from(format!("a commit: {outcome:?}")));
                    }
                    count += 1;
                }
                Ok(count)
            });
        }
        let mut count = 0;
        while let Some(its) = running.join_next().await {
            count += its??;
        }
        Ok(count as f64 / began_at.elapsed().as_secs_f64())
    })
}

fn batch(lane: u64, count: u64) -> Batch {
    let number = (u128::from(lane) << 64) | u128::from(count);
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let mut random = [0; 10];
    random.iter_mut().zip(spread.to_be_bytes()).for_each(|(to, from)| *to = from);
    let now = Timestamp::from_seconds(1_800_000_000);
    let write = Write::Put {
        key: Key { table: "floor", realm: Realm::main(), id: format!("{spread:032x}") },
        tenant: Realm::main().into(),
        schema: 1,
        body: vec![b' '; 400],
        indexes: vec![],
        expires_at: None,
        expectation: Some(Expectation::Absent),
    };
    Batch { id: BatchId::new(now, random), now, writes: vec![write], checks: vec![] }
}
