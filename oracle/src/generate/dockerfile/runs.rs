//! `RUN` and its mounts, as an author draws them.

use super::author::Author;
use super::model::{Command, Instruction, Run};
use crate::generate::{chance, pick};

impl Author<'_> {
    /// `RUN`, with or without mounts.
    pub fn run(&mut self) -> Run {
        let mut mounts = Vec::new();
        while chance(self.rng, 45) && mounts.len() < 3 {
            mounts.extend(self.mount());
        }
        let serial = self.serial();
        let flags = if chance(self.rng, 10) { vec!["--network=none".to_owned()] } else { Vec::new() };
        let command = match self.rng.u8(..5) {
            0 => Command::Shell(
                ["make", "-C", "/src", "&&", &format!("echo {serial}")].map(str::to_owned).to_vec(),
            ),
            1 => Command::Script(self.heredoc("EOF")),
            _ => Command::Exec(vec!["/bin/see".to_owned(), format!("r{serial}")]),
        };
        Run { flags, mounts, command }
    }

    /// The options of one mount.
    fn mount(&mut self) -> Option<Vec<(String, Option<String>)>> {
        let serial = self.serial();
        let target =
            (pick(self.rng, &["target", "dst", "destination"]).to_string(), Some(format!("/m{serial}")));
        let option = |key: &str, value: &str| (key.to_owned(), Some(value.to_owned()));
        let mut options = match self.rng.u8(..100) {
            0..45 => {
                // A mount's source is no wildcard, but it is lexed.
                let name = format!("M{serial}");
                let (path, _) = self.site.path(self.rng)?;
                if path.contains([' ', ',', '"', '\'', '*', '?', '[', '\\', '$', '`']) {
                    return None;
                }
                let mut word = path.clone();
                if chance(self.rng, 25)
                    && path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/".contains(&b))
                {
                    self.push(Instruction::Env(vec![(name.clone(), path)]));
                    word = format!("${{{name}}}");
                }
                vec![
                    option("type", "bind"),
                    option(if chance(self.rng, 70) { "source" } else { "src" }, &word),
                ]
            }
            45..55 => vec![],
            55..70 => {
                let stage = self.stages.iter().rfind(|stage| !stage.paths.is_empty())?.clone();
                let path = pick(self.rng, &stage.paths).clone();
                vec![option("type", "bind"), option("from", &stage.name), option("source", &path)]
            }
            70..78 => {
                let (name, path) = self.folder_context()?;
                let plain = path.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b));
                vec![option("from", &name), option("source", if plain { &path } else { "/" })]
            }
            78..84 => vec![option("type", "cache")],
            84..88 => {
                let stage = self.stages.last()?.clone();
                // What a cache mount holds outlives the build, so each has a name of its own.
                let id = format!("cache-{}", self.rng.u64(..));
                vec![option("type", "cache"), option("id", &id), option("from", &stage.name)]
            }
            88..94 => vec![option("type", "tmpfs")],
            _ => vec![option("type", "secret"), option("id", "token")],
        };
        // A stage without a name has only its number, which a mount does not know.
        if options
            .iter()
            .any(|(key, value)| key == "from" && value.as_ref().is_some_and(|v| v.parse::<u8>().is_ok()))
        {
            return None;
        }
        options.push(target);
        if options.iter().any(|(_, value)| value.as_deref() == Some("bind")) && chance(self.rng, 20) {
            options.push((pick(self.rng, &["ro", "rw", "readonly"]).to_string(), None));
        }
        Some(options)
    }
}
