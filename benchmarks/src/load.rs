//! Rounds of load: so many connections, each with one request under way at a time.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    time::Duration,
};

use hyper::Request;
use tokio::{task::JoinSet, time::Instant};

use crate::{
    Failure,
    client::{Answer, Connection},
};

/// What one connection asks, again and again.
pub(crate) trait Work: Send + 'static {
    /// The next request; nothing when there is no more to ask.
    fn next(&mut self) -> Result<Option<Request<String>>, Failure>;

    /// Takes the answer. Whatever is not what a client hopes for is an error, and ends the run: what is measured works.
    fn answered(&mut self, answer: Answer) -> Result<(), Failure>;
}

/// What one connection asks, and from where to where. It is connected for a round: the server closes idle connections.
pub(crate) struct Worker<W> {
    from: IpAddr,
    to: SocketAddr,
    pub(crate) work: W,
}

/// One worker for each piece of work, each with an address of its own, spread over the nodes that listen at `to`.
pub(crate) fn workers<W: Work>(
    to: &[SocketAddr],
    works: impl IntoIterator<Item = W>,
) -> Vec<Worker<W>> {
    let from = |host| IpAddr::V4(Ipv4Addr::new(127, 0, 1, host));
    let hosts = (1_u8..=254).zip(to.iter().cycle());
    let workers = hosts.zip(works);
    workers.map(|((host, to), work)| Worker { from: from(host), to: *to, work }).collect()
}

/// What came of a round.
#[derive(Debug, Clone)]
pub(crate) struct Round {
    time: Duration,
    /// Of each request, ascending.
    latencies: Vec<Duration>,
}

impl Round {
    /// Of the latencies of so long a time.
    pub(crate) fn new(time: Duration, mut latencies: Vec<Duration>) -> Self {
        latencies.sort_unstable();
        Self { time, latencies }
    }

    /// From the first request to the last answer.
    pub(crate) fn time(&self) -> Duration {
        self.time
    }

    /// Answers.
    pub(crate) fn count(&self) -> usize {
        self.latencies.len()
    }

    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.latencies.len() as f64 / self.time.as_secs_f64()
    }

    /// The latency under which this part of the requests stayed.
    pub(crate) fn quantile(&self, part: f64) -> Duration {
        let place = (self.latencies.len() as f64 * part) as usize;
        self.latencies.get(place).or(self.latencies.last()).copied().unwrap_or_default()
    }
}

/// Connects every worker, and lets it ask until `time` has passed or nothing is left to ask.
pub(crate) async fn round<W: Work>(
    workers: Vec<Worker<W>>,
    time: Duration,
) -> Result<(Round, Vec<Worker<W>>), Failure> {
    let mut connected = Vec::new();
    for worker in workers {
        connected.push((Connection::open(worker.from, worker.to).await?, worker));
    }
    let began_at = Instant::now();
    let until = began_at + time;
    let mut running = JoinSet::new();
    for (connection, worker) in connected {
        running.spawn(ask(connection, worker, until));
    }
    let (mut workers, mut latencies) = (Vec::new(), Vec::new());
    while let Some(ended) = running.join_next().await {
        let (worker, its) = ended??;
        workers.push(worker);
        latencies.extend(its);
    }
    Ok((Round::new(began_at.elapsed(), latencies), workers))
}

async fn ask<W: Work>(
    mut connection: Connection,
    mut worker: Worker<W>,
    until: Instant,
) -> Result<(Worker<W>, Vec<Duration>), Failure> {
    let mut latencies = Vec::new();
    let mut asked_at = Instant::now();
    while asked_at < until {
        let Some(request) = worker.work.next()? else { break };
        let answer = connection.send(request).await?;
        let answered_at = Instant::now();
        latencies.push(answered_at - asked_at);
        asked_at = answered_at;
        worker.work.answered(answer)?;
    }
    Ok((worker, latencies))
}
