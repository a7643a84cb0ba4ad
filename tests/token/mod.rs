//! The token endpoint and those beside it, from outside: what they refuse and how they say so, what is given, told and
//! taken back.

mod client_authentication;
mod introspect;
mod refusals;
mod revoke;
mod tokens;
