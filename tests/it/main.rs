//! The program as its users meet it: everything goes through the binary, in a hermetic project, against layouts
//! on disk or a registry on the loopback address. What each module is about stands at its top.

#![allow(
    dead_code,
    missing_docs,
    unreachable_pub,
    clippy::disallowed_methods,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::unwrap_used
)]

#[path = "../support/mod.rs"]
mod support;

mod adopt;
mod ages;
mod apply;
mod architecture;
mod at_once;
mod bake;
mod baked;
mod bases;
mod build_command;
mod check;
mod config;
mod dated;
mod dated_remote;
mod docker_stacks;
mod errors;
mod expire;
mod expiring;
mod explain;
mod faces;
mod faults;
mod generate;
mod github;
mod gitlab;
mod history;
mod hostile;
mod in_use;
mod init;
mod init_ci;
mod interrupted;
mod log;
mod logins;
mod many;
mod outputs;
mod parents;
mod pin;
mod pin_files;
mod plan;
mod plan_marks;
mod plan_where;
mod promote;
mod proposals;
mod reads;
#[cfg(feature = "real-tools")]
mod real;
mod refresh;
mod registry;
mod release;
mod requests;
mod resolve;
mod resolve_many;
mod resolve_repo;
mod reviewed;
mod rules;
mod schema;
mod scope;
mod simulate;
mod tags;
mod taken;
mod trailers;
mod unread;
