//! How the rest of the program reaches an actor: bounded, timed, valid across restarts.

use std::{sync::Arc, time::Duration};

use ractor::{ActorCell, ActorRef, Message, MessagingErr};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch},
    time::{Instant, timeout},
};

use crate::metrics::Meters;

/// Why an actor gave no answer. What the actor *decided* travels inside the answer, never here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Unavailable {
    /// The queue is full. The request was not taken.
    #[error("too many requests are waiting")]
    Busy,
    /// The deadline passed. The request may still be carried out.
    #[error("no answer within the deadline; the request may still be carried out")]
    TimedOut,
    /// The actor died with the request in its mailbox or in its hands, or the tree has stopped.
    /// Whether the request was carried out is not known.
    #[error("the actor stopped before it answered")]
    Stopped,
}

/// How much an actor may keep waiting, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Queue {
    /// Requests that are sent and neither answered nor dropped; one more gets [`Unavailable::Busy`].
    pub length_max: usize,
    /// From asking to answer, a restart in between included.
    pub deadline: Duration,
}

/// A request's place in the queue, free again when it is dropped.
pub(crate) struct Place {
    _permit: OwnedSemaphorePermit,
    gate: Arc<Gate>,
}

impl Place {
    fn new(permit: OwnedSemaphorePermit, gate: &Arc<Gate>) -> Self {
        gate.meters.waiting.increment(1);
        Self { _permit: permit, gate: Arc::clone(gate) }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.gate.meters.waiting.decrement(1);
    }
}

/// The answer to one request. Holds a place in the queue until it is sent or dropped.
pub struct Reply<T> {
    /// Freed before the answer leaves, so that who has an answer finds the place free.
    place: Place,
    /// `None` when the request was told, not asked.
    port: Option<oneshot::Sender<T>>,
}

impl<T> Reply<T> {
    /// Answers. A caller that has gone away is not an error.
    pub fn send(self, answer: T) {
        let Self { port, place } = self;
        drop(place);
        if let Some(port) = port {
            let _ = port.send(answer);
        }
    }

    /// True when the caller has given up, so costly work can be skipped.
    /// Never true of a request that was told: nobody waited in the first place.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.port.as_ref().is_some_and(oneshot::Sender::is_closed)
    }
}

struct Gate {
    places: Arc<Semaphore>,
    length_max: usize,
    deadline: Duration,
    meters: Meters,
}

impl Gate {
    fn new(queue: Queue, meters: Meters) -> Arc<Self> {
        let length_max = queue.length_max.min(Semaphore::MAX_PERMITS);
        let places = Arc::new(Semaphore::new(length_max));
        Arc::new(Self { places, length_max, deadline: queue.deadline, meters })
    }
}

/// The sending half of an address. Whoever may still start a further incarnation holds one;
/// when the last is dropped the address is closed for good and answers [`Unavailable::Stopped`].
pub(crate) type Publish<M> = watch::Sender<Option<ActorRef<M>>>;

/// Where an actor is now, whichever incarnation that is. Cheap to clone.
///
/// The typed handles of this crate hold it; it is not handed on.
pub struct Address<M> {
    current: watch::Receiver<Option<ActorRef<M>>>,
    gate: Arc<Gate>,
}

// Derived `Clone` would ask for `M: Clone`.
impl<M> Clone for Address<M> {
    fn clone(&self) -> Self {
        Self { current: self.current.clone(), gate: Arc::clone(&self.gate) }
    }
}

impl<M: Message> Address<M> {
    /// An address and the sender with which each incarnation is published.
    pub(crate) fn new(queue: Queue, meters: Meters) -> (Publish<M>, Self) {
        let (publish, current) = watch::channel(None);
        (publish, Self { current, gate: Gate::new(queue, meters) })
    }

    /// The same actor, reached through a queue of its own that is not metered.
    pub(crate) fn beside(&self, queue: Queue) -> Self {
        Self { current: self.current.clone(), gate: Gate::new(queue, Meters::none()) }
    }

