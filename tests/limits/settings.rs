//! Settings: versions that can be read and restored, changed only upon what was seen, told to the audit log, and followed.

use std::time::Duration;

use flows::{
    Error,
    admin::{
        Seen,
        settings::{SeenSettings, SettingsRefused},
    },
};
use protocol::{
    ClientId,
    event::Act,
    limits::{Allowance, Limit},
    settings::{ClientSettings, Level, NotSettings, ServerSettings, Settings},
};

use super::at_most;
use crate::world::{Sent, World};

const SERVER: Level = Level::Server;

fn other(quota: u32) -> Settings {
    let mut settings = ServerSettings::default();
    settings.limits.other = at_most(quota);
    Settings::Server(settings)
}

/// The version that holds, to change it by.
async fn seen(world: &World) -> SeenSettings {
    let held = world.flows().settings(&world.operator(), SERVER).await.unwrap();
    held.stored
        .map_or(SeenSettings::Unset, |stored| SeenSettings::Set(Seen::Version(stored.version)))
}

async fn put(
    world: &World,
    seen: SeenSettings,
    settings: Settings,
) -> Result<u64, SettingsRefused> {
    let put = world.flows().change_settings(&world.operator(), (SERVER, seen), settings).await;
    match put {
        Ok(held) => Ok(held.stored.expect("they were put").number),
        Err(Error::Refused(why)) => Err(why),
        Err(Error::Failed(failure)) => panic!("{failure}"),
    }
}

#[tokio::test]
async fn each_change_is_a_version_that_can_be_read_and_restored_as_another() {
    let world = World::new().await;
    let (flows, by) = (world.flows(), world.operator());
    for (number, quota) in [(1, 5), (2, 6), (3, 7)] {
        assert_eq!(put(&world, seen(&world).await, other(quota)).await, Ok(number));
    }
    let restored = flows.restore_settings(&by, (SERVER, seen(&world).await), 1).await.unwrap();
    let stored = restored.stored.unwrap();
    assert_eq!((stored.number, stored.restored_from), (4, Some(1)));
    assert_eq!(restored.settings, other(5));
    assert_eq!(world.answered(9, &Sent::get("/")).await, 5);
    let versions = flows.settings_versions(&by, SERVER, None).await.unwrap();
    let told: Vec<_> =
        versions.items.into_iter().map(|version| (version.number, version.settings)).collect();
    assert_eq!(told, [(1, other(5)), (2, other(6)), (3, other(7)), (4, other(5))]);
    let second = flows.settings_version(&by, SERVER, 2).await.unwrap().unwrap();
    assert_eq!(
        (second.settings, second.changed_at, second.changed_by),
        (other(6), world.now(), by.actor.clone())
    );
    let none = flows.restore_settings(&by, (SERVER, seen(&world).await), 9).await;
    assert!(matches!(none, Err(Error::Refused(SettingsRefused::NoVersion))));
}

#[tokio::test]
async fn settings_are_changed_only_upon_what_was_seen() {
    let world = World::new().await;
    let first = seen(&world).await;
    assert_eq!(put(&world, first, other(5)).await, Ok(1));
    assert_eq!(put(&world, first, other(6)).await, Err(SettingsRefused::Changed));
    let second = seen(&world).await;
    assert_eq!(put(&world, second, other(6)).await, Ok(2));
    assert_eq!(put(&world, second, other(7)).await, Err(SettingsRefused::Changed));
    // What holds already is no change.
    assert_eq!(put(&world, SeenSettings::Set(Seen::Any), other(6)).await, Ok(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_saw_the_same_one_changes_it() {
    let world = World::new().await;
    let seen = seen(&world).await;
    let mut tasks = tokio::task::JoinSet::new();
    for quota in 1..=20 {
        let world = world.clone();
        tasks.spawn(async move { put(&world, seen, other(quota)).await });
    }
    let outcomes = tasks.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| **outcome == Ok(1)).count(), 1);
    let lost = outcomes.iter().filter(|outcome| **outcome == Err(SettingsRefused::Changed));
    assert_eq!(lost.count(), 19);
}

#[tokio::test]
async fn a_change_is_told_to_the_audit_log_with_its_version() {
    let world = World::new().await;
    let party = world.relying_party().await;
    world.set(|settings| settings.limits.other = at_most(5)).await;
    world.advance(Duration::from_secs(1)).await;
    world.set_for(&party, |settings| settings.limits.token = at_most(5)).await;
    let events = world.events().await;
    let told: Vec<_> = events
        .iter()
        .filter_map(|event| match &event.act {
            Act::SettingsChanged { level, version } => Some((*level, *version, event.client_id)),
            _ => None,
        })
        .collect();
    let client = (Level::Client(party.client_id), 1, Some(party.client_id));
    assert_eq!(told, [(SERVER, 1, None), client]);
}

#[tokio::test]
async fn settings_that_cannot_be_followed_are_refused() {
    let world = World::new().await;
    let mut wrong = ServerSettings::default();
    wrong.limits.token = Some(Allowance::AtMost(Limit { quota: 0, window_seconds: 60 }));
    let refused = SettingsRefused::NotSettings(NotSettings::LimitOutOfRange("token"));
    let wrong = put(&world, SeenSettings::Unset, Settings::Server(wrong)).await;
    assert_eq!(wrong, Err(refused));
    let of_a_client = Settings::Client(ClientSettings::default());
    let refused = SettingsRefused::NotSettings(NotSettings::OtherLevel);
    assert_eq!(put(&world, SeenSettings::Unset, of_a_client.clone()).await, Err(refused));
    let nobody = Level::Client(ClientId::new(world.store().randomness()));
    let put = world
        .flows()
        .change_settings(&world.operator(), (nobody, SeenSettings::Unset), of_a_client)
        .await;
    assert!(matches!(put, Err(Error::Refused(SettingsRefused::NoClient))));
}

#[tokio::test]
async fn other_nodes_follow_a_change_once_they_hear_of_it() {
    let world = World::new().await;
    let beside = world.beside("node-2").await;
    let party = beside.relying_party().await;
    let refresh =
        party.token_request(&[("grant_type", "refresh_token"), ("refresh_token", "none")]);
    assert_eq!(beside.answered(9, &refresh).await, 9);
    world.set(|settings| settings.limits.other = at_most(2)).await;
    world.set_for(&party, |settings| settings.limits.token = at_most(3)).await;
    beside.look().await.unwrap();
    assert_eq!(beside.answered(9, &Sent::get("/")).await, 2);
    assert_eq!(beside.answered(9, &refresh).await, 3);
}

#[tokio::test]
async fn a_change_outlives_the_death_of_the_actor_that_follows_it() {
    let world = World::new().await;
    world.set(|settings| settings.limits.other = at_most(2)).await;
    world.kill("limits").await;
    world.look().await.unwrap();
    assert_eq!(world.answered(9, &Sent::get("/")).await, 2);
}
