//! What people see: stdout, stderr and status of the commonest runs, whole. After a wording changes on purpose,
//! `INSTA_UPDATE=always cargo test --test it faces` writes them again; read the difference.

use crate::support::{Image, Sandbox};

/// Keeps the call short: the text of a run in the sandbox's layouts.
fn shown(sandbox: &Sandbox, args: &[&str]) -> String {
    let repository = sandbox.repository();
    sandbox.imgplan(&[args, &["--repository", &repository]].concat()).run().snapshot()
}

#[test]
fn a_first_plan() {
    let sandbox = Sandbox::fixture("renku-python");
    insta::assert_snapshot!(shown(&sandbox, &["plan"]));
}

#[test]
fn a_retag() {
    let sandbox = Sandbox::fixture("renku-python");
    sandbox.build_all();
    insta::assert_snapshot!(shown(&sandbox, &["apply"]));
}

#[test]
fn a_conflict() {
    let sandbox = Sandbox::fixture("renku-python");
    sandbox.build_all();
    sandbox.image(&sandbox.sha7(), &Image::new("something else"));
    insta::assert_snapshot!(shown(&sandbox, &["plan"]));
}

#[test]
fn a_misspelt_key() {
    let sandbox = Sandbox::fixture("renku-python");
    sandbox.write("imgplan.toml", "[image]\ncontxt = \"app\"\nmax-age = \"soon\"\n");
    sandbox.commit("Two typos");
    insta::assert_snapshot!(shown(&sandbox, &["plan"]));
}

#[test]
fn a_copy_of_nothing() {
    let sandbox = Sandbox::fixture("renku-python");
    sandbox.append("Dockerfile", "COPY model.bin /srv/\n");
    sandbox.commit("Ship the model");
    insta::assert_snapshot!(shown(&sandbox, &["plan"]));
}
