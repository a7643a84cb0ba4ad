//! What can be written after `doorward`, and what `--help` says of it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use protocol::jose::Algorithm;

use crate::dev::{Options, Print};

/// An OpenID Connect provider.
#[derive(Debug, Parser)]
#[command(name = "doorward", version, propagate_version = true, max_term_width = 100)]
#[command(
    after_help = "Begin with `doorward dev`: it needs no configuration. `doorward serve` is for real users."
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Do,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Do {
    /// Start a provider to develop against: an end-user, two clients and a demonstration, on this machine only
    Dev(Options),
    /// Serve, as the configuration says; SIGTERM stops, SIGHUP reloads
    Serve {
        /// The configuration file (TOML); the environment overrides it
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Look at the configuration without serving
    Config {
        /// What to look at.
        #[command(subcommand)]
        command: ConfigCommand,
        /// The configuration file (TOML); the environment overrides it
        #[arg(long, value_name = "FILE", global = true)]
        config: Option<PathBuf>,
    },
    /// Print the OpenAPI document of everything that is served
    Openapi,
    /// Look at the signing keys, or rotate them
    Keys {
        /// What to do with them.
        #[command(subcommand)]
        command: KeysCommand,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Make the first operator and print its token, once
    Bootstrap {
        /// What people call the operator
        #[arg(long, default_value = "operator")]
        name: String,
        /// Make one although there is one: for when its token was lost
        #[arg(long)]
        another: bool,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Look at the audit log
    Audit {
        /// What to do with it.
        #[command(subcommand)]
        command: AuditCommand,
        /// Where.
        #[command(flatten)]
        place: Place,
    },
    /// Move an installation from one store to another, such as from one node to many
    Storage {
        /// What to do.
        #[command(subcommand)]
        command: StorageCommand,
        /// Where from.
        #[command(flatten)]
        place: Place,
    },
    /// Check everything that must hold, and say what to do about what does not
    Doctor {
        /// Where.
        #[command(flatten)]
        place: Place,
    },
}

/// Which installation a command is about.
#[derive(Debug, Clone, Default, Args)]
pub struct Place {
    /// The configuration file (TOML); the environment overrides it
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,
    /// The data directory, in place of the configured one (such as ./doorward-dev)
    #[arg(long, value_name = "DIR", global = true)]
    pub data: Option<PathBuf>,
}

/// What can be asked of the configuration.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum ConfigCommand {
    /// Say every fault, with its remedy
    Check,
    /// Print the JSON schema of the file, for editors
    Schema,
    /// Print what is in effect, and where each value comes from
    Print,
}

/// What can be done with the signing keys.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum KeysCommand {
    /// List them, and what each is doing
    List,
    /// Announce a successor; it signs once every client can know it
    Rotate {
        /// Only of this algorithm: RS256, ES256 or EdDSA
        #[arg(long, value_name = "ALG")]
        algorithm: Option<Algorithm>,
    },
}

/// What can be done with the audit log.
#[derive(Debug, Clone, Copy, Subcommand)]
pub enum AuditCommand {
    /// Read all of it and say whether anything was changed, removed, reordered or cut off
    Verify,
}

/// What can be done with a store as a whole.
#[derive(Debug, Subcommand)]
pub enum StorageCommand {
    /// Copy everything into another store, which must be empty, and compare both
    ///
    /// Stop every node first: nothing may write to the source meanwhile. Nobody can serve on the copy before it is
    /// complete and was compared. Start the nodes on it with the same master key, and none on the source any more.
    Copy(CopyOptions),
}

/// How a store is copied.
#[derive(Debug, Args)]
pub struct CopyOptions {
    /// The configuration (TOML) of the nodes that will serve on the copy; the environment is not read for it
    #[arg(long, value_name = "FILE")]
    pub to: PathBuf,
    /// Only say what would be copied, and whether the target would take it
    #[arg(long)]
    pub dry_run: bool,
    /// Go on with a copy that was cut short, if there is one
    #[arg(long)]
    pub resume: bool,
    /// How the outcome is written on standard output
    #[arg(long, value_enum, default_value_t = Print::Text)]
    pub print: Print,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_do_not_contradict_each_other() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn an_algorithm_is_written_by_its_name() {
        assert!(
            Arguments::try_parse_from(["doorward", "keys", "rotate", "--algorithm", "EdDSA"])
                .is_ok()
        );
        assert!(
            Arguments::try_parse_from(["doorward", "keys", "rotate", "--algorithm", "HS256"])
                .is_err()
        );
    }
}
