//! Draws a Dockerfile that builds: stages that use what is there, and at their ends say what they have seen.
//!
//! The author keeps notes of each stage (may it run programs, which paths does it have), since a copy of what is not
//! there fails, and a build that fails proves nothing.

use super::layout;
use super::model::{Command, Copy, Dockerfile, From, Instruction, Layout, Line, Run, Stage, Style};
use super::words::{Site, value};
use crate::generate::REGISTRY;
use crate::generate::{chance, pick, tree::Tree};
use crate::snapshot::Context;
use std::collections::BTreeMap;

/// What is known of a stage or of an image.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// How others name it.
    pub name: String,
    /// It has a program to run.
    pub runs: bool,
    /// It has the file `/seen`.
    pub seen: bool,
    /// Absolute paths in it.
    pub paths: Vec<String>,
}

/// Writes one Dockerfile.
pub struct Author<'a> {
    /// The lots.
    pub rng: &'a mut fastrand::Rng,
    /// The context and how its paths are written.
    pub site: Site<'a>,
    /// Platforms that the image is built for, as [`crate::snapshot::Image::platforms`].
    pub platforms: &'a [String],
    /// Images of the same plan that may be used.
    pub parents: &'a [Known],
    /// The file so far.
    pub dockerfile: Dockerfile,
    /// Build arguments that it needs.
    pub args: BTreeMap<String, String>,
    /// Named contexts that it needs.
    pub contexts: BTreeMap<String, Context>,
    /// The stages so far.
    pub stages: Vec<Known>,
    /// Serial number of names.
    pub serial: usize,
}

