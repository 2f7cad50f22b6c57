//! `oracle corpus`: reads real Dockerfiles as `imgplan plan` would, and asks BuildKit's own frontend about each.
//!
//! The corpus is a folder of clones, or BuildKit's source with the Dockerfiles of its tests. A read of the context
//! that BuildKit has and imgplan lacks could become a false hit: it is said loudly and is the exit status. Nothing
//! is built, and nothing is fetched.

mod buildkit;
mod case;
mod clones;
mod cover;
mod file_name;
mod frontend;
mod inputs;
mod report;
mod variables;
mod verdict;

#[cfg(test)]
mod tests;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use imgplan::tree::Objects;

use case::{Case, Judged};
use clones::File;
use frontend::Frontend;
use report::Report;

/// What is judged.
#[derive(Args)]
pub struct Options {
    /// A folder of clones, plain or bare, at any depth up to OWNER/NAME
    #[arg(required_unless_present = "buildkit")]
    folder: Option<PathBuf>,
    /// BuildKit's source: the Dockerfiles of its own tests are judged, too
    #[arg(long, value_name = "FOLDER")]
    buildkit: Option<PathBuf>,
    /// Also print what is only noted: reads that BuildKit lacks, refusals that are BuildKit's alone, inputs not found
    #[arg(long)]
    notes: bool,
}

/// Judges a corpus and prints what came of it as Markdown. Whether there is no finding.
pub fn run(options: &Options) -> Result<bool> {
    let mut frontend = Frontend::start()?;
    let mut findings = 0;
    if let Some(folder) = &options.folder {
        let report = judge_clones(folder, &mut frontend)?;
        findings += print(&report, "Dockerfiles of clones", options.notes)?;
    }
    if let Some(folder) = &options.buildkit {
        let report = judge_tests(folder, &mut frontend)?;
        findings += print(&report, "Dockerfiles of BuildKit's tests", options.notes)?;
    }
    if findings > 0 {
        say(&format!("{findings} findings: reads that imgplan lacks, or Dockerfiles that it alone refuses"));
    }
    Ok(findings == 0)
}

fn judge_clones(folder: &Path, frontend: &mut Frontend) -> Result<Report> {
    let mut report = Report::default();
    for clone in clones::find(folder)? {
        let files = clone.dockerfiles()?;
        say(&format!("{}: {} files", clone.name, files.len()));
        report.repository(&clone, &files);
        let repository = (&clone.objects as &dyn Objects, &clone.commit.tree);
        for File { path, bytes } in files {
            let case = Case { name: format!("{}: {path}", clone.name), bytes };
            let judged = judge(&case, &path, frontend)?;
            let found = match judged.reading() {
                Some(reading) => Some(inputs::find(repository, &path, &judged.args, reading)?),
                None => None,
            };
            report.add(&case, &judged, found.as_ref());
        }
    }
    ensure!(report.total() > 0, "no Dockerfile is in any clone below {}", folder.display());
    Ok(report)
}

/// The Dockerfiles of tests have no repository that they read.
fn judge_tests(folder: &Path, frontend: &mut Frontend) -> Result<Report> {
    let mut report = Report::default();
    for case in buildkit::cases(folder)? {
        let judged = judge(&case, "Dockerfile", frontend)?;
        report.add(&case, &judged, None);
    }
    ensure!(report.total() > 0, "no test of BuildKit is below {}", folder.display());
    Ok(report)
}

fn judge(case: &Case, path: &str, frontend: &mut Frontend) -> Result<Judged> {
    match file_name::template(path) || file_name::template_text(&case.bytes) {
        true => Ok(Judged::template()),
        false => case.judge(frontend),
    }
}

fn print(report: &Report, title: &str, notes: bool) -> Result<usize> {
    let mut out = std::io::stdout().lock();
    out.write_all(report.markdown(title, notes).as_bytes())?;
    Ok(report.findings())
}

fn say(text: &str) {
    // A line that nobody can read is no reason to stop.
    let _ = writeln!(std::io::stderr(), "{text}");
}
