//! What is encrypted for a client is opened by its own key and by no other (RFC 7516, RFC 7518 §4, §5).

use std::sync::LazyLock;

use josekit::{
    jwe::{self, JweDecrypter},
    jwk::{
        Jwk, KeyPair,
        alg::{
            ec::{EcCurve, EcKeyPair},
            ecx::{EcxCurve, EcxKeyPair},
            rsa::RsaKeyPair,
        },
    },
};
use serde_json::{Map, Value, json};

use crate::jose::{ClientJwks, Content, ContentEncryption, EncryptionAlgorithm, NotClientJwks};

/// A key of each kind, private members and all.
static KEYS: LazyLock<Vec<Jwk>> = LazyLock::new(|| {
    let curves = [EcCurve::P256, EcCurve::P384, EcCurve::P521];
    let on_curves = curves.map(|curve| EcKeyPair::generate(curve).unwrap().to_jwk_key_pair());
    let x25519 = EcxKeyPair::generate(EcxCurve::X25519).unwrap().to_jwk_key_pair();
    let rsa = RsaKeyPair::generate(2048).unwrap().to_jwk_key_pair();
    on_curves.into_iter().chain([x25519, rsa]).collect()
});

/// The public members of a key, and these.
fn public(key: &Jwk, more: Value) -> Value {
    let members: Map<String, Value> = key.as_ref().clone();
    let is_public = |name: &str| ["kty", "crv", "x", "y", "n", "e"].contains(&name);
    let mut public: Map<_, _> = members.into_iter().filter(|(name, _)| is_public(name)).collect();
    public.extend(more.as_object().unwrap().clone());
    public.into()
}

fn registered(keys: &[Value]) -> Result<ClientJwks, NotClientJwks> {
    ClientJwks::register(&json!({ "keys": keys }))
}

fn fits(algorithm: EncryptionAlgorithm, key: &Jwk) -> bool {
    let is_rsa =
        matches!(algorithm, EncryptionAlgorithm::RsaOaep | EncryptionAlgorithm::RsaOaep256);
    is_rsa == (key.key_type() == "RSA")
}

fn decrypter(algorithm: EncryptionAlgorithm, key: &Jwk) -> Box<dyn JweDecrypter> {
    use EncryptionAlgorithm as A;
    match algorithm {
        A::RsaOaep => Box::new(jwe::RSA_OAEP.decrypter_from_jwk(key).unwrap()),
        A::RsaOaep256 => Box::new(jwe::RSA_OAEP_256.decrypter_from_jwk(key).unwrap()),
        A::EcdhEs => Box::new(jwe::ECDH_ES.decrypter_from_jwk(key).unwrap()),
        A::EcdhEsA128Kw => Box::new(jwe::ECDH_ES_A128KW.decrypter_from_jwk(key).unwrap()),
        A::EcdhEsA256Kw => Box::new(jwe::ECDH_ES_A256KW.decrypter_from_jwk(key).unwrap()),
    }
}

#[test]
fn every_algorithm_is_opened_by_every_key_that_it_is_for() {
    for key in KEYS.iter() {
        let set = registered(&[public(key, json!({ "use": "enc", "kid": "one" }))]).unwrap();
        for algorithm in EncryptionAlgorithm::ALL {
            let found = set.encryption_key(*algorithm);
            assert_eq!(found.is_some(), fits(*algorithm, key), "{algorithm} {:?}", key.curve());
            let Some(found) = found else { continue };
            for enc in ContentEncryption::ALL {
                let token = found.encrypt((Content::Token, b"a.b.c"), *enc).unwrap();
                let opened = decrypter(*algorithm, key);
                let (text, header) = jwe::deserialize_compact(&token, opened.as_ref()).unwrap();
                assert_eq!(text, b"a.b.c", "{algorithm} {enc}");
                let said = [header.algorithm(), header.content_encryption(), header.key_id()];
                assert_eq!(said, [Some(algorithm.name()), Some(enc.name()), Some("one")]);
                assert_eq!((header.content_type(), header.compression()), (Some("JWT"), None));
                assert_ne!(found.encrypt((Content::Token, b"a.b.c"), *enc).unwrap(), token);
            }
        }
    }
}

