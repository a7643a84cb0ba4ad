//! A provider that is heard: its listeners, its control socket, its signals, and how it comes to its end.

use std::{
    future::Future,
    io,
    path::PathBuf,
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use actors::TreeFailed;
use config::Config;
use futures_util::FutureExt;
use openapi::{
    listener::{self, Drained, Listener, Live, SharedEndpoint, TlsFault, TlsFiles, TlsPaths},
    management::{self, Management},
};
use protocol::event::{Act, Actor, Event, Personal};
use storage::CommitError;
use tokio::{
    net::TcpListener,
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::{JoinError, JoinSet},
    time::Instant,
};

use super::{
    Health, Machine, OsRandomness, Running, Sockets, Source, policies, reload::Reloadable,
};
use crate::{
    commands::{Site, execute},
    control::ControlSocket,
    telemetry::Numbers,
};

/// How long the last steps of requests are told, however long the drain took.
const FLUSH_MIN: Duration = Duration::from_secs(1);

/// How often the recorder puts its numbers in order.
const UPKEEP: Duration = Duration::from_secs(5);

/// Everything that a provider is served with.
pub struct Serving {
    /// What there is one of in the process.
    pub machine: Machine,
    /// Where the configuration comes from again.
    pub source: Source,
    /// How this process runs.
    pub config: Config,
    /// The data directory.
    pub directory: PathBuf,
    /// The provider.
    pub running: Running,
    /// Where it is heard.
    pub sockets: Sockets,
    /// What answers.
    pub endpoint: SharedEndpoint,
    /// Where commands are heard.
    pub control: ControlSocket,
}

/// Why a provider is not served, or no more.
#[derive(Debug, thiserror::Error)]
pub enum NotServed {
    /// Nobody has said under which name.
    #[error("issuer.url is not set")]
    NoIssuer,
    /// Its certificate cannot be used.
    #[error("listen.tls_certificate_file, listen.tls_key_file: {}", with_causes(.0))]
    Certificate(#[from] TlsFault),
    /// The system lets nobody hear its signals.
    #[error("signals cannot be received: {0}")]
    Signals(#[source] io::Error),
    /// The start could not be told to the audit log.
    #[error("the start cannot be recorded: {0}")]
    NotRecorded(#[from] CommitError),
    /// The actors died again and again.
    #[error("{0}; this process ends so that it can be started afresh")]
    Tree(#[from] TreeFailed),
    /// A part that runs for ever has ended.
    #[error("{0} has ended by itself")]
    Part(&'static str),
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

impl Serving {
    /// Serves until SIGTERM or SIGINT, then lets requests under way finish, stops the actors, the last first, and closes
    /// the store. `is_heard` is told once requests are answered.
    ///
    /// # Errors
    /// [`NotServed`].
    pub async fn run(self, is_heard: impl FnOnce()) -> Result<(), NotServed> {
        let Self { machine, source, config, directory, running, sockets, endpoint, control } = self;
        let mut signals = Signals::new()?;
        let tls = tls(&config).await?;
        record_start(&running).await?;

        let is_stopping = Arc::new(AtomicBool::new(false));
        let health = Health {
            store: running.store.clone(),
            realm: running.realm.clone(),
            keys: running.flows.keys.clone(),
            tree: Arc::clone(&running.tree),
            directory: Some(directory),
            is_stopping: Arc::clone(&is_stopping),
        };
        let (public_at, management_at) = (sockets.public_at(), sockets.management.local_addr());
        let mut parts = Parts::new();
        let listeners = sockets
            .public
            .into_iter()
            .map(|socket| Listener { socket, tls: tls.clone() })
            .collect();
        let public = parts.serve_public((listeners, endpoint), &config);
        parts.serve_management(sockets.management, &machine.numbers, &health);
        parts.serve_control(control, Site::of(&running, Some(health)));
        parts.keep_numbers(machine.numbers);
        tracing::info!(public = ?public_at, management = ?management_at.ok(), "requests are answered");
        is_heard();

        let (drain, flush) = (config.listen.drain.get(), config.traces.timeout.get());
        let (started, last) = (config.clone(), config);
        let (log, outgoing) = (machine.log, running.flows.outgoing.clone());
        let mut reloadable = Reloadable { log, tls, public, outgoing, started, running: last };
        let why = loop {
            tokio::select! {
                signal = signals.next() => match signal {
                    Asked::Reload => reloadable.reload(&source).await,
                    Asked::Stop => break Ok(()),
                },
                failed = running.tree.failed() => break Err(failed.into()),
                part = parts.ended() => break Err(NotServed::Part(part)),
            }
        };
        is_stopping.store(true, std::sync::atomic::Ordering::Relaxed);
        let drained_by = Instant::now() + drain;
        parts.drain(&mut signals).await;
        running.tree.stop().await;
        parts.stop().await;
        // Nothing else runs any more, so it may block; and it takes of the drain what that has left.
        let left = drained_by.saturating_duration_since(Instant::now());
        machine.traces.flush(left.clamp(FLUSH_MIN, flush));
        why
    }
}

async fn tls(config: &Config) -> Result<Option<Arc<TlsFiles>>, TlsFault> {
    let Some((certificate, key)) = config.listen.tls() else { return Ok(None) };
    let paths =
        TlsPaths { certificate_file: certificate.get().to_owned(), key_file: key.get().to_owned() };
    TlsFiles::open(paths).await.map(Some)
}

async fn record_start(running: &Running) -> Result<(), CommitError> {
    let mut batch = running.store.batch();
    let event = Event {
        actor: Actor::Node,
        act: Act::NodeStarted,
        account_id: None,
        client_id: None,
        request_id: None,
        personal: Personal::default(),
    };
    running.flows.events.record(&running.realm, &mut batch, event).await?;
    running.store.commit(batch).await.map(drop)
}

/// What runs beside the actors. Each ends when it is told, or is dropped.
struct Parts {
    public: JoinSet<Drained>,
    others: JoinSet<&'static str>,
    stop_public: watch::Sender<bool>,
    stop_management: watch::Sender<bool>,
}

impl Parts {
    fn new() -> Self {
        Self {
            public: JoinSet::new(),
            others: JoinSet::new(),
            stop_public: watch::Sender::new(false),
            stop_management: watch::Sender::new(false),
        }
    }

    fn serve_public(
        &mut self,
        (listeners, endpoint): (Vec<Listener>, SharedEndpoint),
        config: &Config,
    ) -> Arc<Live> {
        let border = policies::public_border(config);
        let (live, stopped) = (Live::new(&border), told(&self.stop_public));
        let border = (border, Arc::clone(&live));
        self.public.spawn(listener::serve_live(
            listeners,
            endpoint,
            border,
            &OsRandomness,
            stopped,
        ));
        live
    }

    fn serve_management(&mut self, socket: TcpListener, numbers: &Numbers, health: &Health) {
        let (numbers, health) = (numbers.clone(), health.clone());
        let endpoint = management::endpoint(Management {
            metrics: Box::new(move || numbers.render()),
            readiness: Box::new(move || {
                let health = health.clone();
                async move { health.parts().await }.boxed()
            }),
        });
        let (border, stopped) = (policies::management_border(), told(&self.stop_management));
        let listeners = vec![Listener { socket, tls: None }];
        let serving = listener::serve(listeners, endpoint, border, &OsRandomness, stopped);
        self.others.spawn(async move {
            serving.await;
            "the management listener"
        });
    }

    fn serve_control(&mut self, control: ControlSocket, site: Site) {
        let site = Arc::new(site);
        self.others.spawn(async move {
            let answer = move |command| {
                let site = Arc::clone(&site);
                async move { execute(&site, command).await }
            };
            control.serve(answer).await;
            "the control socket"
        });
    }

    fn keep_numbers(&mut self, numbers: Numbers) {
        self.others.spawn(async move {
            let mut ticks = tokio::time::interval(UPKEEP);
            loop {
                ticks.tick().await;
                numbers.run_upkeep();
            }
        });
    }

    /// Waits until something ends that should not; says what.
    async fn ended(&mut self) -> &'static str {
        let name = |ended: Result<&'static str, JoinError>| ended.unwrap_or("a part");
        tokio::select! {
            Some(_) = self.public.join_next() => "the public listener",
            Some(ended) = self.others.join_next() => name(ended),
        }
    }

    /// Stops accepting and lets requests under way finish; a second signal cuts them.
    async fn drain(&mut self, signals: &mut Signals) {
        tracing::info!("stopping: requests under way may finish");
        self.stop_public.send_replace(true);
        let finished = async { while self.public.join_next().await.is_some() {} };
        let cut = async { while signals.next().await != Asked::Stop {} };
        tokio::select! {
            () = finished => {}
            () = cut => tracing::warn!("told to stop again: requests under way are cut"),
        }
    }

    async fn stop(mut self) {
        self.stop_management.send_replace(true);
        self.public.shutdown().await;
        self.others.shutdown().await;
    }
}

fn told(stop: &watch::Sender<bool>) -> impl Future<Output = ()> + Send + 'static {
    let mut stopped = stop.subscribe();
    async move {
        // The sender is gone: there is nothing left to serve for.
        let _ = stopped.wait_for(|is_stopped| *is_stopped).await;
    }
}

/// What a signal asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Asked {
    Stop,
    Reload,
}

struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hang_up: Signal,
}

impl Signals {
    fn new() -> Result<Self, NotServed> {
        let hear = |kind| signal(kind).map_err(NotServed::Signals);
        Ok(Self {
            terminate: hear(SignalKind::terminate())?,
            interrupt: hear(SignalKind::interrupt())?,
            hang_up: hear(SignalKind::hangup())?,
        })
    }

    async fn next(&mut self) -> Asked {
        tokio::select! {
            _ = self.terminate.recv() => Asked::Stop,
            _ = self.interrupt.recv() => Asked::Stop,
            _ = self.hang_up.recv() => Asked::Reload,
        }
    }
}
