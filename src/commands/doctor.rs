//! `doctor`: goes over everything that must hold, and says what to do about what does not.

mod certificate;
mod installation;

use config::Config;

use super::{Failed, Place, say};
use crate::start::{environment, outgoing_policy};

/// What one look came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    /// What was looked at.
    what: &'static str,
    /// What was found.
    found: Found,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Found {
    /// It is as it should be.
    Good(String),
    /// It works, and should not stay so.
    Doubtful { what: String, remedy: String },
    /// It does not work.
    Bad { what: String, remedy: String },
}

impl Check {
    fn good(what: &'static str, found: impl ToString) -> Self {
        Self { what, found: Found::Good(found.to_string()) }
    }

    fn doubtful(what: &'static str, found: impl ToString, remedy: impl ToString) -> Self {
        Self {
            what,
            found: Found::Doubtful { what: found.to_string(), remedy: remedy.to_string() },
        }
    }

    fn bad(what: &'static str, found: impl ToString, remedy: impl ToString) -> Self {
        Self { what, found: Found::Bad { what: found.to_string(), remedy: remedy.to_string() } }
    }

    fn is_bad(&self) -> bool {
        matches!(self.found, Found::Bad { .. })
    }
}

impl std::fmt::Display for Check {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let name = self.what;
        let (word, found, remedy) = match &self.found {
            Found::Good(found) => ("ok  ", found, None),
            Found::Doubtful { what, remedy } => ("warn", what, Some(remedy)),
            Found::Bad { what, remedy } => ("FAIL", what, Some(remedy)),
        };
        // What has several lines, such as the faults of a configuration, stands under its own name.
        write!(f, "{word}  {name:<15}  {}", found.replace('\n', "\n                       "))?;
        match remedy {
            Some(remedy) => write!(f, "\n                       -> {remedy}"),
            None => Ok(()),
        }
    }
}

pub(super) async fn run(place: &Place) -> Result<(), Failed> {
    let checks = look(place).await;
    let lines: String = checks.iter().map(|check| format!("{check}\n")).collect();
    say(&lines)?;
    if checks.iter().any(Check::is_bad) { Err(Failed::Silent) } else { Ok(()) }
}

async fn look(place: &Place) -> Vec<Check> {
    let mut checks = vec![configuration(place)];
    let Ok(config) = place.config() else { return checks };
    checks.extend(installation::look(&config, &place.directory(&config)).await);
    checks.extend(certificate::look(&config));
    checks.extend(authorities(&config));
    checks.push(issuer(&config).await);
    checks
}

fn configuration(place: &Place) -> Check {
    const WHAT: &str = "configuration";
    // What `dev` has made serves without a configuration.
    let is_of_dev =
        place.data.as_ref().is_some_and(|directory| crate::dev::is_directory(directory));
    let loaded = if is_of_dev { place.config().map_err(|_| place) } else { Err(place) };
    let loaded = loaded.map(drop).or_else(|place| {
        Config::load_to_serve(place.config.as_deref(), environment())
            .map(drop)
            .map_err(|faults| faults.to_string())
    });
    match loaded {
        Ok(()) => Check::good(WHAT, "no faults"),
        Err(faults) => Check::bad(
            WHAT,
            faults,
            "correct each of them; `doorward config check` says them again",
        ),
    }
}

/// Those that are trusted besides those of the public web, where requests of our own go.
fn authorities(config: &Config) -> Option<Check> {
    const WHAT: &str = "authorities";
    let file = config.outgoing.ca_file.as_ref()?;
    Some(match outgoing_policy(config) {
        Ok(_) => Check::good(WHAT, format!("{file} is read")),
        Err(fault) => Check::bad(
            WHAT,
            fault,
            "give a PEM file of the authorities' certificates, which this user may read",
        ),
    })
}

async fn issuer(config: &Config) -> Check {
    const WHAT: &str = "issuer";
    let Some(issuer) = &config.issuer.url else { return Check::good(WHAT, "not configured") };
    let url = issuer.url();
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
        return Check::bad(WHAT, issuer, "give an issuer with a host");
    };
    let address = (host.trim_matches(['[', ']']), port);
    let connecting = tokio::net::TcpStream::connect(address);
    match tokio::time::timeout(std::time::Duration::from_secs(3), connecting).await {
        Ok(Ok(_)) => Check::good(WHAT, format!("{issuer}: {host}:{port} can be reached from here")),
        Ok(Err(error)) => Check::doubtful(
            WHAT,
            format!("{issuer}: {host}:{port} cannot be reached from here: {error}"),
            "start doorward; then look at the name's address, the proxy and the firewall",
        ),
        Err(_) => Check::doubtful(
            WHAT,
            format!("{issuer}: {host}:{port} did not answer within 3 s"),
            "look at the name's address, the proxy and the firewall",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_good_comes_with_its_remedy() {
        let check = Check::bad("disk", "full", "make room");
        let text = check.to_string();
        assert!(text.starts_with("FAIL  disk"), "{text}");
        assert!(text.ends_with("-> make room"), "{text}");
        assert!(check.is_bad());
        assert!(!Check::doubtful("disk", "nearly full", "make room").is_bad());
    }
}