#[test]
fn claims_alone_are_no_nested_token() {
    let set = registered(&[public(&KEYS[0], json!({ "use": "enc" }))]).unwrap();
    let key = set.encryption_key(EncryptionAlgorithm::EcdhEs).unwrap();
    let token = key.encrypt((Content::Claims, b"{}"), ContentEncryption::A128Gcm).unwrap();
    let opened = decrypter(EncryptionAlgorithm::EcdhEs, &KEYS[0]);
    let (_, header) = jwe::deserialize_compact(&token, opened.as_ref()).unwrap();
    assert_eq!((header.content_type(), header.key_id()), (None, None));
}

#[test]
fn nobody_else_opens_it_nor_what_was_changed() {
    let rsa = KEYS.last().unwrap();
    let set = registered(&[public(rsa, json!({ "use": "enc" }))]).unwrap();
    let key = set.encryption_key(EncryptionAlgorithm::RsaOaep256).unwrap();
    let token = key.encrypt((Content::Token, b"a.b.c"), ContentEncryption::A256CbcHs512).unwrap();
    let other = RsaKeyPair::generate(2048).unwrap().to_jwk_key_pair();
    let opens = |token: &str, key: &Jwk| {
        let decrypter = decrypter(EncryptionAlgorithm::RsaOaep256, key);
        jwe::deserialize_compact(token, decrypter.as_ref()).is_ok()
    };
    assert!(opens(&token, rsa) && !opens(&token, &other));
    for part in 0..5 {
        let changed: Vec<String> = token
            .split('.')
            .enumerate()
            .map(|(index, text)| {
                let first = if text.starts_with('A') { "B" } else { "A" };
                if index == part { format!("{first}{}", &text[1..]) } else { text.to_owned() }
            })
            .collect();
        assert!(!opens(&changed.join("."), rsa), "{part}");
    }
}

#[test]
fn the_key_that_names_the_algorithm_goes_before_others() {
    let [p256, p384, p521] = [&KEYS[0], &KEYS[1], &KEYS[2]];
    let keys = [
        public(p256, json!({ "kid": "any" })),
        public(p384, json!({ "kid": "enc", "use": "enc" })),
        public(p521, json!({ "kid": "named", "use": "enc", "alg": "ECDH-ES+A256KW" })),
    ];
    let named = |keys: &[Value], algorithm| {
        let key = registered(keys).unwrap().encryption_key(algorithm)?;
        let token = key.encrypt((Content::Claims, b"{}"), ContentEncryption::A128Gcm).unwrap();
        let header = josekit::jwt::decode_header(&token).unwrap();
        Some(header.claim("kid").unwrap().as_str().unwrap().to_owned())
    };
    assert_eq!(named(&keys, EncryptionAlgorithm::EcdhEsA256Kw).as_deref(), Some("named"));
    assert_eq!(named(&keys, EncryptionAlgorithm::EcdhEs).as_deref(), Some("enc"));
    assert_eq!(named(&keys[..1], EncryptionAlgorithm::EcdhEs).as_deref(), Some("any"));
    assert_eq!(named(&keys, EncryptionAlgorithm::RsaOaep), None);
}

#[test]
fn a_key_for_signatures_encrypts_nothing_and_one_for_encryption_verifies_nothing() {
    let p256 = &KEYS[0];
    for more in
        [json!({ "use": "sig" }), json!({ "alg": "ES256" }), json!({ "key_ops": ["verify"] })]
    {
        let set = registered(&[public(p256, more.clone())]).unwrap();
        assert!(set.encryption_key(EncryptionAlgorithm::EcdhEs).is_none() && set.verifies());
        let read: ClientJwks = serde_json::from_value(serde_json::to_value(&set).unwrap()).unwrap();
        assert_eq!(read, set, "{more}");
    }
    let meant = [json!({ "use": "enc" }), json!({ "alg": "ECDH-ES" })];
    for more in meant.into_iter().chain([json!({ "use": "enc", "alg": "ECDH-ES+A128KW" })]) {
        let set = registered(&[public(p256, more.clone())]).unwrap();
        assert!(!set.verifies() && set.iter().next().is_none() && !set.is_empty(), "{more}");
        let written = serde_json::to_value(&set).unwrap();
        assert_eq!(written["keys"][0]["use"], "enc");
        assert_eq!(serde_json::from_value::<ClientJwks>(written).unwrap(), set);
    }
}

