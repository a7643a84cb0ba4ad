//! What an operation asks of the database: round trips and bytes, counted, not computed.
//!
//! A node of its own reaches the database through a relay that counts bytes. One connection asks one request after the
//! other, a known number of them, and what they leave behind (sealing their events into the audit chain) is waited for.
//! From the difference of the node's own counters goes what the same node asks in the same time when nobody asks it, as
//! measured just before. Its readings of the change log are counted by themselves: they follow the clock and hints, not
//! requests. Hints are off, so that there are as many in every second, and answers with entries are told apart by the name of their table.

use std::time::Duration;

use hyper::{Request, StatusCode};
use tokio::time::{Instant, sleep};

use crate::{
    Failure,
    bearers::{Introspect, SignOut, SignedIn, Userinfo},
    client::Connection,
    load::{Work, round, workers},
    operations::{Given, Pool, Refresh},
    relay::{Bytes, Relay},
    server::Server,
    table,
    throughput::{Bench, Effort, Setting},
    told,
};

/// Requests of each kind.
const REQUESTS: usize = 100;

/// For how long nothing is asked before each operation, to see what is done then: not always the same, as the janitor
/// sweeps on the node that has its lease, and each table that was written.
const IDLE: Duration = Duration::from_secs(3);

/// What a request leaves behind is done by then: the audit chain is looked after once a second.
const LEFT_BEHIND: Duration = Duration::from_secs(3);

/// The shortest deadline, and so the shortest part of the change log that is read again; and no hints.
const LINES: &str = "live = false\ndeadline = \"1s\"\n";

/// A line of the table.
struct Line {
    operation: String,
    requests: String,
    counted: Counted,
    /// What was done just before, while nobody asked.
    idle: Counted,
}

/// What was counted between two instants.
#[derive(Debug, Clone, Copy, Default)]
struct Counted {
    seconds: f64,
    round_trips: f64,
    polls: f64,
    commits: f64,
    bytes: Bytes,
}

impl Counted {
    fn and(self, other: Self) -> Self {
        Self {
            seconds: self.seconds + other.seconds,
            round_trips: self.round_trips + other.round_trips,
            polls: self.polls + other.polls,
            commits: self.commits + other.commits,
            bytes: self.bytes.and(other.bytes),
        }
    }

    fn since(self, before: Self) -> Self {
        Self {
            seconds: self.seconds - before.seconds,
            round_trips: self.round_trips - before.round_trips,
            polls: self.polls - before.polls,
            commits: self.commits - before.commits,
            bytes: self.bytes.since(before.bytes),
        }
    }

    /// Without what is done in the same time anyway, each of `count`.
    fn beyond(self, idle: Self, count: f64) -> Self {
        let each = |busy: f64, idle_in_all: f64| {
            ((busy - idle_in_all / idle.seconds * self.seconds) / count).max(0.0)
        };
        Self {
            seconds: self.seconds / count,
            round_trips: each(self.round_trips - self.polls, idle.round_trips - idle.polls),
            polls: self.polls / count,
            commits: each(self.commits, idle.commits),
            bytes: Bytes {
                asked: each(self.bytes.asked, idle.bytes.asked),
                answered: each(self.answered(), idle.answered()),
                log: 0.0,
                entries: 0.0,
            },
        }
    }

    /// Of what the database answered, what was not the change log.
    fn answered(&self) -> f64 {
        self.bytes.answered - self.bytes.log
    }
}

/// A node whose questions are counted.
struct Counting<'a> {
    bench: Bench<'a>,
    server: &'a Server,
    relay: &'a Relay,
    began_at: Instant,
}

/// The table of round trips and bytes, for an installation on a database.
pub(crate) async fn measure(setting: &Setting) -> Result<String, Failure> {
    let database = setting.installation.database.as_ref().ok_or("there is no database")?;
    let relay = Relay::start(database.address).await?;
    let node = setting.installation.another_node("counted", (relay.address, LINES))?;
    let server = setting.installation.serve_on(&node).await?;
    let effort = Effort { rounds: 1, connections: 1, ..setting.effort };
    let bench = setting.on_all(std::slice::from_ref(&server), effort);
    let began_at = Instant::now();
    let counting = Counting { bench, server: &server, relay: &relay, began_at };
    // What the start, and the first request of each kind, ask once is not of any operation.
    counting.bench.given(&setting.seed.rs256).await?;
    sleep(LEFT_BEHIND).await;
    let lines = counting.operations().await?;
    let text = render(&counting, &lines);
    server.stop()?;
    Ok(text)
}

