//! Files of definitions that are broken, or want to do harm: reading them ends, soon, with problems that have a place.

use std::path::Path;

use super::{BAKE, COMPOSE, FILES, images_in, wrong};
use crate::config::{self, Absent};
use crate::tree::Memory;

/// A target that inherits twice from one that inherits twice, and so on; an alias of aliases of aliases.
#[test]
fn files_that_want_to_do_harm_end_soon() {
    let targets: Vec<String> = (1..60)
        .map(|number| {
            format!("\"t{number}\": {{\"inherits\": [\"t{0}\", \"t{0}\"], \"context\": \".\"}}", number - 1)
        })
        .collect();
    let bake = format!("{{\"target\": {{\"t0\": {{\"context\": \".\"}}, {}}}}}", targets.join(","));
    wrong("definitions = [\"b.json\"]", &[("b.json", &bake)], &["too many"]);
    let mut yaml = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for number in 1..12 {
        let alias = vec![format!("*a{}", number - 1); 9].join(", ");
        yaml.push_str(&format!("a{number}: &a{number} [{alias}]\n"));
    }
    wrong("definitions = [\"c.yaml\"]", &[("c.yaml", &yaml)], &["no YAML"]);
    let deep = "{\"a\":".repeat(5000);
    wrong("definitions = [\"b.json\"]", &[("b.json", &deep)], &["no JSON"]);
    wrong("definitions = [\"c.yaml\"]", &[("c.yaml", &"[".repeat(5000))], &["no YAML"]);
    wrong("definitions = [\"c.yaml\"]", &[("c.yaml", &"#".repeat(2_000_000))], &["more than 1 MiB"]);
}

/// Each is read once, however many keys it has: what grows with their square would not end here while anybody waits.
#[test]
fn as_many_arguments_as_fit_in_a_file_are_read() {
    let count = 60_000;
    let list = |line: &dyn Fn(usize) -> String, between: &str| {
        (0..count).map(line).collect::<Vec<_>>().join(between)
    };
    let json = list(&|number| format!("\"A{number}\":\"{number}\""), ",");
    let bake = format!("{{\"target\":{{\"app\":{{\"args\":{{{json}}}}}}}}}");
    let args = list(&|number| format!("A{number}: {number}"), ",\n");
    let compose = format!("services:\n  app:\n    build:\n      args: {{{args}}}\n");
    let items = list(&|number| format!("A{number}={number}"), ", ");
    let items = format!("services:\n  app:\n    build:\n      args: [{items}]\n");
    let lines = list(&|number| format!("A{number}={number}"), "\n");
    let more = [("b.json", bake.as_str()), ("c.yaml", &compose), ("l.yaml", &items), ("a.conf", &lines)];
    let table = "[images.app]\nbuild-args-files = [\"a.conf\", \"a.conf\"]\n";
    for toml in [
        format!("{table}context = \".\""),
        "definitions = [\"b.json\"]".to_owned(),
        // With as many arguments from each side.
        format!("definitions = [\"b.json\"]\n{table}"),
        format!("definitions = [\"c.yaml\"]\n{table}"),
        format!("definitions = [\"l.yaml\"]\n{table}"),
    ] {
        let found = images_in(&toml, &more, Absent::Refused).unwrap();
        assert_eq!(found[0].build_args.len(), count);
        assert_eq!(found[0].build_args["A59999"], "59999");
    }
    let places = images_in("definitions = [\"c.yaml\"]", &more, Absent::Refused).unwrap();
    assert_eq!(
        places[0].places["build-args.A59999"].to_string(),
        "c.yaml:60003: services.app.build.args.A59999"
    );
}

/// Many targets that inherit twice from one with many arguments.
#[test]
fn what_is_inherited_over_and_over_is_counted() {
    let args: Vec<String> = (0..20_000).map(|number| format!("\"A{number}\":\"\"")).collect();
    let targets: Vec<String> =
        (0..2_000).map(|number| format!("\"t{number}\":{{\"inherits\":[\"c\",\"c\"]}}")).collect();
    let bake = format!("{{\"target\":{{\"c\":{{\"args\":{{{}}}}},{}}}}}", args.join(","), targets.join(","));
    wrong("definitions = [\"b.json\"]", &[("b.json", &bake)], &["too many"]);
}

/// Whatever bytes the files have, reading them ends with images or with problems that a terminal can show.
#[test]
fn no_edit_of_any_file_panics() {
    let toml = "discover = [\"images/*/Dockerfile\", { dockerfile = \"{cuda,x}/*/app.*\", name = \"{1}-{2}-{3}\" }]\n\
        definitions = [\"bake.json\", \"deploy/compose.yaml\"]\n[defaults]\nbuild-args = { A = \"1\" }\n\
        [images.\"m-{X}\"]\nmatrix = { X = [\"12.8\", \"13.0\"] }\nbuild-args-files = [\"cuda/{X}/app.conf\"]\ncontext = \"{X}\"\n";
    let texts = [toml, BAKE, COMPOSE, "A=1\n# b\nB=\"2\"\n"];
    let pieces = [
        "{", "}", "${", "$", "*", "**", "\"", "\n", "\u{1b}", "/", "..", ":", "<<", "&a", "*a", "[", "]",
        "ä", "=", "{1}",
    ];
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % end.max(1) as u64) as usize
    };
    let (mut right, mut wrong) = (0, 0);
    for round in 0..2000 {
        let mut files = texts.map(str::to_owned);
        let text = &mut files[round % texts.len()];
        for _ in 0..=below(2) {
            let mut chars: Vec<char> = text.chars().collect();
            let at = below(chars.len());
            let end = (at + below(4)).min(chars.len());
            chars.splice(at..end, pieces[below(pieces.len())].chars());
            *text = chars.into_iter().collect();
        }
        let [toml, bake, compose, conf] = &files;
        // Both define `base` and `app`, as the folders do: without that, more of the files is looked at.
        let bake = &bake.replace("base", "bake-base").replace("\"app\"", "\"bake-app\"");
        let compose = &compose
            .replace("base", "dc-base")
            .replace("  app:", "  dc-app:")
            .replace("images/dc-", "images/");
        let more =
            [("bake.json", bake.as_str()), ("deploy/compose.yaml", compose), ("cuda/12.8/app.conf", conf)];
        let (objects, root) =
            Memory::new(FILES.iter().filter(|(path, _)| *path != "cuda/12.8/app.conf").copied().chain(more));
        let absent = if below(2) == 0 { Absent::Refused } else { Absent::Passed };
        let read = config::parse("imgplan.toml", toml, Path::new("/"))
            .and_then(|config| config.images_of(&objects, &root, absent));
        match read {
            Ok(_) => right += 1,
            Err(errors) => {
                wrong += 1;
                assert!(!errors.0.is_empty());
                for error in &errors.0 {
                    assert!(error.place().is_some(), "{error}");
                    assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
                }
            }
        }
    }
    assert!(right > 20 && wrong > 100, "{right} right, {wrong} wrong: too few");
}
