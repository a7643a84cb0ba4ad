//! Where somebody goes on to who comes back to a sign-in that is finished.

use protocol::{SignInId, client::Client};

use crate::{Browser, Context, Failure, Flows, remembered::record};

impl Flows {
    /// The client for which a sign-in began in this browser. Nothing where the sign-in is forgotten or another browser's,
    /// or the client may do nothing any more.
    pub async fn way_on(
        &self,
        context: &Context,
        browser: &Browser,
        id: SignInId,
    ) -> Result<Option<Client>, Failure> {
        let Some(sign_in) = self.store.sign_in(&context.realm, id).await? else { return Ok(None) };
        if !browser.binding.as_ref().is_some_and(|binding| binding.hash() == sign_in.browser) {
            return Ok(None);
        }
        let client = self.known_client(context, sign_in.request.client_id).await?;
        Ok(record(&client).filter(|client| !client.is_disabled()).cloned())
    }
}
