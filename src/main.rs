//! Parses, runs, reports. Everything else is in the library.

fn main() {}