impl Counting<'_> {
    async fn operations(&self) -> Result<Vec<Line>, Failure> {
        let (seed, client) = (&self.bench.seed, &self.bench.seed.rs256);
        let (begun, given) = (Pool::default(), Pool::default());
        let minted = self.bench.mint(client, &seed.cookies, REQUESTS);
        let (line, codes) = self.around("authorize with a session", minted).await?;
        let mut lines = vec![line];
        let workers = self.bench.exchanging(client, (&codes, &given));
        lines.push(self.around("code exchange", round(workers, FOR_EVER)).await?.0);
        let Given { access_token, refresh_token, .. } = given.take().ok_or("nothing was given")?;
        let left = || Some(Pool::of(REQUESTS));
        let refresh = Refresh { client: client.clone(), refresh_token, left: left() };
        lines.push(self.asked("refresh", refresh).await?);
        lines.push(
            self.around("sign-in: authorize and GET /login", self.bench.begin(REQUESTS, &begun))
                .await?
                .0,
        );
        let login = self.bench.logging_in(&begun);
        lines.push(self.around("sign-in: POST /login", round(login, FOR_EVER)).await?.0);
        let userinfo = Userinfo { access_token: access_token.clone(), left: left() };
        lines.push(self.asked("userinfo", userinfo).await?);
        let introspect = Introspect { client: client.clone(), access_token, left: left() };
        lines.push(self.asked("introspection of an access token", introspect).await?);
        let signed_in = self.signed_in().await?;
        lines.push(self.asked("logout with id_token_hint", SignOut { signed_in }).await?);
        Ok(lines)
    }

    async fn asked<W: Work>(&self, operation: &str, work: W) -> Result<Line, Failure> {
        let workers = workers(&[self.server.address], [work]);
        Ok(self.around(operation, round(workers, FOR_EVER)).await?.0)
    }

    /// Counts while [`REQUESTS`] requests are asked, and until nothing of them is left to do.
    async fn around<T>(
        &self,
        operation: &str,
        requests: impl Future<Output = Result<T, Failure>>,
    ) -> Result<(Line, T), Failure> {
        told(format_args!("  counting: {operation}"));
        let idle_before = self.now().await?;
        sleep(IDLE).await;
        let before = self.now().await?;
        let idle = before.since(idle_before);
        let done = requests.await?;
        let asked = self.now().await?.since(before);
        let each = (asked.round_trips - asked.polls) / REQUESTS as f64;
        told(format_args!("    {each:.2} round trips until the last answer, background included"));
        sleep(LEFT_BEHIND).await;
        let counted = self.now().await?.since(before);
        let line = Line {
            operation: operation.to_owned(),
            requests: REQUESTS.to_string(),
            counted: counted.beyond(idle, REQUESTS as f64),
            idle,
        };
        Ok((line, done))
    }

    /// Browsers of which nobody is asked again, and what their client was given.
    async fn signed_in(&self) -> Result<Pool<SignedIn>, Failure> {
        let (seed, client) = (&self.bench.seed, &self.bench.seed.rs256);
        let signed_in = Pool::default();
        for cookie in seed.cookies.iter().rev().take(REQUESTS) {
            let codes = self.bench.mint(client, std::slice::from_ref(cookie), 1).await?;
            let given = Pool::default();
            round(self.bench.exchanging(client, (&codes, &given)), FOR_EVER).await?;
            let Given { id_token, .. } = given.take().ok_or("nothing was given")?;
            signed_in.put(SignedIn { cookie: cookie.clone(), id_token });
        }
        sleep(LEFT_BEHIND).await;
        Ok(signed_in)
    }

    /// What the node and the relay have counted until now.
    async fn now(&self) -> Result<Counted, Failure> {
        let mut management =
            Connection::open([127, 0, 0, 1].into(), self.server.management).await?;
        let asked = Request::get("/metrics").body(String::new())?;
        let page = management.send(asked).await?.expect(StatusCode::OK)?.body;
        let page = String::from_utf8_lossy(&page);
        Ok(Counted {
            seconds: self.began_at.elapsed().as_secs_f64(),
            round_trips: counter(&page, "doorward_storage_round_trips_total"),
            polls: counter(&page, "doorward_feed_polls_total"),
            commits: counter(&page, "doorward_storage_commit_seconds_count"),
            bytes: self.relay.bytes(),
        })
    }
}

/// For requests that end by themselves.
const FOR_EVER: Duration = Duration::from_secs(600);

/// The sum of a metric over its labels; nothing was counted yet where it is not there.
fn counter(page: &str, name: &str) -> f64 {
    let values = page.lines().filter_map(|line| {
        let rest = line.strip_prefix(name)?;
        let is_it = rest.starts_with([' ', '{']);
        is_it.then(|| rest.rsplit(' ').next()?.parse::<f64>().ok()).flatten()
    });
    values.sum()
}

fn render(counting: &Counting<'_>, lines: &[Line]) -> String {
    let all = counting.relay.bytes();
    let idle = lines.iter().fold(Counted::default(), |sum, line| sum.and(line.idle));
    let cells = |line: &Line| {
        let Counted { round_trips, commits, bytes, .. } = line.counted;
        [
            line.operation.clone(),
            line.requests.clone(),
            format!("{round_trips:.1}"),
            format!("{commits:.1}"),
            format!("{:.0}", bytes.asked),
            format!("{:.0}", bytes.answered),
        ]
    };
    let second = |counted: f64| format!("{:.1}", counted / idle.seconds);
    let rest = [
        "a node that nobody asks, each second".to_owned(),
        "—".to_owned(),
        second(idle.round_trips),
        second(idle.commits),
        format!("{:.0}", idle.bytes.asked / idle.seconds),
        format!("{:.0}", idle.answered() / idle.seconds),
    ];
    let head = [
        "each request on SurrealDB",
        "counted",
        "round trips",
        "of them commits",
        "bytes to the database",
        "bytes from it",
    ];
    let text = table::markdown(head, lines.iter().map(cells).chain([rest]));
    format!(
        "{text}\nOne entry of the change log, read once by one node: {:.0} bytes, over all that was read. Readings of the log \
         ({} a second with no hints) are in the last line alone, and its entries in none.\n",
        all.log / all.entries,
        second(idle.polls)
    )
}
