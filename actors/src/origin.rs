//! Where an act came from, as its event tells it.

use std::net::IpAddr;

use protocol::{
    AccountId, ClientId,
    event::{Act, Actor, Event, Personal},
};

/// What a request says of itself, for the event of what it does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin {
    /// The address of the peer, behind proxies that are trusted.
    pub address: IpAddr,
    /// The `User-Agent` header, at most 256 bytes.
    pub user_agent: Option<String>,
    /// The client for which it is asked.
    pub client_id: Option<ClientId>,
    /// Names the request in the log.
    pub request_id: Option<String>,
}

impl Origin {
    /// The event of an act of the end-user who is named, or not known.
    pub fn event(&self, account_id: Option<AccountId>, act: Act) -> Event {
        self.tell(Actor::EndUser(account_id), account_id, act)
    }

    /// The event of what this program did by itself because of the request.
    pub(crate) fn event_of_node(&self, account_id: Option<AccountId>, act: Act) -> Event {
        self.tell(Actor::Node, account_id, act)
    }

    fn tell(&self, actor: Actor, account_id: Option<AccountId>, act: Act) -> Event {
        Event {
            actor,
            act,
            account_id,
            client_id: self.client_id,
            request_id: self.request_id.clone(),
            personal: Personal {
                address: Some(self.address),
                user_agent: self.user_agent.clone(),
                note: None,
            },
        }
    }
}
