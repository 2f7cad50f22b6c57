//! The attributes of a path, with git itself as the judge.

use bstr::ByteSlice as _;

use super::Sandbox;
use crate::attributes::Attributes;

const NAMES: [&str; 6] = ["crlf", "eol", "filter", "ident", "text", "working-tree-encoding"];

/// What git says of a path, in the form of [`Attributes::effective`].
fn judged(sandbox: &Sandbox, path: &str) -> String {
    let mut args = vec!["check-attr", "-z"];
    args.extend(NAMES);
    args.extend(["--", path]);
    let answer = sandbox.git("repo", &args);
    let fields: Vec<&str> = answer.split('\0').collect();
    let mut rules: Vec<String> = fields
        .chunks_exact(3)
        .filter_map(|field| match field[2] {
            "unspecified" => None,
            // Set or nothing: see `Attributes::effective`.
            state if field[1] == "ident" && state != "set" => None,
            "set" => Some(field[1].to_owned()),
            "unset" => Some(format!("-{}", field[1])),
            value => Some(format!("{}={value}", field[1])),
        })
        .collect();
    rules.sort();
    rules.join(" ")
}

#[test]
fn git_agrees_on_every_rule() {
    let sandbox = Sandbox::with_repo();
    let long = format!("long text {}\n", "a".repeat(2037));
    let longer = format!("longer text {}\n", "a".repeat(2036));
    let files = [
        (
            "",
            format!(
                "\u{feff}* text=auto\n*.sh eol=lf\n*.png binary\n[attr]lfs filter=lfs -text\n*.psd lfs\n\
                 *.off -lfs\n*.un !lfs\n/top.c ident\ndocs/** eol=crlf\n**/deep/*.c filter=deep\n\
                 a/*/c.c working-tree-encoding=UTF-16LE\n\"quo ted.txt\" -text\n[ab].c crlf\n!no.c -text\n\
                 dir/ -text\ntwice text\ntwice !text\n  \tindented -text\nbad.c te~xt ident\n#hash ident\n\
                 \\#hash ident\n*.crlf ident\r\nempty= ident\nx.val filter=\ny.t text=true\ny.f text=false\n{long}{longer}"
            ),
        ),
        ("a", "*.sh -eol\n[attr]binary ident\n/b.c -crlf\nb/x.sh eol=crlf\n".to_owned()),
        ("a/b", "*.sh !eol ident\nc.c filter=near\n* -ident\n".to_owned()),
        ("docs", "/*.md -eol\n".to_owned()),
    ];
    let mut attributes = Attributes::new();
    for (folder, text) in &files {
        sandbox.write(&format!("repo/{folder}/.gitattributes"), text);
        attributes.add((*folder).into(), text.as_bytes()).unwrap();
    }
    for path in [
        "x.sh",
        "a/x.sh",
        "a/b/x.sh",
        "a/b/c.c",
        "a/x/c.c",
        "a/c.c",
        "a.c",
        "b.c",
        "a/b.c",
        "a/a/b.c",
        "x.png",
        "a/x.png",
        "x.psd",
        "x.off",
        "x.un",
        "top.c",
        "a/top.c",
        "docs/x.md",
        "docs/a/x.md",
        "docs/a/b/x",
        "deep/x.c",
        "x/deep/x.c",
        "x/deep/y/x.c",
        "quo ted.txt",
        "no.c",
        "!no.c",
        "dir",
        "dir/x",
        "twice",
        "indented",
        "bad.c",
        "#hash",
        "x.crlf",
        "empty=",
        "x.val",
        "y.t",
        "y.f",
        "long",
        "longer",
        "A.c",
        "X.SH",
    ] {
        assert_eq!(attributes.effective(path.as_bytes().as_bstr()), judged(&sandbox, path), "{path}");
    }
}
