//! The storage engine for one node, on redb.
