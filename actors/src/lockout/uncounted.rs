//! The lockout without its safeguard: it lets through first and counts afterwards, as so many did. For the tests which
//! show that the safeguard is needed ([`protocol::mutant`]); no release reaches it.

use super::{Admission, Asked, Message, Permit};
use crate::address::{Address, Queue, Unavailable};

/// An attempt that was let through and is counted when this is dropped.
pub(super) struct Uncounted {
    shard: Address<Message>,
    asked: Option<Box<Asked>>,
}

impl Drop for Uncounted {
    fn drop(&mut self) {
        if let Some(asked) = self.asked.take() {
            let _ = self.shard.tell(|reply| Message::Admit(asked, reply));
        }
    }
}

pub(super) async fn admit(
    shard: &Address<Message>,
    queue: Queue,
    asked: Box<Asked>,
) -> Result<Admission, Unavailable> {
    let names = Box::new(asked.names.clone());
    let verdict = shard.ask(|reply| Message::Judge(names, reply)).await?;
    Ok(Admission::new(verdict, |counted_at| {
        let names = asked.names.clone();
        let shard = shard.beside(Queue { length_max: 2, ..queue });
        let uncounted = Some(Uncounted { shard: shard.clone(), asked: Some(asked) });
        Permit { shard, names, counted_at, uncounted }
    }))
}
