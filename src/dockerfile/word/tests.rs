//! Quotes, variables and their operators, known and unknown.

use super::*;
use crate::dockerfile::text::Cause;

struct Some3;

impl Variables for Some3 {
    fn value(&self, name: &str) -> Value {
        match name {
            "A" => Value::Set(Text::known("a/b.tar.gz")),
            "E" => Value::Set(Text::default()),
            "H" => Value::Unknown(Hole::anything("H", Cause::Base)),
            _ => Value::Unset,
        }
    }
}

fn expanded(word: &str) -> String {
    match expand(word, '\\', &Some3) {
        Ok(expansion) => expansion.text.to_string(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn words_expand_as_in_buildkit() {
    let cases = [
        ("$A", "a/b.tar.gz"),
        ("${A}x$A", "a/b.tar.gzxa/b.tar.gz"),
        ("x$U-y", "x-y"),
        ("\\$A", "$A"),
        ("'$A'", "$A"),
        ("\"$A\"", "a/b.tar.gz"),
        ("\"\\$A \\x\"", "$A \\x"),
        ("q\\*", "q*"),
        ("'q*'", "q*"),
        ("[*]", "[*]"),
        ("$", "$"),
        ("a$", "a$"),
        ("$.", "$."),
        ("$1x", "x"),
        ("${U:-d}", "d"),
        ("${E:-d}", "d"),
        ("${E-d}", ""),
        ("${U-d}", "d"),
        ("${A:+p}", "p"),
        ("${E:+p}", ""),
        ("${E+p}", "p"),
        ("${U+p}", ""),
        ("${A:?m}", "a/b.tar.gz"),
        ("${E?m}", ""),
        ("${U:-${E:-${A}}}", "a/b.tar.gz"),
        ("${U:-\"a b\"}", "a b"),
        ("${A#*/}", "b.tar.gz"),
        ("${A##*.}", "gz"),
        ("${A%.*}", "a/b.tar"),
        ("${A%%.*}", "a/b"),
        ("${A/./-}", "a/b-tar.gz"),
        ("${A//./-}", "a/b-tar-gz"),
        ("${A/\\//_}", "a_b.tar.gz"),
        ("$H/x", "${H}/x"),
        ("${H:-x}", "${H}"),
        ("${H:?x}", "${H}"),
        ("${A:+$H}", "${H}"),
        ("${U:+$H}", ""),
        ("trailing\\", "trailing"),
    ];
    for (word, want) in cases {
        assert_eq!(expanded(word), want, "{word}");
    }
}

#[test]
fn bad_words_are_refused() {
    for word in [
        "'a", "\"a", "${", "${A", "${}", "${:x}", "${A:#x}", "${A!x}", "${U:?}", "${U?m}", "${A/x}",
        "${A#\\a}", "${H:i}", "${H:}",
    ] {
        assert!(expanded(word).starts_with("error"), "{word}: {}", expanded(word));
    }
    assert_eq!(expanded("${U:?say why}"), "error: U: say why");
    let deep = "${U:-".repeat(100_000);
    assert!(expanded(&deep).starts_with("error"));
}

#[test]
fn the_other_escape_token_leaves_backslashes_alone() {
    let text = expand("a\\b`$A", '`', &Some3).map(|expansion| expansion.text.to_string());
    assert_eq!(text.as_deref(), Ok("a\\b$A"));
}

#[test]
fn heredoc_words_keep_the_blank_behind_the_operator() {
    assert_eq!(raw_words("RUN cat << EOF >x <<-'B'"), ["RUN", "cat", "<< EOF", ">x", "<<-'B'"]);
    assert_eq!(raw_words("RUN it's <<EOF"), Vec::<String>::new());
}
