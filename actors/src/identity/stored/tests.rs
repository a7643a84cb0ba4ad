//! Which kept hashes are verified, and which let nobody in.

use proptest::{prop_assert, proptest};

use super::*;

const BOUNDS: Bounds =
    Bounds { bcrypt_cost_min: 12, memory_kib_max: 64 * 1024, work_max: 192 * 1024 };

const SALT_AND_OUTPUT: &str = "c29tZXNhbHRzb21lc2FsdA$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
const BCRYPT: &str = "$2b$12$8NJH3LsPrANStV6XtBakCez0cKHXVxmvxIlcz785vxAIZrihHZpeS";

fn read(text: &str) -> Result<KeptHash, Unreadable> {
    KeptHash::read(text, &BOUNDS)
}

fn refusal(text: &str) -> Option<Unreadable> {
    read(text).err()
}

fn argon2(front: &str) -> String {
    format!("{front}${SALT_AND_OUTPUT}")
}

#[test]
fn the_parameters_are_those_that_the_hash_names() {
    let KeptHash::Argon2(hash) = read(&argon2("$argon2i$v=16$m=65536,t=3,p=4")).unwrap() else {
        panic!("it is Argon2")
    };
    assert_eq!((hash.algorithm, hash.version), (Algorithm::Argon2i, Version::V0x10));
    assert_eq!((hash.params.m_cost(), hash.params.t_cost(), hash.params.p_cost()), (65536, 3, 4));
    assert_eq!(hash.salt, b"somesaltsomesalt");
    assert_eq!((hash.output.len(), hash.params.output_len()), (32, Some(32)));
}

#[test]
fn a_hash_without_a_version_is_of_the_first() {
    let KeptHash::Argon2(hash) = read(&argon2("$argon2id$m=65536,t=2,p=1")).unwrap() else {
        panic!("it is Argon2")
    };
    assert_eq!(hash.version, Version::V0x10);
}

#[test]
fn only_a_hash_made_as_the_policy_says_follows_it() {
    let follows = |text: &str| read(text).unwrap().follows(&HashPolicy::default());
    assert!(follows(&argon2("$argon2id$v=19$m=19456,t=2,p=1")));
    for other in [
        "$argon2i$v=19$m=19456,t=2,p=1",
        "$argon2id$v=16$m=19456,t=2,p=1",
        "$argon2id$v=19$m=19457,t=2,p=1",
        "$argon2id$v=19$m=19456,t=3,p=1",
        "$argon2id$v=19$m=19456,t=2,p=2",
        "$argon2id$v=19$m=19456,t=2,p=1,data=c29tZQ",
    ] {
        assert!(!follows(&argon2(other)), "{other}");
    }
    let (_, output) = SALT_AND_OUTPUT.split_once('$').unwrap();
    let with_salt = |salt: &str| format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${output}");
    assert!(!follows(&with_salt("c29tZXNhbHQ")), "a salt of 8 bytes");
    assert!(!follows(BCRYPT));
}

#[test]
fn a_hash_that_asks_too_much_is_not_computed() {
    for text in [
        "$argon2id$v=19$m=65537,t=1,p=1",
        "$argon2id$v=19$m=65536,t=4,p=1",
        "$argon2id$v=19$m=4294967295,t=4294967295,p=1",
    ] {
        assert_eq!(refusal(&argon2(text)), Some(Unreadable::TooDear), "{text}");
    }
    assert_eq!(refusal(&BCRYPT.replace("$12$", "$17$")), Some(Unreadable::TooDear));
    assert_eq!(refusal(&argon2("$argon2id$v=19$m=65536,t=3,p=1")), None);
    assert_eq!(refusal(&BCRYPT.replace("$12$", "$16$")), None);
}

#[test]
fn a_bcrypt_hash_below_the_lowest_cost_is_not_believed() {
    assert_eq!(refusal(BCRYPT), None);
    assert_eq!(refusal(&BCRYPT.replace("$12$", "$11$")), Some(Unreadable::TooCheap));
}

#[test]
fn what_is_not_a_hash_that_we_know_is_refused() {
    for (text, why) in [
        ("", Unreadable::Malformed),
        ("hunter2", Unreadable::Malformed),
        ("$argon2id$v=19$m=19456,t=2,p=1", Unreadable::Malformed),
        ("$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA", Unreadable::Malformed),
        ("$2b$12$short", Unreadable::Malformed),
        (&BCRYPT.replace("$2b$", "$2x$"), Unreadable::Malformed),
        (&argon2("$argon2id$v=19$m=7,t=2,p=1"), Unreadable::Malformed),
        (&argon2("$argon2id$v=19$m=19456,t=2,p=1,keyid=c29tZQ"), Unreadable::Keyed),
        (&argon2("$argon2id$v=18$m=19456,t=2,p=1"), Unreadable::Algorithm),
        (&argon2("$scrypt$ln=16,r=8,p=1"), Unreadable::Algorithm),
        (&"$".repeat(513), Unreadable::Malformed),
    ] {
        assert_eq!(refusal(text), Some(why), "{text}");
    }
}

#[test]
fn bcrypt_does_not_see_all_of_a_long_password_or_of_one_with_a_nul() {
    let (bcrypt, argon2) =
        (read(BCRYPT).unwrap(), read(&argon2("$argon2id$v=19$m=19456,t=2,p=1")).unwrap());
    for (password, is_seen) in
        [("x".repeat(72), true), ("x".repeat(73), false), ("a\0a".into(), false)]
    {
        assert_eq!(bcrypt.sees_all_of(password.as_bytes()), is_seen);
        assert!(argon2.sees_all_of(password.as_bytes()));
    }
}

proptest! {
    #[test]
    fn no_text_is_read_beyond_its_bounds(
        text in r"\$(argon2(id|i|d)|2[abxy])\$(v=[0-9]{1,3}\$)?[a-z0-9=,]{0,30}(m=[0-9]{1,10},t=[0-9]{1,10},p=[0-9]{1,8})?[$A-Za-z0-9+/.]{0,80}",
    ) {
        if let Ok(KeptHash::Argon2(hash)) = read(&text) {
            let kib = u64::from(hash.params.m_cost());
            prop_assert!(kib <= BOUNDS.memory_kib_max);
            prop_assert!(kib * u64::from(hash.params.t_cost()) <= BOUNDS.work_max);
        }
    }
}
