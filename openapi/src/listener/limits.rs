//! What one listener bears: how many connections, how long each step may take, how large a request may be.

use std::time::Duration;

/// Bounds of a listener. Each is a setting of `[http]`; the defaults are what `serve` runs with.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Connections open at once on all listeners of one `serve`, TLS handshakes included.
    pub connections_max: usize,
    /// Connections open at once from one IPv4 address or one IPv6 /64. Configured proxies are exempt.
    pub connections_per_address_max: usize,
    /// From accept to the end of the TLS handshake.
    pub handshake_timeout: Duration,
    /// From the first byte of a request (from the start of the connection for the first) to the end of its head.
    pub header_timeout: Duration,
    /// From the end of the head to the first byte of the answer; reading the body counts.
    pub request_timeout: Duration,
    /// How much longer the answer may take to be read by the client.
    pub answer_timeout: Duration,
    /// How long a connection may stay open between two requests. Longer than that of a load balancer in front.
    pub idle_timeout: Duration,
    /// Largest request head in bytes, at least 8,192. HTTP/1 admits 100 headers besides.
    pub headers_size_max: u32,
    /// Largest request body in bytes, whatever reads it. Endpoints may ask for less.
    pub body_size_max: usize,
    /// Requests under way at once on one HTTP/2 connection.
    pub streams_max: u32,
    /// How long requests under way may take to finish after shutdown began.
    pub drain: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections_max: 4_096,
            connections_per_address_max: 256,
            handshake_timeout: Duration::from_secs(10),
            header_timeout: Duration::from_secs(10),
            request_timeout: Duration::from_secs(30),
            answer_timeout: Duration::from_secs(30),
            idle_timeout: Duration::from_secs(75),
            headers_size_max: 32 * 1_024,
            body_size_max: 64 * 1_024,
            streams_max: 100,
            drain: Duration::from_secs(30),
        }
    }
}
