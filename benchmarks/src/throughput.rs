//! How many a second, beside the floor of the same round: short rounds, and of each figure the median.

use std::{net::SocketAddr, time::Duration};

use crate::{
    Failure,
    bearers::{ActForItself, Introspect, IntrospectNew, Userinfo},
    cores::Cores,
    database::Database,
    floors::{self, Signed, Signers},
    load::{Round, Work, Worker, round, workers},
    operations::{Authorize, Begin, Begun, Exchange, Given, Login, Pool, Refresh},
    seed::{RelyingParty, Seed},
    server::{Installation, Server},
    table::{Aim, Figure, Row, median},
    told,
};

/// For how long a floor is measured before each round.
const FLOOR_TIME: Duration = Duration::from_millis(500);

/// How hard, and how often.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Effort {
    /// Rounds that count; one more before them does not.
    pub(crate) rounds: usize,
    /// The length of a round.
    pub(crate) time: Duration,
    /// Connections, each with one request under way.
    pub(crate) connections: usize,
}

/// What stays the same whichever server runs.
pub(crate) struct Setting {
    /// What is installed.
    pub(crate) installation: Installation,
    /// Who is in its store.
    pub(crate) seed: Seed,
    /// What floors are measured with.
    pub(crate) signers: Signers,
    /// Which core does what.
    pub(crate) cores: Cores,
    /// How hard, and how often.
    pub(crate) effort: Effort,
}

impl Setting {
    /// Load for `server`.
    pub(crate) fn on<'a>(&'a self, server: &'a Server) -> Bench<'a> {
        self.on_all(std::slice::from_ref(server), self.effort)
    }

    /// Load for several nodes, each connection to one of them.
    pub(crate) fn on_all<'a>(&'a self, servers: &'a [Server], effort: Effort) -> Bench<'a> {
        let addresses = servers.iter().map(|server| server.address).collect();
        Bench { setting: self, servers, addresses, effort }
    }
}

/// A server, and what loads it.
pub(crate) struct Bench<'a> {
    setting: &'a Setting,
    servers: &'a [Server],
    addresses: Vec<SocketAddr>,
    pub(crate) effort: Effort,
}

impl std::ops::Deref for Bench<'_> {
    type Target = Setting;

    fn deref(&self) -> &Setting {
        self.setting
    }
}

/// One round, and its floor.
#[derive(Debug, Clone)]
pub(crate) struct Sample {
    round: Round,
    /// Of the server, in seconds.
    processor: f64,
    /// Of the database, in seconds.
    database: Option<f64>,
    floor: Option<f64>,
}

impl Sample {
    fn with_floor(self, floor: f64) -> Self {
        Self { floor: Some(floor), ..self }
    }
}