#[test]
fn a_key_that_cannot_encrypt_is_not_registered() {
    let off = public(&KEYS[0], json!({ "use": "enc", "y": KEYS[0].parameter("x").unwrap() }));
    assert_eq!(registered(&[off]), Err(NotClientJwks::Unreadable));
    let nowhere = json!({ "kty": "OKP", "crv": "X25519", "x": "A".repeat(43), "use": "enc" });
    assert_eq!(registered(&[nowhere]), Err(NotClientJwks::Unreadable), "nothing to agree upon");
    let other = public(&KEYS[0], json!({ "use": "enc", "alg": "RSA-OAEP" }));
    assert_eq!(registered(&[other]), Err(NotClientJwks::OtherAlgorithm));
    let private = public(&KEYS[0], json!({ "use": "enc", "d": "AA" }));
    assert_eq!(registered(&[private]), Err(NotClientJwks::PrivateMember));
    let weak = json!({ "kty": "RSA", "n": "qqqq", "e": "AQAB", "use": "enc" });
    assert_eq!(registered(&[weak]), Err(NotClientJwks::Weak));
    let twice = KEYS[..2].iter().map(|key| public(key, json!({ "use": "enc", "kid": "1" })));
    assert_eq!(registered(&twice.collect::<Vec<_>>()), Err(NotClientJwks::KeyIds));
}

/// What leaks, what both sides have, and what inflates has no name (ATTACKS 50).
#[test]
fn nothing_off_the_allow_list_has_a_name() {
    for name in
        ["RSA1_5", "dir", "PBES2-HS256+A128KW", "A128KW", "A256GCMKW", "RSA-OAEP-512", "none"]
    {
        assert!(serde_json::from_value::<EncryptionAlgorithm>(name.into()).is_err(), "{name}");
    }
    for name in ["A192GCM", "A192CBC-HS384", "none", ""] {
        assert!(serde_json::from_value::<ContentEncryption>(name.into()).is_err(), "{name}");
    }
}

