//! Starts children in order, restarts the one that dies, fails when they die too often, stops them in reverse.

use std::{collections::VecDeque, time::Duration};

use ractor::{
    Actor, ActorCell, ActorProcessingErr, ActorRef, SupervisionEvent, concurrency::JoinHandle,
};
use tokio::{sync::watch, time::Instant};

mod child;
#[cfg(test)]
pub(crate) mod probe;
mod shards;
#[cfg(test)]
mod tests;
mod tree;

pub use child::{Child, ChildSpec, Name, child, subtree};
pub use shards::{Shards, children_sharded};
pub use tree::{ChildState, ChildStatus, StartError, Tree, TreeFailed};

/// How long a child that is killed may take to be gone.
const KILL_MAX: Duration = Duration::from_secs(1);

/// More restarts than this within the window, and the supervisor fails in its turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RestartLimit {
    /// Of all children of one supervisor together; failed attempts count.
    pub restarts_max: usize,
    /// How long a restart is remembered.
    pub window: Duration,
    /// Wait before a child's second restart within the window; doubles with each further one, up to the window.
    pub backoff: Duration,
    /// How long one child may take to finish what is queued when the tree stops.
    pub drain: Duration,
}

impl Default for RestartLimit {
    fn default() -> Self {
        Self {
            restarts_max: 10,
            window: Duration::from_secs(60),
            backoff: Duration::from_millis(100),
            drain: Duration::from_secs(5),
        }
    }
}

/// How the root came to its end. An end without a word is a failure too.
#[derive(Debug, Clone)]
enum Ended {
    Stopped,
    Failed(String),
}

struct Supervisor {
    /// Only the root has somebody outside to tell.
    ended: Option<watch::Sender<Option<Ended>>>,
}

struct Arguments {
    children: Vec<Child>,
    limit: RestartLimit,
}

enum Message {
    /// Timer: the wait before a restart is over.
    Start { index: usize },
    /// Timer: a child may have something due.
    Look { index: usize },
}

struct State {
    slots: Vec<Slot>,
    limit: RestartLimit,
    /// When, and which child. As long as the limit at most.
    restarts: VecDeque<(Instant, usize)>,
}

struct Slot {
    child: Child,
    cell: Option<ActorCell>,
    _timer: Option<Timer>,
}

struct Timer(JoinHandle<()>);

impl Drop for Timer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Actor for Supervisor {
    type Msg = Message;
    type State = State;
    type Arguments = Arguments;

    async fn pre_start(
        &self,
        myself: ActorRef<Message>,
        Arguments { children, limit }: Arguments,
    ) -> Result<State, ActorProcessingErr> {
        let slots = Vec::with_capacity(children.len());
        let mut state = State { slots, limit, restarts: VecDeque::new() };
        for (index, child) in children.into_iter().enumerate() {
            match child.start(myself.get_cell()).await {
                Ok(cell) => state.slots.push(Slot::new(child, cell, index, &myself)),
                Err(why) => {
                    state.stop_children().await;
                    return Err(format!("{}: {why}", child.name()).into());
                }
            }
        }
        Ok(state)
    }

    async fn handle(
        &self,
        myself: ActorRef<Message>,
        message: Message,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        match message {
            Message::Start { index } => self.start_again(index, &myself, state).await,
            Message::Look { index } => {
                if let Some(slot) = state.slots.get(index) {
                    slot.child.hint();
                }
                Ok(())
            }
        }
    }

    async fn handle_supervisor_evt(
        &self,
        myself: ActorRef<Message>,
        event: SupervisionEvent,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let (gone, why) = match event {
            SupervisionEvent::ActorFailed(cell, error) => (cell, error.to_string()),
            SupervisionEvent::ActorTerminated(cell, _, reason) => {
                (cell, reason.unwrap_or_else(|| "stopped by itself".to_owned()))
            }
            _ => return Ok(()),
        };
        let Some((index, slot)) = state.holder(&gone) else {
            return Ok(());
        };
        tracing::error!(actor = %slot.child.name(), why, "actor died");
        slot.cell = None;
        self.restart(index, &myself, state).await
    }

