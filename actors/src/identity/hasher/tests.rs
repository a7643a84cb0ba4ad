//! The algorithms give what their authors say, in memory that was used before, too.

use argon2::{Algorithm, AssociatedData, ParamsBuilder, Version};

use super::*;
use crate::identity::policy::Bounds;

const BOUNDS: Bounds =
    Bounds { bcrypt_cost_min: 10, memory_kib_max: 64 * 1024, work_max: 256 * 1024 };

/// By the reference implementation of Argon2, of `password`.
const ARGON2: [&str; 5] = [
    "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc",
    "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
    "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    "$argon2i$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$wWKIMhR9lyDFvRz9YTZweHKfbftvj+qf+YFY4NeBbtA",
    "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
];

/// By jBCrypt, of `a`.
const BCRYPT: &str = "$2a$10$k87L/MF28Q673VKh8/cPi.SUl7MU/rWuSiIDDFayrKk/1tBsSQu4u";

fn hasher() -> Hasher {
    Hasher::new(HashPolicy::default())
}

fn trial(phc: &str, password: &str) -> Trial {
    let against = KeptHash::read(phc, &BOUNDS).unwrap();
    Trial { password: password.to_owned().into(), against, can_be_right: true, salt: [7; 16] }
}

fn judge(phc: &str, password: &str) -> Judgement {
    hasher().verify(&trial(phc, password), &mut Memory::default()).unwrap()
}

fn is_right(phc: &str, password: &str) -> bool {
    judge(phc, password) != Judgement::Wrong
}

#[test]
fn argon2id_is_that_of_rfc_9106_section_5_3() {
    let mut params = ParamsBuilder::new();
    params.m_cost(32).t_cost(3).p_cost(4).data(AssociatedData::new(&[4; 12]).unwrap());
    let params = params.build().unwrap();
    let argon2 =
        Argon2::new_with_secret(&[3; 8], Algorithm::Argon2id, Version::V0x13, params).unwrap();
    let (mut memory, mut tag) = (Memory::default(), [0; 32]);
    for _ in 0..2 {
        let blocks = memory.blocks(32).unwrap();
        argon2.hash_password_into_with_memory(&[1; 32], &[2; 16], &mut tag, blocks).unwrap();
        let expected = "0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659";
        assert_eq!(tag.map(|byte| format!("{byte:02x}")).concat(), expected);
    }
}

#[test]
fn a_hash_is_verified_by_what_it_says_of_itself() {
    let (hasher, mut memory) = (hasher(), Memory::default());
    for phc in ARGON2 {
        let right = hasher.verify(&trial(phc, "password"), &mut memory).unwrap();
        assert!(matches!(right, Judgement::Right { rehashed: Some(_) }), "{phc}");
        let wrong = hasher.verify(&trial(phc, "Password"), &mut memory).unwrap();
        assert_eq!(wrong, Judgement::Wrong, "{phc}");
    }
    assert!(is_right(BCRYPT, "a"));
    assert!(!is_right(BCRYPT, "b"));
}

#[test]
fn a_right_password_is_rehashed_where_its_hash_does_not_follow_the_policy() {
    let Judgement::Right { rehashed: Some(phc) } = judge(BCRYPT, "a") else { panic!("rehashed") };
    assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    assert_eq!(judge(&phc, "a"), Judgement::Right { rehashed: None });
}

#[test]
fn what_is_hashed_is_verified_and_does_not_have_to_be_rehashed() {
    let chosen = |byte| Chosen { password: "péché".to_owned().into(), salt: [byte; 16] };
    let hash = |byte| hasher().hash(&chosen(byte), &mut Memory::default()).unwrap();
    assert_ne!(hash(1), hash(2));
    assert_eq!(judge(&hash(1), "péché"), Judgement::Right { rehashed: None });
    assert_eq!(judge(&hash(1), "peche"), Judgement::Wrong);
}

#[test]
fn a_password_that_cannot_be_right_is_wrong() {
    let trial = Trial { can_be_right: false, ..trial(ARGON2[1], "password") };
    let judged = hasher().verify(&trial, &mut Memory::default()).unwrap();
    assert_eq!(judged, Judgement::Wrong);
}

#[test]
fn bcrypt_takes_no_other_password_for_the_one_that_it_cuts_off() {
    let salt = [5; 16];
    let hash = |password: &str| bcrypt::hash_with_salt(password, 10, salt).unwrap().to_string();
    let longest = "x".repeat(72);
    assert!(is_right(&hash(&longest), &longest));
    let longer = format!("{longest}y");
    assert!(bcrypt::verify(&longer, &hash(&longest)).unwrap(), "as bcrypt sees it");
    assert!(!is_right(&hash(&longest), &longer));
    assert!(bcrypt::verify("a\0a", &hash("a")).unwrap(), "as bcrypt sees it");
    assert!(!is_right(&hash("a"), "a\0a"));
}

#[test]
fn every_hash_is_counted() {
    let (hasher, mut memory) = (hasher(), Memory::default());
    let mut done = |phc: &str, password: &str| {
        let before = hasher.done();
        hasher.verify(&trial(phc, password), &mut memory).unwrap();
        hasher.done() - before
    };
    assert_eq!(done(ARGON2[1], "wrong"), 1);
    assert_eq!(done(BCRYPT, "wrong"), 1);
    assert_eq!(done(BCRYPT, &"x".repeat(73)), 1);
    assert_eq!(done(BCRYPT, "a"), 2, "and the hash that takes its place");
}
