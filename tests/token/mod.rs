//! The token endpoint, from outside: what it refuses and how it says so, and what it gives.

mod client_authentication;
mod refusals;
mod tokens;