/// The library that opens here what is written there reads the example of RFC 7516 A.1 too.
#[test]
fn the_example_of_rfc_7516_is_opened() {
    let token = concat!(
        "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.",
        "OKOawDo13gRp2ojaHV7LFpZcgV7T6DVZKTyKOMTYUmKoTCVJRgckCL9kiMT03JGeipsEdY3mx_etLbbWSrFr05kLzcSr4qKAq7YN7e9jwQRb23nfa6c9d-StnImGyFDb",
        "Sv04uVuxIp5Zms1gNxKKK2Da14B8S4rzVRltdYwam_lDp5XnZAYpQdb76FdIKLaVmqgfwX7XWRxv2322i-vDxRfqNzo_tETKzpVLzfiwQyeyPGLBIO56YJ7eObdv0je8",
        "1860ppamavo35UgoRdbYaBcoh9QcfylQr66oc6vFWXRcZ_ZT2LawVCWTIy3brGPi6UklfCpIMfIjf7iGdXKHzg.48V1_ALb6US04U3b.",
        "5eym8TW_c8SuK0ltJ3rpYIzOeDQz7TALvtu6UG9oMo4vpzs9tX_EFShS8iB7j6jiSdiwkIr3ajwQzaBtQD_A.XFBoMYUZodetZdvTiFvSkQ",
    );
    let key = json!({
        "kty": "RSA", "e": "AQAB",
        "n": "oahUIoWw0K0usKNuOR6H4wkf4oBUXHTxRvgb48E-BVvxkeDNjbC4he8rUWcJoZmds2h7M70imEVhRU5djINXtqllXI4DFqcI1DgjT9LewND8MW2Krf3Spsk_ZkoFnilakGygTwpZ3uesH-PFABNIUYpOiN15dsQRkgr0vEhxN92i2asbOenSZeyaxziK72UwxrrKoExv6kc5twXTq4h-QChLOln0_mtUZwfsRaMStPs6mS6XrgxnxbWhojf663tuEQueGC-FCMfra36C9knDFGzKsNa7LZK2djYgyD3JR_MB_4NUJW_TqOQtwHYbxevoJArm-L5StowjzGy-_bq6Gw",
        "d": "kLdtIj6GbDks_ApCSTYQtelcNttlKiOyPzMrXHeI-yk1F7-kpDxY4-WY5NWV5KntaEeXS1j82E375xxhWMHXyvjYecPT9fpwR_M9gV8n9Hrh2anTpTD93Dt62ypW3yDsJzBnTnrYu1iwWRgBKrEYY46qAZIrA2xAwnm2X7uGR1hghkqDp0Vqj3kbSCz1XyfCs6_LehBwtxHIyh8Ripy40p24moOAbgxVw3rxT_vlt3UVe4WO3JkJOzlpUf-KTVI2Ptgm-dARxTEtE-id-4OJr0h-K-VFs3VSndVTIznSxfyrj8ILL6MG_Uv8YAu7VILSB3lOW085-4qE3DzgrTjgyQ",
        "p": "1r52Xk46c-LsfB5P442p7atdPUrxQSy4mti_tZI3Mgf2EuFVbUoDBvaRQ-SWxkbkmoEzL7JXroSBjSrK3YIQgYdMgyAEPTPjXv_hI2_1eTSPVZfzL0lffNn03IXqWF5MDFuoUYE0hzb2vhrlN_rKrbfDIwUbTrjjgieRbwC6Cl0",
        "q": "wLb35x7hmQWZsWJmB_vle87ihgZ19S8lBEROLIsZG4ayZVe9Hi9gDVCOBmUDdaDYVTSNx_8Fyw1YYa9XGrGnDew00J28cRUoeBB_jKI1oma0Orv1T9aXIWxKwd4gvxFImOWr3QRL9KEBRzk2RatUBnmDZJTIAfwTs0g68UZHvtc",
        "dp": "ZK-YwE7diUh0qR1tR7w8WHtolDx3MZ_OTowiFvgfeQ3SiresXjm9gZ5KLhMXvo-uz-KUJWDxS5pFQ_M0evdo1dKiRTjVw_x4NyqyXPM5nULPkcpU827rnpZzAJKpdhWAgqrXGKAECQH0Xt4taznjnd_zVpAmZZq60WPMBMfKcuE",
        "dq": "Dq0gfgJ1DdFGXiLvQEZnuKEN0UUmsJBxkjydc3j4ZYdBiMRAy86x0vHCjywcMlYYg4yoC4YZa9hNVcsjqA3FeiL19rk8g6Qn29Tt0cj8qqyFpz9vNDBUfCAiJVeESOjJDZPYHdHY8v1b-o-Z2X5tvLx-TCekf7oxyeKDUqKWjis",
        "qi": "VIMpMYbPf47dT1w_zDUXfPimsSegnMOA1zTaX7aGk_8urY6R8-ZW1FxU7AlWAyLWybqq6t16VFd7hQd0y6flUK4SlOydB61gwanOsXGOAOv82cHq0E3eL4HrtZkUuKvnPrMnsUUFlfUdybVzxyjz9JF_XyaY14ardLSjf4L_FNY",
    });
    let key = Jwk::from_bytes(key.to_string()).unwrap();
    let opened = decrypter(EncryptionAlgorithm::RsaOaep, &key);
    let (text, _) = jwe::deserialize_compact(token, opened.as_ref()).unwrap();
    assert_eq!(text, b"The true sign of intelligence is not knowledge but imagination.");
}
