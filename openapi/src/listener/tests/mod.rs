//! The border from outside: real sockets on loopback, and what a client sees.

mod http;
mod http2;
mod shutdown;
mod tls;
mod world;