impl<'a> Author<'a> {
    /// An author before the first word.
    pub fn new(
        rng: &'a mut fastrand::Rng,
        tree: &'a Tree,
        folder: &'a str,
        platforms: &'a [String],
        parents: &'a [Known],
    ) -> Author<'a> {
        let style = Style {
            backtick: chance(rng, 8),
            spelled_escape: chance(rng, 4),
            crlf: chance(rng, 5),
            bom: chance(rng, 3),
        };
        let site = Site { tree, folder, escape: style.escape() };
        let dockerfile = Dockerfile { style, ..Dockerfile::default() };
        let (args, contexts, stages) = (BTreeMap::new(), BTreeMap::new(), Vec::new());
        Author { rng, site, platforms, parents, dockerfile, args, contexts, stages, serial: 0 }
    }

    /// Writes the file.
    pub fn write(mut self) -> Author<'a> {
        let count = *pick(self.rng, &[1, 1, 2, 2, 2, 3, 3, 4]);
        while chance(self.rng, 20) {
            let value = value(self.rng, self.site.escape);
            let name = *pick(self.rng, &["A", "B", "C"]);
            self.global(name, &value);
        }
        for index in 0..count {
            self.stage(index, index + 1 == count);
        }
        layout::lay_out(self.rng, &mut self.dockerfile);
        self
    }

    /// A serial number.
    pub fn serial(&mut self) -> usize {
        self.serial += 1;
        self.serial
    }

    /// Adds a global `ARG`.
    pub fn global(&mut self, name: &str, value: &str) {
        let row = (name.to_owned(), Some(value.to_owned()));
        self.dockerfile.globals.push(Instruction::Arg(vec![row]).into());
    }

    fn stage(&mut self, index: usize, last: bool) {
        let (base, mut known) = self.base(index);
        let name = chance(self.rng, if last { 30 } else { 80 }).then(|| self.stage_name(index));
        known.name = name.clone().unwrap_or_else(|| index.to_string());
        let platform = chance(self.rng, 8).then(|| {
            // Another platform than the image's own is for what only runs, and every machine here can run these.
            (*pick(self.rng, &["$BUILDPLATFORM", "$TARGETPLATFORM", "linux/386", "${TARGETPLATFORM}"]))
                .to_owned()
        });
        let platform = platform.filter(|_| base != "scratch" && !self.stages.iter().any(|s| s.name == base));
        let from = From { platform, base, name };
        self.dockerfile.stages.push(Stage { from, layout: Layout::default(), body: Vec::new() });
        for _ in 0..self.rng.usize(1..7) {
            self.instruction(&mut known);
        }
        self.collect(last);
        if known.runs {
            known.seen = true;
            known.paths.push("/seen".to_owned());
            let arguments = vec!["/bin/see".to_owned(), known.name.clone()];
            self.push(Instruction::Run(Run {
                flags: Vec::new(),
                mounts: Vec::new(),
                command: Command::Exec(arguments),
            }));
        }
        if last && self.configuration() {
            // Another user cannot add to what was seen.
            known.runs = false;
        }
        self.stages.push(known);
    }

    fn stage_name(&mut self, index: usize) -> String {
        let taken: Vec<String> = self.stages.iter().map(|stage| stage.name.clone()).collect();
        let name = *pick(self.rng, &["base", "build", "deps", "Builder", "x-y.z", "plain", "final_1"]);
        // Of two stages of a name the last counts: rare, since most uses of it then mean another stage than the author.
        if taken.iter().any(|one| one.eq_ignore_ascii_case(name)) {
            format!("st{index}")
        } else {
            name.to_owned()
        }
    }

    /// What a stage is built from, and what is there.
    fn base(&mut self, index: usize) -> (String, Known) {
        let earlier: Vec<Known> = self
            .stages
            .iter()
            // `FROM` knows no numbers, and no letters but those as small as `AS` makes them.
            .filter(|stage| stage.name.parse::<usize>().is_err() && stage.name == stage.name.to_lowercase())
            .cloned()
            .collect();
        if !earlier.is_empty() && chance(self.rng, 35) {
            let known = pick(self.rng, &earlier).clone();
            return (self.maybe_variable(&known.name), known);
        }
        if !self.parents.is_empty() && chance(self.rng, if index == 0 { 60 } else { 20 }) {
            let known = pick(self.rng, self.parents).clone();
            let name = self.parent(&known);
            return (name, known);
        }
        let runs = Known { runs: true, paths: vec!["/bin/see".to_owned()], ..Known::default() };
        if chance(self.rng, 12) {
            return ("scratch".to_owned(), Known::default());
        }
        if chance(self.rng, 6) {
            let name = format!("{REGISTRY}/plain:1");
            self.contexts.insert("outer".to_owned(), Context::External(name));
            return ("outer".to_owned(), runs);
        }
        let name = *pick(self.rng, &["plain", "plain", "plain", "env", "env", "onbuild"]);
        let seen = name == "onbuild";
        let known = Known { seen, ..runs };
        let tag = *pick(self.rng, &["", "", ":1", ":latest"]);
        let taken = self.stages.iter().any(|stage| stage.name == name);
        let registry = if taken || chance(self.rng, 70) { format!("{REGISTRY}/") } else { String::new() };
        match self.rng.u8(..10) {
            0 => {
                let word = self.maybe_variable(name);
                (format!("{registry}{word}{tag}"), known)
            }
            1 => (format!("{registry}{name}${{TAG:-:1}}"), known),
            _ => (format!("{registry}{name}{tag}"), known),
        }
    }

    /// A name in `FROM`, now and then through a global `ARG`.
    fn maybe_variable(&mut self, name: &str) -> String {
        if !chance(self.rng, 25) {
            return name.to_owned();
        }
        let variable = format!("BASE{}", self.serial());
        match self.rng.u8(..4) {
            0 => return format!("${{{variable}:-{name}}}"),
            1 => {
                self.global(&variable, "overridden");
                self.args.insert(variable.clone(), name.to_owned());
            }
            _ => self.global(&variable, name),
        }
        format!("${{{variable}}}")
    }

    /// The named context of an image of the same plan.
    pub fn parent(&mut self, known: &Known) -> String {
        let name = format!("up-{}", known.name);
        self.contexts.insert(name.clone(), Context::Parent(known.name.clone()));
        name
    }

    /// Adds an instruction to the stage that is being written.
    pub fn push(&mut self, instruction: Instruction) {
        if let Some(stage) = self.dockerfile.stages.last_mut() {
            stage.body.push(Line::from(instruction));
        }
    }

    /// A stage takes along what those that it uses have seen; the last one now and then also what nothing uses. So
    /// what was read shows in the image.
    fn collect(&mut self, last: bool) {
        for (index, stage) in self.stages.clone().iter().enumerate() {
            let number = index.to_string();
            let percent = match self.uses(&|from| from.eq_ignore_ascii_case(&stage.name) || from == number) {
                true => 100,
                false if last => 45,
                false => 0,
            };
            if chance(self.rng, percent) {
                let from = match self.rng.u8(..4) {
                    0 => number,
                    1 => stage.name.to_uppercase(),
                    _ => stage.name.clone(),
                };
                if stage.seen {
                    self.take(from, "/seen", format!("/seen-{index}"));
                } else {
                    self.take(from, "/", format!("/all-{index}/"));
                }
            }
        }
        let parents = self.contexts.iter().filter(|(_, context)| matches!(context, Context::Parent(_)));
        for name in parents.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            if self.uses(&|from| from == name) {
                let to = format!("/all-{name}/");
                self.take(name, "/", to);
            }
        }
    }

    fn take(&mut self, from: String, source: &str, to: String) {
        let flags = if source == "/" { vec!["--exclude=bin".to_owned()] } else { Vec::new() };
        let sources = vec![source.to_owned()];
        self.push(Instruction::Copy(Copy { from: Some(from), flags, sources, to, ..Copy::default() }));
    }

    /// Whether the stage that is being written copies or mounts from it.
    fn uses(&self, is_it: &dyn Fn(&str) -> bool) -> bool {
        let lines = self.dockerfile.stages.last().into_iter().flat_map(|stage| &stage.body);
        lines.into_iter().any(|line| match &line.instruction {
            Instruction::Copy(copy) => copy.from.as_deref().is_some_and(is_it),
            Instruction::Run(run) => {
                let mut options = run.mounts.iter().flatten();
                options.any(|(key, value)| key == "from" && value.as_deref().is_some_and(is_it))
            }
            _ => false,
        })
    }

    /// What only the image's configuration shows; whether it ends with a user that is not root.
    fn configuration(&mut self) -> bool {
        let mut user = false;
        let rows: [(&'static str, &[&str]); 8] = [
            ("CMD", &["[\"/bin/see\",", "\"cmd\"]"]),
            ("CMD", &["see", "$A"]),
            ("ENTRYPOINT", &["[\"/bin/see\"]"]),
            ("HEALTHCHECK", &["--interval=5s", "CMD", "/bin/see", "health"]),
            ("STOPSIGNAL", &["SIGINT"]),
            ("EXPOSE", &["80", "90/udp"]),
            ("VOLUME", &["/data"]),
            ("USER", &["1000:1000"]),
        ];
        while chance(self.rng, 40) {
            let (keyword, words) = *pick(self.rng, &rows);
            user |= keyword == "USER";
            self.push(Instruction::Plain(keyword, words.iter().map(|word| (*word).to_owned()).collect()));
        }
        user
    }
}
