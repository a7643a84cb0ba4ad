//! What a test may choose of its World. The rest is as `serve` has it by default.

use std::time::Duration;

use config::Config;
use doorward::start::Policies;
use openapi::pages::view::Mode;

/// How a World is put together.
pub(crate) struct Setup {
    /// The issuer; its scheme decides about cookies.
    pub(crate) issuer: &'static str,
    /// What the parts are told.
    pub(crate) policies: Policies,
    /// Who reads the first page.
    pub(crate) mode: Mode,
}

/// The machine that runs tests may be busy with others; what is late there is not late here.
const PATIENCE: Duration = Duration::from_secs(60);

impl Default for Setup {
    fn default() -> Self {
        let issuer = "https://id.example";
        // Read for another one, as https would ask for the files of a certificate.
        let named = [("DOORWARD_ISSUER__URL", "http://localhost:8080")];
        let config = Config::load(None, named).expect("the defaults");
        let mut policies = Policies::of(&config).expect("the defaults can be followed");
        policies.identity.queue.deadline = PATIENCE;
        policies.lockout.queue.deadline = PATIENCE;
        policies.outgoing.deadline = PATIENCE;
        policies.logouts.hold_max = PATIENCE;
        policies.logouts.post_max = PATIENCE;
        Self { issuer, policies, mode: Mode::Serve }
    }
}
