//! Settings are read by older and newer releases, refused where they cannot be followed, and default where they are not.

use serde_json::json;

use super::*;
use crate::limits::Limit;

fn at_most(quota: u32, window_seconds: u32) -> Option<Allowance> {
    Some(Allowance::AtMost(Limit { quota, window_seconds }))
}

#[test]
fn what_nobody_has_set_is_as_this_release_has_it() {
    let settings: ServerSettings = serde_json::from_value(json!({})).unwrap();
    for policy in Policy::ALL {
        assert_eq!(settings.allowance(*policy), policy.default_allowance());
    }
    // A client that proves who it is is not limited unless somebody says so, and whoever does not is.
    assert_eq!(settings.allowance(Policy::Client), Allowance::Unlimited);
    assert!(settings.allowance(Policy::Token).limit().is_some());
    assert!(settings.allowance(Policy::SignIns).limit().is_some());
}

#[test]
fn settings_are_read_back_as_they_were_written() {
    let settings = Settings::Server(ServerSettings {
        limits: Limits {
            authorize: at_most(5, 10),
            other: Some(Allowance::Unlimited),
            ..Limits::default()
        },
        exclusions: Exclusions {
            networks: vec!["10.0.0.0/8".parse().unwrap(), "2001:db8::/32".parse().unwrap()],
            clients: Vec::new(),
        },
    });
    let written = serde_json::to_value(&settings).unwrap();
    assert_eq!(
        written,
        json!({ "server": {
            "limits": {
                "authorize": { "at_most": { "quota": 5, "window_seconds": 10 } },
                "other": "unlimited",
            },
            "exclusions": { "networks": ["10.0.0.0/8", "2001:db8::/32"] },
        } })
    );
    assert_eq!(serde_json::from_value::<Settings>(written).unwrap(), settings);
}

#[test]
fn a_limit_that_cannot_be_followed_is_refused_by_its_name() {
    for (limit, is_good) in [
        (at_most(1, 1), true),
        (at_most(QUOTA_MAX, WINDOW_SECONDS_MAX), true),
        (Some(Allowance::Unlimited), true),
        (at_most(0, 60), false),
        (at_most(QUOTA_MAX + 1, 60), false),
        (at_most(1, 0), false),
        (at_most(1, WINDOW_SECONDS_MAX + 1), false),
    ] {
        let server = Limits { userinfo: limit, ..Limits::default() };
        let server =
            Settings::Server(ServerSettings { limits: server, ..ServerSettings::default() });
        let client = ClientLimits { userinfo: limit, ..ClientLimits::default() };
        let client = Settings::Client(ClientSettings { limits: client });
        let client_level = "cli_000102030405060708090a0b0c0d0e0f".parse().unwrap();
        for (settings, level) in [(server, Level::Server), (client, client_level)] {
            let refused = Err(NotSettings::LimitOutOfRange("userinfo"));
            assert_eq!(settings.judge(level), if is_good { Ok(()) } else { refused });
        }
    }
}

#[test]
fn settings_of_another_level_are_refused() {
    let client: Level = "cli_000102030405060708090a0b0c0d0e0f".parse().unwrap();
    assert_eq!(Settings::unset(Level::Server).judge(client), Err(NotSettings::OtherLevel));
    assert_eq!(Settings::unset(client).judge(Level::Server), Err(NotSettings::OtherLevel));
    assert_eq!(client.to_string().parse(), Ok(client));
    assert_eq!("server".parse(), Ok(Level::Server));
    assert!("servers".parse::<Level>().is_err());
}

#[test]
fn more_exclusions_than_can_be_looked_at_are_refused() {
    let network = "10.0.0.0/8".parse().unwrap();
    let exclude = |count| {
        Settings::Server(ServerSettings {
            exclusions: Exclusions { networks: vec![network; count], clients: Vec::new() },
            ..ServerSettings::default()
        })
    };
    assert_eq!(exclude(NETWORKS_MAX).judge(Level::Server), Ok(()));
    assert_eq!(exclude(NETWORKS_MAX + 1).judge(Level::Server), Err(NotSettings::TooManyNetworks));
    let clients = vec!["cli_000102030405060708090a0b0c0d0e0f".parse().unwrap(); CLIENTS_MAX + 1];
    let exclusions = Exclusions { networks: Vec::new(), clients };
    let settings = Settings::Server(ServerSettings { exclusions, ..ServerSettings::default() });
    assert_eq!(settings.judge(Level::Server), Err(NotSettings::TooManyClients));
}

#[test]
fn an_excluded_network_holds_its_addresses_however_they_are_written() {
    let exclusions =
        Exclusions { networks: vec!["192.0.2.0/24".parse().unwrap()], clients: Vec::new() };
    for (address, is_in) in [("192.0.2.7", true), ("::ffff:192.0.2.7", true), ("192.0.3.7", false)]
    {
        assert_eq!(exclusions.contain(address.parse().unwrap()), is_in, "{address}");
    }
}
