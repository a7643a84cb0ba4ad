//! Judges: the RFCs and our rules as types and functions, without clock, IO or async.