impl Bench<'_> {
    /// `GET /oauth2/authorize` with a session, and the codes of it redeemed: `POST /oauth2/token`.
    pub(crate) async fn codes(&self) -> Result<Vec<Row>, Failure> {
        let (client, pool) = (&self.seed.rs256, Pool::default());
        let mut authorize = self.authorizing(client, &self.seed.cookies, (&pool, None));
        let mut exchange = self.exchanging(client, (&pool, &Pool::default()));
        let (mut authorized, mut exchanged) = (Vec::new(), Vec::new());
        for _ in 0..=self.effort.rounds {
            let sample;
            (sample, authorize) = self.round(authorize).await?;
            authorized.push(sample);
            let floor = self.floor(Signed::TwoRs256)?;
            let sample;
            (sample, exchange) = self.round(exchange).await?;
            exchanged.push(sample.with_floor(floor));
        }
        Ok(vec![
            row("code exchange, RS256 + RS256", &exchanged, Some(Aim::OfFloor(0.75))),
            row("authorize with a session", &authorized, None),
        ])
    }

    /// The same, the ID token signed with ES256.
    pub(crate) async fn codes_es256(&self) -> Result<Row, Failure> {
        let (client, pool) = (&self.seed.es256, Pool::default());
        let mut authorize = self.authorizing(client, &self.seed.cookies, (&pool, None));
        let mut exchange = self.exchanging(client, (&pool, &Pool::default()));
        let mut exchanged = Vec::new();
        for _ in 0..=self.effort.rounds {
            (_, authorize) = self.round(authorize).await?;
            let floor = self.floor(Signed::Rs256AndEs256)?;
            let sample;
            (sample, exchange) = self.round(exchange).await?;
            exchanged.push(sample.with_floor(floor));
        }
        Ok(row("code exchange, RS256 + ES256", &exchanged, Some(Aim::OfFloor(0.75))))
    }

    /// `POST /oauth2/token` with a refresh token, each connection its own chain.
    pub(crate) async fn refresh(
        &self,
        (name, client): (&str, &RelyingParty),
        signed: Signed,
    ) -> Result<Row, Failure> {
        let given = self.given(client).await?;
        let works = std::iter::from_fn(|| {
            let refresh_token = given.take()?.refresh_token;
            Some(Refresh { client: client.clone(), refresh_token, left: None })
        });
        let mut workers = workers(&self.addresses, works);
        let mut samples = Vec::new();
        for _ in 0..=self.effort.rounds {
            let floor = self.floor(signed)?;
            let sample;
            (sample, workers) = self.round(workers).await?;
            samples.push(sample.with_floor(floor));
        }
        Ok(row(name, &samples, Some(Aim::OfFloor(0.75))))
    }

    /// `POST /oauth2/token` with `client_credentials`, by each of the algorithms.
    pub(crate) async fn client_credentials(&self) -> Result<Vec<Row>, Failure> {
        let [rs256, es256, eddsa] = &self.seed.machines;
        let rows = [
            ("client_credentials, RS256", rs256, Signed::Rs256, Aim::OfFloor(0.85)),
            ("client_credentials, ES256", es256, Signed::Es256, Aim::AtLeast(18_000.0)),
            ("client_credentials, EdDSA", eddsa, Signed::EdDsa, Aim::AtLeast(18_000.0)),
        ];
        let mut measured = Vec::new();
        for (name, client, signed, aim) in rows {
            let work = || ActForItself { client: client.clone(), left: None, given: None };
            let works = (0..self.effort.connections).map(|_| work());
            let mut workers = workers(&self.addresses, works);
            let mut samples = Vec::new();
            for _ in 0..=self.effort.rounds {
                let floor = self.floor(signed)?;
                let sample;
                (sample, workers) = self.round(workers).await?;
                samples.push(sample.with_floor(floor));
            }
            measured.push(row(name, &samples, Some(aim)));
        }
        Ok(measured)
    }

    /// `GET /oauth2/userinfo`, each connection with a token of its own.
    pub(crate) async fn userinfo(&self) -> Result<Row, Failure> {
        let given = self.given(&self.seed.rs256).await?;
        let works = std::iter::from_fn(|| {
            Some(Userinfo { access_token: given.take()?.access_token, left: None })
        });
        self.repeated("userinfo", works, None).await
    }

    /// `POST /oauth2/introspect`, each connection with an access token of its own.
    pub(crate) async fn introspection(&self, name: &str) -> Result<Row, Failure> {
        let client = &self.seed.rs256;
        let given = self.given(client).await?;
        let works = std::iter::from_fn(|| {
            let access_token = given.take()?.access_token;
            Some(Introspect { client: client.clone(), access_token, left: None })
        });
        let aim = Aim::Prompt(15_000.0, Duration::from_millis(2));
        self.repeated(name, works, Some(aim)).await
    }

    /// The same, each access token for the first time.
    pub(crate) async fn introspection_of_new(&self) -> Result<Row, Failure> {
        let [client, ..] = &self.seed.machines;
        let (pool, connections) = (Pool::default(), self.effort.connections);
        let act = || ActForItself { client: client.clone(), left: None, given: Some(pool.clone()) };
        let ask = || IntrospectNew { client: client.clone(), access_tokens: pool.clone() };
        let mut acting = workers(&self.addresses, (0..connections).map(|_| act()));
        let mut asking = workers(&self.addresses, (0..connections).map(|_| ask()));
        let mut samples = Vec::new();
        for _ in 0..=self.effort.rounds {
            (_, acting) = self.round(acting).await?;
            let sample;
            (sample, asking) = self.round(asking).await?;
            samples.push(sample);
        }
        Ok(row("introspection, each token once", &samples, None))
    }

    async fn repeated<W: Work>(
        &self,
        name: &str,
        works: impl IntoIterator<Item = W>,
        aim: Option<Aim>,
    ) -> Result<Row, Failure> {
        let mut workers = workers(&self.addresses, works);
        let mut samples = Vec::new();
        for _ in 0..=self.effort.rounds {
            let sample;
            (sample, workers) = self.round(workers).await?;
            samples.push(sample);
        }
        Ok(row(name, &samples, aim))
    }

    /// `POST /login` with the right password.
    pub(crate) async fn login(&self) -> Result<Row, Failure> {
        let begun = Pool::default();
        let many = self.effort.connections;
        let mut workers = self.logging_in(&begun);
        let mut samples = Vec::new();
        for _ in 0..=self.effort.rounds {
            let floor = self.cores.on_server(|| floors::hashes(FLOOR_TIME))?;
            // More than can be proven in a round: what was measured must not have waited for work.
            let count = (floor * self.effort.time.as_secs_f64() * 1.2) as usize + 2 * many;
            self.begin(count, &begun).await?;
            let sample;
            (sample, workers) = self.round(workers).await?;
            samples.push(sample.with_floor(floor));
        }
        Ok(row("password login (POST /login)", &samples, Some(Aim::OfFloor(0.95))))
    }

    /// Asks for `count` codes, one session after the other; nobody measures it.
    pub(crate) async fn mint(
        &self,
        client: &RelyingParty,
        cookies: &[String],
        count: usize,
    ) -> Result<Pool<String>, Failure> {
        let (codes, left) = (Pool::default(), Pool::of(count));
        let workers = self.authorizing(client, cookies, (&codes, Some(left)));
        round(workers, Duration::from_secs(600)).await?;
        Ok(codes)
    }

    /// Workers that ask for codes, each with sessions of its own.
    pub(crate) fn authorizing(
        &self,
        client: &RelyingParty,
        cookies: &[String],
        (codes, left): (&Pool<String>, Option<Pool<()>>),
    ) -> Vec<Worker<Authorize>> {
        let share = cookies.len().div_ceil(self.effort.connections).max(1);
        let works = cookies.chunks(share).map(|cookies| Authorize {
            client: client.clone(),
            cookies: Vec::from(cookies).into_iter().cycle(),
            codes: codes.clone(),
            left: left.clone(),
        });
        workers(&self.addresses, works)
    }

    pub(crate) fn exchanging(
        &self,
        client: &RelyingParty,
        (codes, given): (&Pool<String>, &Pool<Given>),
    ) -> Vec<Worker<Exchange>> {
        let work =
            || Exchange { client: client.clone(), codes: codes.clone(), given: given.clone() };
        workers(&self.addresses, (0..self.effort.connections).map(|_| work()))
    }

    /// The tokens of so many grants as there are connections.
    pub(crate) async fn given(&self, client: &RelyingParty) -> Result<Pool<Given>, Failure> {
        let codes = self.mint(client, &self.seed.cookies, self.effort.connections).await?;
        let given = Pool::default();
        let workers = self.exchanging(client, (&codes, &given));
        round(workers, Duration::from_secs(600)).await?;
        Ok(given)
    }

    /// Workers that prove who they are, in the sign-ins that have begun.
    pub(crate) fn logging_in(&self, begun: &Pool<Begun>) -> Vec<Worker<Login>> {
        let many = self.effort.connections;
        let works = (0..many).map(|index| {
            let mut usernames = self.seed.usernames.clone();
            let first = index * usernames.len() / many;
            usernames.rotate_left(first);
            Login { begun: begun.clone(), usernames: usernames.into_iter().cycle() }
        });
        workers(&self.addresses, works)
    }

    /// Sign-ins up to the page that asks for a password.
    pub(crate) async fn begin(&self, count: usize, begun: &Pool<Begun>) -> Result<(), Failure> {
        let left = Pool::of(count);
        let work = || Begin {
            client: self.seed.rs256.clone(),
            left: left.clone(),
            begun: begun.clone(),
            page: None,
        };
        let workers = workers(&self.addresses, (0..self.effort.connections).map(|_| work()));
        round(workers, Duration::from_secs(600)).await.map(drop)
    }

    /// Where the first server listens.
    pub(crate) fn address(&self) -> Result<SocketAddr, Failure> {
        Ok(*self.addresses.first().ok_or("no server")?)
    }

    fn floor(&self, signed: Signed) -> Result<f64, Failure> {
        self.cores.on_server(|| self.signers.rate(signed, FLOOR_TIME))
    }

    /// One round, once what came before is done.
    async fn round<W: Work>(
        &self,
        workers: Vec<Worker<W>>,
    ) -> Result<(Sample, Vec<Worker<W>>), Failure> {
        for server in self.servers {
            server.settle().await?;
        }
        let (before, database_before) = (self.processor_seconds()?, self.database_seconds()?);
        let (round, workers) = round(workers, self.effort.time).await?;
        let processor = self.processor_seconds()? - before;
        let database = self.database_seconds()?.zip(database_before);
        let database = database.map(|(after, before)| after - before);
        let each = processor * 1e6 / round.count() as f64;
        told(format_args!("  {:.0} a second, {each:.0} µs of the core each", round.rate()));
        Ok((Sample { round, processor, database, floor: None }, workers))
    }

    /// Of all nodes.
    fn processor_seconds(&self) -> Result<f64, Failure> {
        self.servers.iter().map(Server::processor_seconds).sum()
    }

    fn database_seconds(&self) -> Result<Option<f64>, Failure> {
        self.installation.database.as_ref().map(Database::processor_seconds).transpose()
    }
}

/// The medians of all samples but the first, which warmed up.
fn row(operation: &str, samples: &[Sample], aim: Option<Aim>) -> Row {
    let counted = samples.get(1..).unwrap_or_default();
    let of = |figure: &dyn Fn(&Sample) -> Option<f64>| {
        let figures: Vec<f64> = counted.iter().filter_map(figure).collect();
        (!figures.is_empty()).then(|| median(figures))
    };
    let quantile = |part: f64| {
        of(&|sample| Some(sample.round.quantile(part).as_secs_f64())).map(Duration::from_secs_f64)
    };
    Row {
        operation: operation.to_owned(),
        measured: of(&|sample| Some(sample.round.rate())).map(Figure::PerSecond),
        p50: quantile(0.5),
        p99: quantile(0.99),
        busy: of(&|sample| Some(sample.processor / sample.round.time().as_secs_f64())),
        processor: of(&|sample| Some(sample.processor / sample.round.count() as f64))
            .map(Duration::from_secs_f64),
        database: of(&|sample| Some(sample.database? / sample.round.count() as f64))
            .map(Duration::from_secs_f64),
        floor: of(&|sample| sample.floor),
        ratio: of(&|sample| Some(sample.round.rate() / sample.floor?)),
        aim,
    }
}
