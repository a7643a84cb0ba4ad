//! The connection: one that is tried again and again, watched by heartbeats with a deadline of our own, and given up as a
//! whole when one is missed. A cut without a word is silence to the client of the database, which pings and never asks
//! whether it was heard.

use std::{
    fs,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use futures_util::StreamExt;
use rustls::{
    ClientConfig, RootCertStore,
    pki_types::{CertificateDer, pem::PemObject},
};
use surrealdb::{
    IndexedResults, Notification, Surreal,
    engine::remote::ws::{Client, Ws, Wss},
    opt::{Config, WebsocketConfig, auth},
    types::{RecordId, SurrealValue, Variables},
};
use tokio::{
    sync::{Notify, Semaphore, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use crate::{OpenError, Options, fault::Fault, metrics::Meters, schema, statements};

/// How long apart attempts to connect are: doubling from the first to the last.
const RETRY_FIRST: Duration = Duration::from_millis(50);
const RETRY_LAST: Duration = Duration::from_secs(2);

/// How long apart heartbeats are, and how long one may take.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);
const HEARTBEAT_DEADLINE: Duration = Duration::from_secs(2);

/// For how long the database may be out of reach when the store is opened.
const OPEN_DEADLINE: Duration = Duration::from_secs(30);

/// How long connecting may take at least: the database hashes a password for it, several times.
const CONNECT_DEADLINE: Duration = Duration::from_secs(10);

/// For how long who asks what became of a batch waits for the connection that it was lost with.
const UP_DEADLINE: Duration = Duration::from_millis(1_500);

/// Questions under way at a time: the database answers those of one connection one after the other.
const ASKED_MAX: usize = 256;

/// The longest message, as long as the server's own limit.
const MESSAGE_BYTES_MAX: usize = 128 * 1024 * 1024;

pub(crate) type Session = Surreal<Client>;

/// What all calls go through.
pub(crate) struct Link {
    session: watch::Receiver<Option<Arc<Session>>>,
    /// Wakes the keeper: a call was lost, so the connection is looked at now.
    suspicion: Arc<Notify>,
    /// Wakes who waits for changes.
    hint: Arc<Notify>,
    /// Answers that were heard.
    heard: Arc<AtomicU64>,
    room: Semaphore,
    deadline: Duration,
    meters: Meters,
    _keeper: JoinSet<()>,
}

impl Link {
    /// Connects, and sees to it that the tables are there. What cannot pass by itself is an error; a database out of reach
    /// becomes one after half a minute.
    pub(crate) async fn open(options: Options) -> Result<Self, OpenError> {
        let meters = Meters::new();
        let began_at = Instant::now();
        let mut wait = RETRY_FIRST;
        let first = loop {
            match connect(&options).await {
                Ok(session) => break session,
                Err(OpenError::Unreachable(reason)) if began_at.elapsed() < OPEN_DEADLINE => {
                    tracing::warn!(reason, "the database is not reached and is tried again");
                    sleep(wait).await;
                    wait = RETRY_LAST.min(wait * 2);
                }
                Err(error) => return Err(error),
            }
        };
        let (sender, session) = watch::channel(None);
        let (suspicion, hint) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let heard = Arc::new(AtomicU64::new(0));
        let keeper = Keeper {
            options,
            sender,
            suspicion: Arc::clone(&suspicion),
            hint: Arc::clone(&hint),
            heard: Arc::clone(&heard),
            meters: meters.clone(),
        };
        let deadline = keeper.options.deadline;
        keeper.publish(&first);
        let mut running = JoinSet::new();
        running.spawn(keeper.run(first));
        let room = Semaphore::new(ASKED_MAX);
        Ok(Self { session, suspicion, hint, heard, room, deadline, meters, _keeper: running })
    }

    pub(crate) fn is_up(&self) -> bool {
        self.session.borrow().is_some()
    }

    pub(crate) fn meters(&self) -> &Meters {
        &self.meters
    }

    /// Returns when the database says that something was committed.
    pub(crate) async fn hint(&self) {
        self.hint.notified().await;
    }

    /// Waits a moment for the connection, if it is being made anew.
    pub(crate) async fn wait_until_up(&self) {
        let mut link = self.session.clone();
        // What it comes to shows in the question.
        let _ = timeout(UP_DEADLINE, link.wait_for(Option::is_some)).await;
    }

    /// Asks, and gives up at the deadline or when the connection is given up.
    pub(crate) async fn ask(
        &self,
        statement: impl Into<String>,
        variables: Variables,
    ) -> Result<IndexedResults, Fault> {
        let mut link = self.session.clone();
        let Some(session) = link.borrow_and_update().clone() else {
            return Err(Fault::NotAsked("the database is not connected".into()));
        };
        let Ok(Ok(_room)) = timeout(self.deadline, self.room.acquire()).await else {
            return Err(Fault::NotAsked("too many questions wait for the database".into()));
        };
        self.meters.round_trips.increment(1);
        let asked = timeout(self.deadline, answer(&session, statement.into(), variables));
        let answered = tokio::select! {
            answered = asked => answered
                .unwrap_or_else(|_| Err(Fault::Lost("the database did not answer in time".into()))),
            _ = link.changed() => Err(Fault::Lost("the connection to the database was lost".into())),
        };
        if let Err(Fault::Lost(_)) = &answered {
            self.suspicion.notify_one();
        } else {
            self.heard.fetch_add(1, Ordering::Relaxed);
        }
        answered
    }
}

/// The answer to all statements, if none of them failed.
pub(crate) async fn answer(
    session: &Session,
    statement: String,
    variables: Variables,
) -> Result<IndexedResults, Fault> {
    let mut results =
        session.query(statement).bind(variables).await.map_err(|error| Fault::one(&error))?;
    let errors = results.take_errors();
    Fault::of(errors.values()).map_or(Ok(results), Err)
}

/// Keeps a connection up.
struct Keeper {
    options: Options,
    sender: watch::Sender<Option<Arc<Session>>>,
    suspicion: Arc<Notify>,
    hint: Arc<Notify>,
    heard: Arc<AtomicU64>,
    meters: Meters,
}

impl Keeper {
    fn publish(&self, session: &Arc<Session>) {
        self.sender.send_replace(Some(Arc::clone(session)));
        self.meters.available.set(1);
        // Whatever was committed while nothing was heard.
        self.hint.notify_waiters();
    }

    async fn run(self, first: Arc<Session>) {
        let mut session = first;
        loop {
            let reason = self.watch(&session).await;
            self.sender.send_replace(None);
            self.meters.available.set(0);
            tracing::error!(reason, "the connection to the database is given up and made anew");
            drop(session);
            session = self.reconnect().await;
            tracing::info!("the database is connected again");
            self.publish(&session);
        }
    }

    async fn reconnect(&self) -> Arc<Session> {
        let mut wait = RETRY_FIRST;
        loop {
            self.meters.reconnections.increment(1);
            match connect(&self.options).await {
                Ok(session) => return session,
                Err(error) => {
                    tracing::warn!(%error, "the database is not reached and is tried again")
                }
            }
            sleep(wait).await;
            wait = RETRY_LAST.min(wait * 2);
        }
    }

    /// Returns when the connection is not good any more, with the reason.
    async fn watch(&self, session: &Arc<Session>) -> String {
        let hints = async {
            if !self.options.live || !self.listen(session).await {
                // Without hints the readers poll.
                std::future::pending::<()>().await;
            }
        };
        let beats = async {
            loop {
                tokio::select! {
                    () = sleep(HEARTBEAT_EVERY) => {}
                    () = self.suspicion.notified() => {}
                }
                let heard = self.heard.load(Ordering::Relaxed);
                let beat = answer(session, statements::HEARTBEAT.into(), Variables::default());
                match timeout(HEARTBEAT_DEADLINE, beat).await {
                    Ok(Ok(_)) => {}
                    Ok(Err(fault)) => return format!("a heartbeat failed: {fault:?}"),
                    // Under load it waits behind questions whose answers are as good.
                    Err(_) if self.heard.load(Ordering::Relaxed) != heard => {}
                    Err(_) => return "a heartbeat was not answered in time".into(),
                }
            }
        };
        tokio::select! {
            reason = beats => reason,
            // The client of the database connects again by itself, and then without them.
            () = hints => "the hints ended".into(),
        }
    }

    /// Passes on what the database tells of the change log, as long as it does. Whether it ever did.
    async fn listen(&self, session: &Arc<Session>) -> bool {
        let Ok(mut told) = session.query(statements::LIVE).await else { return false };
        let Ok(mut stream) = told.stream::<Notification<Changed>>(0) else { return false };
        while let Some(Ok(_)) = stream.next().await {
            self.hint.notify_waiters();
        }
        true
    }
}

#[derive(Debug, SurrealValue)]
#[surreal(crate = "surrealdb::types")]
struct Changed {
    id: RecordId,
}

/// A connection that is signed in, to a database whose tables are those of this release.
pub(crate) async fn connect(options: &Options) -> Result<Arc<Session>, OpenError> {
    let unreachable = |_| OpenError::Unreachable("it does not answer in time".into());
    timeout(options.deadline.max(CONNECT_DEADLINE), sign_in(options)).await.map_err(unreachable)?
}

async fn sign_in(options: &Options) -> Result<Arc<Session>, OpenError> {
    let (address, is_tls) = match options.url.split_once("://") {
        Some(("ws", address)) => (address, false),
        Some(("wss", address)) => (address, true),
        _ => return Err(OpenError::Url),
    };
    let address = address.trim_end_matches('/').to_owned();
    let websocket = WebsocketConfig::new().max_message_size(MESSAGE_BYTES_MAX);
    let mut config = Config::new()
        .websocket(websocket)
        .map_err(|error| OpenError::Unreachable(error.to_string()))?;
    if is_tls {
        // Refused only where the program has installed one already; the public web's authorities are trusted through it.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        if let Some(file) = &options.ca_file {
            config = config.rustls(trusting(file)?);
        }
    }
    let connected = if is_tls {
        Surreal::new::<Wss>((address, config)).await
    } else {
        Surreal::new::<Ws>((address, config)).await
    };
    let session = connected.map_err(|error| OpenError::Unreachable(error.to_string()))?;
    authenticate(&session, options).await?;
    session
        .use_ns(&options.namespace)
        .use_db(&options.database)
        .await
        .map_err(|error| OpenError::Unreachable(error.to_string()))?;
    let session = Arc::new(session);
    schema::prepare(&session, options).await?;
    Ok(session)
}

/// Signs in as a user of the database, of its namespace or of the whole server: the first that lets us.
async fn authenticate(session: &Session, options: &Options) -> Result<(), OpenError> {
    let (namespace, database) = (options.namespace.clone(), options.database.clone());
    let username = options.username.clone();
    let password = || options.password.expose().to_owned();
    let of_database = auth::Database {
        namespace: namespace.clone(),
        database,
        username: username.clone(),
        password: password(),
    };
    if session.signin(of_database).await.is_ok() {
        return Ok(());
    }
    let of_namespace =
        auth::Namespace { namespace, username: username.clone(), password: password() };
    if session.signin(of_namespace).await.is_err() {
        let root = auth::Root { username, password: password() };
        session.signin(root).await.map_err(|error| {
            if error.is_connection() {
                OpenError::Unreachable(error.to_string())
            } else {
                OpenError::SignIn
            }
        })?;
    }
    let place = statements::place(&options.namespace, &options.database);
    match answer(session, place, Variables::default()).await {
        Ok(_) => Ok(()),
        // Another node makes the same at this moment, or the connection is gone: it is tried again.
        Err(fault @ (Fault::Conflict | Fault::Lost(_))) => {
            Err(OpenError::Unreachable(format!("{fault:?}")))
        }
        Err(fault) => Err(OpenError::Tables(format!("{fault:?}"))),
    }
}

/// A TLS client that trusts the certification authorities in `file` and no others.
fn trusting(file: &std::path::Path) -> Result<ClientConfig, OpenError> {
    let bad = |reason: String| OpenError::Ca { file: file.to_owned(), reason };
    let pem = fs::read(file).map_err(|error| bad(error.to_string()))?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| bad(error.to_string()))?;
        roots.add(certificate).map_err(|error| bad(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(bad("it holds no certificate".into()));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| bad(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}
