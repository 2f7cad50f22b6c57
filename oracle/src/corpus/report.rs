//! What came of a corpus, as Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::case::{Case, Difference, Judged, Kind};
use super::clones::{Clone, File};
use super::inputs::Inputs;
use super::verdict::Verdict;

/// Sums and lists over all cases.
#[derive(Default)]
pub(super) struct Report {
    /// Name, commit and number of files.
    repositories: Vec<(String, String, usize)>,
    verdicts: BTreeMap<Verdict, usize>,
    /// Those that are widened, but not with their arguments given.
    relieved: usize,
    /// Those that were read with arguments given.
    with_args: usize,
    /// Texts that were seen, since many files are the same.
    distinct: BTreeSet<Vec<u8>>,
    inputs: BTreeMap<&'static str, usize>,
    not_found: Vec<(String, String)>,
    /// imgplan's words about what is widened or refused.
    said: Vec<(String, String)>,
    targets: usize,
    builds: usize,
    refused: usize,
    reads: usize,
    differences: Vec<(String, Difference)>,
    total: usize,
}

impl Report {
    /// Notes a repository.
    pub(super) fn repository(&mut self, clone: &Clone, files: &[File]) {
        self.repositories.push((clone.name.clone(), clone.commit.id.to_string(), files.len()));
    }

    /// Notes a Dockerfile.
    pub(super) fn add(&mut self, case: &Case, judged: &Judged, inputs: Option<&Inputs>) {
        self.total += 1;
        self.distinct.insert(case.bytes.clone());
        *self.verdicts.entry(judged.verdict.clone()).or_default() += 1;
        if !matches!(judged.verdict, Verdict::Precise | Verdict::Template) {
            self.said.push((case.name.clone(), judged.why.clone()));
        }
        self.with_args += usize::from(!judged.args.is_empty());
        let widened = |verdict: &Verdict| matches!(verdict, Verdict::Widened(_));
        self.relieved += usize::from(widened(&judged.verdict) && !widened(&judged.given));
        self.targets += judged.counts.targets;
        self.builds += judged.counts.builds;
        self.refused += judged.counts.refused;
        self.reads += judged.counts.reads;
        self.differences.extend(judged.differences.iter().map(|found| (case.name.clone(), found.clone())));
        if let Some(inputs) = inputs {
            *self.inputs.entry(context(inputs)).or_default() += 1;
            if let Inputs::Nowhere(why) = inputs {
                self.not_found.push((case.name.clone(), why.clone()));
            }
        }
    }

    /// Dockerfiles, templates among them.
    pub(super) fn total(&self) -> usize {
        self.total
    }

    /// Differences that are bugs until they are judged otherwise.
    pub(super) fn findings(&self) -> usize {
        self.of(Kind::Lacking) + self.of(Kind::OnlyOurRefusal)
    }

    fn of(&self, kind: Kind) -> usize {
        self.differences.iter().filter(|(_, found)| found.kind == kind).count()
    }

    /// The whole, with lists of what is only noted if wanted.
    pub(super) fn markdown(&self, title: &str, notes: bool) -> String {
        let mut text = format!("# {title}\n\n");
        self.repositories(&mut text);
        self.verdicts(&mut text);
        self.agreement(&mut text);
        for (kind, always) in [
            (Kind::Lacking, true),
            (Kind::OnlyOurRefusal, true),
            (Kind::OnlyTheirRefusal, notes),
            (Kind::Extra, notes),
        ] {
            if always {
                self.list(kind, &mut text);
            }
        }
        if notes {
            said("What imgplan says of those that are not precise", &self.said, &mut text);
            said("Inputs that are in no likely context", &self.not_found, &mut text);
        }
        text
    }

    fn repositories(&self, text: &mut String) {
        if self.repositories.is_empty() {
            return;
        }
        text.push_str("| repository | commit | files |\n|---|---|---:|\n");
        for (name, commit, files) in &self.repositories {
            let _ = writeln!(text, "| {name} | `{}` | {files} |", commit.get(..12).unwrap_or(commit));
        }
        text.push('\n');
    }

    fn verdicts(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "{} files, {} of them different. {} were read with arguments given: without them they name no image. \
             {} are widened only because an argument without a default is not given.\n",
            self.total,
            self.distinct.len(),
            self.with_args,
            self.relieved
        );
        text.push_str("| judgement | reason | files | share |\n|---|---|---:|---:|\n");
        for (verdict, count) in &self.verdicts {
            let (name, reason) = match verdict {
                Verdict::Precise => ("precise", ""),
                Verdict::Union(reason) => ("union over platforms", reason.as_str()),
                Verdict::Widened(reason) => ("widened", reason.as_str()),
                Verdict::Refused(reason) => ("refused", reason.as_str()),
                Verdict::Template => ("a template, no Dockerfile", ""),
            };
            let share = 100.0 * *count as f64 / self.total as f64;
            let _ = writeln!(text, "| {name} | {reason} | {count} | {share:.1} % |");
        }
        text.push('\n');
        if !self.inputs.is_empty() {
            text.push_str("| the files that are read are there | files |\n|---|---:|\n");
            for (context, count) in &self.inputs {
                let _ = writeln!(text, "| {context} | {count} |");
            }
            text.push('\n');
        }
    }

    fn agreement(&self, text: &mut String) {
        let rows = [
            ("targets", self.targets),
            ("builds: each target in each round", self.builds),
            ("builds that both refuse", self.refused),
            ("reads of the context in BuildKit's graphs", self.reads),
            ("reads that imgplan lacks", self.of(Kind::Lacking)),
            ("builds that only imgplan refuses", self.of(Kind::OnlyOurRefusal)),
            ("builds that only BuildKit refuses", self.of(Kind::OnlyTheirRefusal)),
            ("sources that only imgplan counts", self.of(Kind::Extra)),
        ];
        text.push_str("| compared with BuildKit | number |\n|---|---:|\n");
        for (name, count) in rows {
            let _ = writeln!(text, "| {name} | {count} |");
        }
        text.push('\n');
    }

    fn list(&self, kind: Kind, text: &mut String) {
        if self.of(kind) == 0 {
            return;
        }
        let title = match kind {
            Kind::Lacking => "READS THAT IMGPLAN LACKS",
            Kind::OnlyOurRefusal => "REFUSED BY IMGPLAN ALONE",
            Kind::OnlyTheirRefusal => "Refused by BuildKit alone",
            Kind::Extra => "Counted by imgplan alone",
        };
        let _ = writeln!(text, "## {title}\n");
        for (name, found) in self.differences.iter().filter(|(_, found)| found.kind == kind) {
            let line = found.text.replace('\n', " ");
            let _ = writeln!(text, "- {name} ({}): {line}", found.build);
        }
        text.push('\n');
    }
}

fn said(title: &str, list: &[(String, String)], text: &mut String) {
    let _ = writeln!(text, "## {title}\n");
    for (name, why) in list {
        let _ = writeln!(text, "- {name}: {why}");
    }
    text.push('\n');
}

fn context(inputs: &Inputs) -> &'static str {
    match inputs {
        Inputs::Own => "with the Dockerfile's folder as the context",
        Inputs::Root => "with the repository's root",
        Inputs::Between => "with a folder between them",
        Inputs::Nowhere(_) => "in none of them: made before the build, or of another folder",
    }
}
