//! How much of the disk a stored thing takes: what a store has grown by when many of one kind were put into it and it was
//! closed. What is written anew at each use (rotated tokens, the change log) takes more until it is swept.

use std::{path::Path, time::Duration};

use protocol::{AccountId, ClientId, GrantId, KeyRing, MasterKey, Realm, SessionId, Token};
use storage::{
    grants::Grant,
    refresh_tokens::{RefreshToken, RefreshTokenState},
};

use crate::{
    Failure,
    database::Database,
    floors,
    seed::{PASSWORD, Seeder},
    table::{Figure, Row},
    told,
};

/// Rows of one batch.
const ROWS_MAX: usize = 1_000;

/// Of each kind in redb, whose file grows in steps, and in a database; of accounts, which are five rows, a fifth.
const IN_FILE: usize = 20_000;
const IN_DATABASE: usize = 5_000;

/// As configured by default (`tokens.refresh_token_lifetime`).
const REFRESHABLE: Duration = Duration::from_secs(30 * 24 * 3600);

/// What is counted in bytes.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Account,
    Session,
    Grant,
    RefreshToken,
}

impl Kind {
    fn count(self, rows: usize) -> usize {
        if matches!(self, Self::Account) { rows / 5 } else { rows }
    }
}

const KINDS: [(Kind, &str); 4] = [
    (Kind::Account, "disk, one account with its name, password and key"),
    (Kind::Session, "disk, one session"),
    (Kind::Grant, "disk, one grant"),
    (Kind::RefreshToken, "disk, one refresh token"),
];

/// Each kind in files of redb.
pub(crate) async fn in_files(folder: &Path) -> Result<Vec<Row>, Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let mut rows = Vec::new();
    for (kind, name) in KINDS {
        told(format_args!("  {name}"));
        let file = folder.path().join(format!("{kind:?}.redb"));
        Seeder::open(&file)?.put(kind, 1).await?;
        let before = std::fs::metadata(&file)?.len();
        let count = kind.count(IN_FILE);
        Seeder::open(&file)?.put(kind, count).await?;
        rows.push(row(name, std::fs::metadata(&file)?.len().saturating_sub(before), count));
    }
    Ok(rows)
}

/// Each kind in databases.
pub(crate) async fn in_database(program: &Path, folder: &Path) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for (kind, name) in KINDS {
        told(format_args!("  {name}"));
        let folder = tempfile::tempdir_in(folder)?;
        let database = Database::start(program, folder.path()).await?;
        Seeder::at(database.address).await?.put(kind, 1).await?;
        let before = database.stop()?;
        let database = Database::start(program, folder.path()).await?;
        let count = kind.count(IN_DATABASE);
        Seeder::at(database.address).await?.put(kind, count).await?;
        rows.push(row(name, database.stop()?.saturating_sub(before), count));
    }
    Ok(rows)
}

fn row(name: &str, bytes: u64, count: usize) -> Row {
    let measured = Some(Figure::Bytes(bytes as f64 / count as f64));
    Row { operation: name.to_owned(), measured, ..Row::default() }
}

impl Seeder {
    async fn put(&self, kind: Kind, count: usize) -> Result<(), Failure> {
        let ring = KeyRing::new(MasterKey::new(self.store().randomness()));
        let phc = floors::phc(PASSWORD)?;
        let at_once = if matches!(kind, Kind::Account) { ROWS_MAX / 5 } else { ROWS_MAX };
        for first in (0..count).step_by(at_once) {
            let mut batch = self.store().batch();
            // The one that was there before has its own number.
            for number in (first..count.min(first + at_once)).map(|number| count + number) {
                let account_id = AccountId::new(self.store().randomness());
                match kind {
                    Kind::Account => {
                        self.account(&mut batch, number, (&phc, &ring))?;
                    }
                    Kind::Session => {
                        let now = batch.now();
                        batch.create(&self.session(("disk", number), account_id, now)?.0);
                    }
                    Kind::Grant => {
                        let grant = self.grant(account_id, batch.now())?;
                        batch.create(&grant);
                    }
                    Kind::RefreshToken => {
                        let token = self.refresh_token(account_id, batch.now());
                        batch.create(&token);
                    }
                }
            }
            self.store().commit(batch).await?;
        }
        Ok(())
    }

    fn grant(&self, account_id: AccountId, now: protocol::Timestamp) -> Result<Grant, Failure> {
        let randomness = self.store().randomness();
        Ok(Grant {
            grant_id: GrantId::new(randomness),
            realm: Realm::main(),
            client_id: ClientId::new(randomness),
            account_id,
            session_id: SessionId::new(randomness),
            offline: false,
            scope: "openid profile email".parse()?,
            authenticated_at: now,
            amr: vec!["pwd".to_owned()],
            given_at: now,
            refreshable_until: now + REFRESHABLE,
            expires_at: now + REFRESHABLE,
            revoked: None,
            revoked_access_tokens: Default::default(),
            resources: Default::default(),
            epochs: Default::default(),
            claims: Default::default(),
        })
    }

    fn refresh_token(&self, account_id: AccountId, now: protocol::Timestamp) -> RefreshToken {
        let randomness = self.store().randomness();
        RefreshToken {
            refresh_token: Token::new(randomness).hash(),
            realm: Realm::main(),
            grant_id: GrantId::new(randomness),
            client_id: ClientId::new(randomness),
            account_id,
            issued_at: now,
            expires_at: now + REFRESHABLE,
            state: RefreshTokenState::Active,
        }
    }
}