    /// Sends the request that `build` makes and waits for its answer.
    ///
    /// While the actor restarts the request waits for the next incarnation. A request that an incarnation has
    /// taken dies with it, because it may have been carried out.
    ///
    /// # Errors
    /// Only about reaching the actor: see [`Unavailable`].
    pub async fn ask<T: Send + 'static>(
        &self,
        build: impl FnOnce(Reply<T>) -> M,
    ) -> Result<T, Unavailable> {
        let place = self.place()?;
        self.request(place, build).await
    }

    /// As [`Self::ask`], but waits for a place rather than being refused.
    pub(crate) async fn ask_patiently<T: Send + 'static>(
        &self,
        build: impl FnOnce(Reply<T>) -> M,
    ) -> Result<T, Unavailable> {
        let places = Arc::clone(&self.gate.places);
        let permit = timeout(self.gate.deadline, places.acquire_owned())
            .await
            .map_err(|_| Unavailable::TimedOut)?
            .map_err(|_| Unavailable::Stopped)?;
        self.request(Place::new(permit, &self.gate), build).await
    }

    /// Sends the request that `build` makes and waits for nothing; the answer goes nowhere.
    ///
    /// For what may be lost: the request dies with the actor.
    ///
    /// # Errors
    /// [`Unavailable::Busy`], and [`Unavailable::Stopped`] also while the actor restarts, as this does not wait.
    pub fn tell<T>(&self, build: impl FnOnce(Reply<T>) -> M) -> Result<(), Unavailable> {
        let place = self.place()?;
        let sent = match self.actor() {
            Some(actor) => actor.send_message(build(Reply { port: None, place })).map_err(drop),
            None => Err(()),
        };
        sent.map_err(|()| self.count(Unavailable::Stopped))
    }

    /// Requests that hold a place now.
    pub(crate) fn waiting(&self) -> usize {
        self.gate.length_max.saturating_sub(self.gate.places.available_permits())
    }

    /// The incarnation published last, dead or alive.
    pub(crate) fn cell(&self) -> Option<ActorCell> {
        self.actor().map(Into::into)
    }

    /// No further incarnation will come.
    pub(crate) fn is_closed(&self) -> bool {
        self.current.has_changed().is_err()
    }

    fn actor(&self) -> Option<ActorRef<M>> {
        self.current.borrow().clone()
    }

    fn place(&self) -> Result<Place, Unavailable> {
        let permit = Arc::clone(&self.gate.places).try_acquire_owned();
        let permit = permit.map_err(|_| self.count(Unavailable::Busy))?;
        Ok(Place::new(permit, &self.gate))
    }

    async fn request<T: Send + 'static>(
        &self,
        place: Place,
        build: impl FnOnce(Reply<T>) -> M,
    ) -> Result<T, Unavailable> {
        let asked_at = Instant::now();
        let (port, answer) = oneshot::channel();
        let message = build(Reply { port: Some(port), place });
        let answered = timeout(self.gate.deadline, async {
            self.deliver(message).await?;
            answer.await.map_err(|_| Unavailable::Stopped)
        });
        let answer = answered.await.unwrap_or(Err(Unavailable::TimedOut));
        match answer {
            Ok(_) => self.gate.meters.seconds.record(asked_at.elapsed()),
            Err(unavailable) => _ = self.count(unavailable),
        }
        answer
    }

    /// Puts the message into the mailbox of this incarnation, or of the next one when this one no longer takes any.
    async fn deliver(&self, mut message: M) -> Result<(), Unavailable> {
        let mut current = self.actor();
        loop {
            let refused_by = match current {
                None => None,
                Some(actor) => match actor.send_message(message) {
                    Ok(()) => return Ok(()),
                    Err(MessagingErr::SendErr(returned)) => {
                        message = returned;
                        Some(actor.get_id())
                    }
                    Err(_) => return Err(Unavailable::Stopped),
                },
            };
            let is_next = |actor: &Option<ActorRef<M>>| {
                actor.as_ref().is_some_and(|actor| Some(actor.get_id()) != refused_by)
            };
            let mut incarnations = self.current.clone();
            let next = incarnations.wait_for(is_next).await;
            current = next.map_err(|_| Unavailable::Stopped)?.clone();
        }
    }

    fn count(&self, unavailable: Unavailable) -> Unavailable {
        self.gate.meters.count(unavailable);
        unavailable
    }
}

#[cfg(test)]
mod tests;