    async fn post_stop(
        &self,
        _: ActorRef<Message>,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        state.stop_children().await;
        self.tell(Ended::Stopped);
        Ok(())
    }
}

impl Supervisor {
    async fn start_again(
        &self,
        index: usize,
        myself: &ActorRef<Message>,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let Some(slot) = state.slots.get_mut(index) else {
            return Ok(());
        };
        match slot.child.start(myself.get_cell()).await {
            Ok(cell) => {
                tracing::info!(actor = %slot.child.name(), "actor restarted");
                slot.cell = Some(cell);
                slot.child.hint();
                Ok(())
            }
            Err(why) => {
                tracing::error!(actor = %slot.child.name(), why, "actor did not restart");
                self.restart(index, myself, state).await
            }
        }
    }

    /// Schedules a restart, or fails when there were too many.
    async fn restart(
        &self,
        index: usize,
        myself: &ActorRef<Message>,
        state: &mut State,
    ) -> Result<(), ActorProcessingErr> {
        let Some(wait) = state.wait_before_restart(index, Instant::now()) else {
            let RestartLimit { restarts_max, window, .. } = state.limit;
            let why = format!("more than {restarts_max} restarts within {window:?}");
            state.stop_children().await;
            self.tell(Ended::Failed(why.clone()));
            return Err(why.into());
        };
        if wait.is_zero() {
            // Refused only while this supervisor stops, and then there is nothing to restart.
            let _ = myself.send_message(Message::Start { index });
        } else {
            myself.send_after(wait, move || Message::Start { index });
        }
        Ok(())
    }

    fn tell(&self, end: Ended) {
        if let Some(ended) = &self.ended {
            ended.send_replace(Some(end));
        }
    }
}

impl State {
    fn holder(&mut self, gone: &ActorCell) -> Option<(usize, &mut Slot)> {
        let holds = |slot: &Slot| slot.cell.as_ref() == Some(gone);
        self.slots.iter_mut().enumerate().find(|(_, slot)| holds(slot))
    }

    /// How long this child waits for its restart; `None` when the limit is reached.
    fn wait_before_restart(&mut self, index: usize, now: Instant) -> Option<Duration> {
        let RestartLimit { restarts_max, window, backoff, .. } = self.limit;
        self.restarts.retain(|(at, _)| now.duration_since(*at) < window);
        if self.restarts.len() >= restarts_max {
            return None;
        }
        let of_this_child = self.restarts.iter().filter(|(_, child)| *child == index).count();
        self.restarts.push_back((now, index));
        let Some(doublings) = of_this_child.checked_sub(1) else {
            return Some(Duration::ZERO);
        };
        let factor = u32::try_from(doublings).map_or(u32::MAX, |n| 2u32.saturating_pow(n));
        Some(backoff.saturating_mul(factor).min(window))
    }

    /// The last first; each finishes what is queued, within its deadline, and is killed after it.
    async fn stop_children(&mut self) {
        while let Some(Slot { child, cell, .. }) = self.slots.pop() {
            let name = child.name().clone();
            let drain = child.drain().unwrap_or(self.limit.drain);
            // Closes the address: who asks now hears at once that nobody comes.
            drop(child);
            let Some(cell) = cell else { continue };
            let _ = cell.drain();
            if cell.wait(Some(drain)).await.is_err() {
                tracing::warn!(actor = %name, "actor did not finish in time");
                let _ = cell.kill_and_wait(Some(KILL_MAX)).await;
            }
        }
    }
}

impl Slot {
    fn new(child: Child, cell: ActorCell, index: usize, supervisor: &ActorRef<Message>) -> Self {
        let timer = child.look_every().map(|every| {
            let every = every.max(Duration::from_millis(1));
            Timer(supervisor.send_interval(every, move || Message::Look { index }))
        });
        child.hint();
        Self { child, cell: Some(cell), _timer: timer }
    }
}
