//! A Dockerfile's text.
//!
//! Every instruction becomes words; its layout says what stands between them.

use super::model::{Case, Command, Copy, Dockerfile, From, Heredoc, Instruction, Layout, Run, Style};

impl Dockerfile {
    /// The file's text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        if self.style.backtick || self.style.spelled_escape {
            text.push_str(&format!("# escape={}\n", self.style.escape()));
        }
        for line in &self.globals {
            write(&mut text, &self.style, &line.layout, &words(&line.instruction));
            bodies(&mut text, &line.instruction);
        }
        for stage in &self.stages {
            write(&mut text, &self.style, &stage.layout, &from(&stage.from));
            for line in &stage.body {
                write(&mut text, &self.style, &line.layout, &words(&line.instruction));
                bodies(&mut text, &line.instruction);
            }
        }
        for line in &self.tail {
            text.push_str(line);
            text.push('\n');
        }
        if self.style.crlf {
            text = text.replace('\n', "\r\n");
        }
        if self.style.bom { format!("\u{feff}{text}") } else { text }
    }
}

/// One instruction without its heredocs' bodies.
fn write(text: &mut String, style: &Style, layout: &Layout, words: &[String]) {
    for line in &layout.above {
        text.push_str(line);
        text.push('\n');
    }
    text.push_str(&layout.indent);
    for (index, word) in words.iter().enumerate() {
        match layout.breaks.get(&index) {
            _ if index == 0 => {
                text.push_str(&cased(word, layout.case));
                continue;
            }
            Some(at) => {
                text.push_str(&format!(" {}\n", style.escape()));
                for line in &at.between {
                    text.push_str(line);
                    text.push('\n');
                }
                text.push_str(&at.indent);
            }
            None => text.push(' '),
        }
        text.push_str(word);
    }
    text.push_str(&layout.trailing);
    text.push('\n');
}

fn cased(keyword: &str, case: Case) -> String {
    match case {
        Case::Upper => keyword.to_owned(),
        Case::Lower => keyword.to_lowercase(),
        Case::Title => keyword[..1].to_owned() + &keyword[1..].to_lowercase(),
    }
}

/// The words of a `FROM`.
fn from(from: &From) -> Vec<String> {
    let mut words = vec!["FROM".to_owned()];
    words.extend(from.platform.as_ref().map(|platform| format!("--platform={platform}")));
    words.push(from.base.clone());
    if let Some(name) = &from.name {
        words.extend(["AS".to_owned(), name.clone()]);
    }
    words
}

/// An instruction's words, the keyword first.
pub(super) fn words(instruction: &Instruction) -> Vec<String> {
    match instruction {
        Instruction::Arg(rows) => {
            let rows = rows.iter().map(|(name, value)| match value {
                Some(value) => format!("{name}={value}"),
                None => name.clone(),
            });
            std::iter::once("ARG".to_owned()).chain(rows).collect()
        }
        Instruction::Env(rows) => {
            let rows = rows.iter().map(|(name, value)| format!("{name}={value}"));
            std::iter::once("ENV".to_owned()).chain(rows).collect()
        }
        Instruction::Copy(it) => copy(it),
        Instruction::Run(it) => run(it),
        Instruction::Plain(keyword, rest) => {
            std::iter::once((*keyword).to_owned()).chain(rest.iter().cloned()).collect()
        }
        Instruction::Onbuild(inner) => std::iter::once("ONBUILD".to_owned()).chain(words(inner)).collect(),
    }
}

fn copy(copy: &Copy) -> Vec<String> {
    let mut words = vec![if copy.add { "ADD" } else { "COPY" }.to_owned()];
    words.extend(copy.from.as_ref().map(|from| format!("--from={from}")));
    words.extend(copy.flags.iter().cloned());
    let paths = copy.sources.iter().chain([&copy.to]);
    if copy.json && copy.heredocs.is_empty() {
        words.extend(json(paths));
    } else {
        words.extend(copy.heredocs.iter().map(Heredoc::opening));
        words.extend(paths.cloned());
    }
    words
}

fn run(run: &Run) -> Vec<String> {
    let mut words = vec!["RUN".to_owned()];
    words.extend(run.flags.iter().cloned());
    words.extend(run.mounts.iter().map(|options| {
        let options: Vec<String> = options
            .iter()
            .map(|(key, value)| match value {
                Some(value) => format!("{key}={value}"),
                None => key.clone(),
            })
            .collect();
        format!("--mount={}", options.join(","))
    }));
    match &run.command {
        Command::Exec(arguments) => words.extend(json(arguments.iter())),
        Command::Shell(shell) => words.extend(shell.iter().cloned()),
        Command::Script(heredoc) => words.push(heredoc.opening()),
    }
    words
}

/// The words of a JSON array, so that a line may break after each comma.
fn json<'a>(values: impl Iterator<Item = &'a String>) -> Vec<String> {
    let mut words: Vec<String> =
        values.map(|value| format!("{},", serde_json::Value::from(value.as_str()))).collect();
    if let Some(first) = words.first_mut() {
        first.insert(0, '[');
    }
    if let Some(last) = words.last_mut() {
        last.pop();
        last.push(']');
    }
    words
}

/// The lines of an instruction's heredocs.
fn bodies(text: &mut String, instruction: &Instruction) {
    let heredocs: &[Heredoc] = match instruction {
        Instruction::Copy(copy) => &copy.heredocs,
        Instruction::Run(Run { command: Command::Script(heredoc), .. }) => std::slice::from_ref(heredoc),
        Instruction::Onbuild(inner) => return bodies(text, inner),
        _ => &[],
    };
    for heredoc in heredocs {
        for line in heredoc.body.iter().chain([&heredoc.name]) {
            text.push_str(line);
            text.push('\n');
        }
    }
}
