//! Writes YAML that every reader reads alike: block style for people, each string in double quotes.
//!
//! A plain `on`, `1:30` or `0o7` is a string to YAML 1.2 and none to YAML 1.1, which Ruby's Psych, and so GitLab, still
//! speaks. In double quotes with every other character escaped there is one reading. It must not know what it writes.

use std::fmt::Write as _;

use serde_json::Value;

/// One document.
pub fn document(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(entries) if !entries.is_empty() => block(&mut out, value, 0),
        Value::Array(values) if !values.is_empty() => block(&mut out, value, 0),
        scalar => {
            inline(&mut out, scalar);
            out.push('\n');
        }
    }
    out
}

/// A mapping or a list in lines of its own.
fn block(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::Object(entries) => {
            for (key, value) in entries {
                out.push_str(&" ".repeat(indent));
                self::key(out, key);
                out.push(':');
                nested(out, value, indent + 2);
            }
        }
        Value::Array(values) => {
            for value in values {
                // What is nested begins in the dash's own line, behind it.
                let mut item = String::new();
                nested(&mut item, value, indent + 2);
                out.push_str(&" ".repeat(indent));
                out.push_str("- ");
                out.push_str(item.trim_start_matches(['\n', ' ']));
            }
        }
        _ => {}
    }
}

/// What stands behind a key or a dash, and the end of its line.
fn nested(out: &mut String, value: &Value, indent: usize) {
    let empty = match value {
        Value::Object(entries) => entries.is_empty(),
        Value::Array(values) => values.is_empty(),
        _ => true,
    };
    if empty {
        out.push(' ');
        inline(out, value);
        out.push('\n');
    } else {
        out.push('\n');
        block(out, value, indent);
    }
}

fn inline(out: &mut String, value: &Value) {
    match value {
        Value::String(text) => quoted(out, text),
        // Null, booleans, numbers and empty collections are the same in JSON and in YAML.
        other => _ = write!(out, "{other}"),
    }
}

/// A key that is a plain word to every reader stands as it is.
fn key(out: &mut String, key: &str) {
    const RESERVED: [&str; 8] = ["y", "n", "yes", "no", "on", "off", "true", "false"];
    let word = |c: char| c.is_ascii_lowercase() || c == '_';
    let plain = key.starts_with(word) && key.chars().all(word) && !RESERVED.contains(&key) && key != "null";
    if plain { out.push_str(key) } else { quoted(out, key) }
}

/// In double quotes, with everything escaped that is not printable ASCII or plainly a letter: YAML folds some of Unicode's
/// separators and refuses control characters.
fn quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(c),
            c if c.is_alphanumeric() => out.push(c),
            c if u32::from(c) <= 0xff => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c if u32::from(c) <= 0xffff => _ = write!(out, "\\u{:04x}", u32::from(c)),
            c => _ = write!(out, "\\U{:08x}", u32::from(c)),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_written_is_read_back() {
        let odd = "a\"b\\c\nd\te\r $x ${y} #z: - | > & * ! % @ ` \u{85}\u{a0}\u{2028}\u{feff}\u{7f}\u{1}😀ü";
        let value = json!({
            "on": "on", "true": true, "null": null, "1:30": "1:30", "script": ["imgplan", "- x", ""],
            "a b": {"nested": {"deep": [{"x": 1, "y": [2, 3.5]}, [], {}]}, "empty": {}}, odd: odd,
            "lead": " spaces ", "tag": "!!binary x", "anchor": "&a *a", "end": "...", "doc": "---"
        });
        let text = document(&value);
        assert_eq!(yaml_serde::from_str::<Value>(&text).ok(), Some(value), "{text}");
        for scalar in [json!("x"), json!(null), json!([]), json!({}), json!(["a"])] {
            assert_eq!(yaml_serde::from_str::<Value>(&document(&scalar)).ok(), Some(scalar));
        }
    }

    #[test]
    fn it_reads_well() {
        let value = json!({"build app": {"stage": "build", "needs": ["build base"], "script": ["imgplan apply"],
                    "rules": [{"if": "a", "when": ["b", ["c"]]}, []]}});
        let text = "\"build app\":\n  stage: \"build\"\n  needs:\n    - \"build base\"\n  script:\n    - \"imgplan apply\"\n  rules:\n    - if: \"a\"\n      when:\n        - \"b\"\n        - - \"c\"\n    - []\n";
        assert_eq!(document(&value), text);
    }
}
