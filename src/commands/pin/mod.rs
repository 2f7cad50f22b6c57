//! `imgplan pin`: references in files, rewritten to `tag@digest` of the image of a commit or a release.
//!
//! All files are read first, then all registries are asked, then all is judged; nothing is written unless every file can
//! be. What is right stays, so that a run that was cut short is completed by the next.

mod files;
mod origin;
mod wanted;

use self::files::File;
use self::wanted::{Answers, Targets};
use crate::cli::{Common, Format, Pin};
use crate::commands::repository::Purpose;
use crate::commands::session::Session;
use crate::commands::{Ended, output, wait_for};
use crate::error::{Errors, Kind, Result};
use crate::pin::{self, Edit, Finding, Site, Wanted, report};
use crate::printer::Printer;
use crate::render;

/// Runs it.
pub(super) fn run(common: &Common, arguments: &Pin, printer: &Printer) -> Result<Ended, Errors> {
    let spec = arguments.at.as_deref().unwrap_or("HEAD");
    let session = Session::open(common, spec, &[], Purpose::Resolve, printer)?;
    let targets = Targets::of(&session, common)?;
    let (files, mut errors) = read(&session, arguments);
    // Nothing may be written then, so nothing is asked.
    if !errors.0.is_empty() && !arguments.check {
        return Err(errors);
    }
    let mut named = Vec::new();
    for file in &files {
        named.extend(file.reading.sites.iter().filter_map(|site| Some((site, targets.get(site)?))));
    }
    let registry = session.registry()?;
    let answers = wait_for(async { wanted::ask(&session, common, arguments, &registry, &named).await })?;
    let origins = wait_for(async { Ok(origin::of(&session, common, &registry, &named, &answers).await) })?;
    answers.notes.iter().chain(&origins.notes).for_each(|note| printer.note(note));
    let judged: Vec<Judged<'_>> = files.iter().map(|file| judge(file, &targets, &answers)).collect();
    errors.extend(answers.errors(&named));
    let mut changes = Vec::new();
    for judged in &judged {
        match judged.edits(arguments.check) {
            Ok(edits) => changes.push(edits),
            Err(error) => {
                errors.push(error);
                changes.push(Vec::new());
            }
        }
    }
    if !errors.0.is_empty() && !arguments.check {
        return Err(errors);
    }
    let mut report = tell(&session, (arguments, !common.images.is_empty()), &judged, &changes, &origins);
    say(&report, arguments, printer);
    if !arguments.check && !arguments.dry_run {
        let failed = write(&judged, &changes, &mut report)?;
        if !failed.0.is_empty() {
            // A commit has what was written.
            let written: Vec<report::File> =
                report.files.iter().filter(|file| file.written).cloned().collect();
            report.message = report::message(&written, &target(&session, arguments));
        }
        errors.extend(failed.0);
    }
    errors.extend(print(common, arguments, &report, printer).0);
    let finds =
        arguments.check && judged.iter().any(|judged| judged.references.iter().any(Reference::is_wrong));
    let finds = finds || report.files.iter().any(|file| file.finding.is_some());
    let kind = errors.kind().into_iter().chain(finds.then_some(Kind::Conflict)).reduce(Kind::max);
    Ok(Ended { status: kind.map_or(0, Kind::exit_code), errors })
}

/// Every file that can be read, and why the others cannot. One that is named twice is read once.
fn read(session: &Session, arguments: &Pin) -> (Vec<File>, Errors) {
    let base = session.environment.directory();
    let mut files: Vec<File> = Vec::new();
    // Without it no link out of the clone could be told from a file in it.
    let root = match session.git.work_dir().map(|root| files::root(&base.join(root))).transpose() {
        Ok(root) => root,
        Err(error) => return (files, error.into()),
    };
    let mut errors = Errors::default();
    for name in &arguments.files {
        match files::read(name, base, root.as_deref(), arguments.kind) {
            Ok(file) if files.iter().any(|other| other.is(&file)) => {}
            Ok(file) => files.push(file),
            Err(failed) => errors.extend(failed.0),
        }
    }
    (files, errors)
}

/// A file with what is to be said of its references.
struct Judged<'f> {
    file: &'f File,
    references: Vec<Reference<'f>>,
    others: usize,
}

/// A reference to an image of this project.
struct Reference<'f> {
    site: &'f Site,
    image: &'f str,
    wanted: Option<Wanted>,
    finding: Option<Finding>,
}

impl Reference<'_> {
    fn is_wrong(&self) -> bool {
        self.finding.is_some()
    }
}

fn judge<'f>(file: &'f File, targets: &'f Targets, answers: &Answers) -> Judged<'f> {
    let mut judged = Judged { file, references: Vec::new(), others: 0 };
    for site in &file.reading.sites {
        let Some(target) = targets.get(site) else {
            judged.others += 1;
            continue;
        };
        let wanted = answers.wanted(target).cloned();
        let finding = match &wanted {
            Some(wanted) => pin::judge(site, wanted, answers.presence(site, target)),
            // That it floats can be told without an answer.
            None => site.digest.is_none().then_some(Finding::Floats),
        };
        judged.references.push(Reference { site, image: &target.image, wanted, finding });
    }
    judged
}

impl Judged<'_> {
    /// What has to change in the file, proven. With `checks` a reference that cannot be written is no error: it is found.
    fn edits(&self, checks: bool) -> Result<Vec<Edit>> {
        let wrong = self.references.iter().filter(|reference| reference.is_wrong());
        let wrong: Vec<(&Site, &Wanted)> =
            wrong.filter_map(|reference| Some((reference.site, reference.wanted.as_ref()?))).collect();
        let File { shown, text, kind, .. } = self.file;
        let proven = pin::edits(shown, &wrong).and_then(|edits| {
            pin::proof::check(shown, *kind, text, &pin::apply(text, &edits), &edits).map(|()| edits)
        });
        match proven {
            Err(_) if checks => Ok(Vec::new()),
            proven => proven,
        }
    }
}

/// Replaces every file that changes; the first only when all are ready. One that cannot be replaced even so is in what is
/// returned, and stops no other one: the report has those that were.
fn write(
    judged: &[Judged<'_>],
    changes: &[Vec<Edit>],
    report: &mut report::Report,
) -> Result<Errors, Errors> {
    let mut ready = Vec::new();
    let mut errors = Errors::default();
    for (index, (judged, edits)) in
        judged.iter().zip(changes).enumerate().filter(|(_, (_, edits))| !edits.is_empty())
    {
        match files::prepare(judged.file, &pin::apply(&judged.file.text, edits)) {
            Ok(prepared) => ready.push((index, prepared)),
            Err(error) => errors.push(error),
        }
    }
    errors.extend(ready.iter().filter_map(|(_, prepared)| prepared.check().err()));
    errors.or(())?;
    let (written, errors) = files::replace_all(ready);
    for (index, file) in report.files.iter_mut().enumerate() {
        file.written = written.contains(&index);
    }
    Ok(errors)
}

/// All that is known, for output.
fn tell(
    session: &Session,
    (arguments, narrowed): (&Pin, bool),
    judged: &[Judged<'_>],
    changes: &[Vec<Edit>],
    origins: &origin::Origins,
) -> report::Report {
    let file = |(judged, edits): (&Judged<'_>, &Vec<Edit>)| report::File {
        path: judged.file.shown.clone(),
        kind: judged.file.kind.as_str(),
        references: judged.references.iter().map(|reference| told(reference, origins)).collect(),
        others: judged.others,
        // With --image a file may well name other images only.
        finding: (arguments.check && !narrowed && judged.references.is_empty()).then_some(report::UNNAMED),
        left: judged
            .file
            .reading
            .left
            .iter()
            .map(|left| report::Left { line: left.line, column: left.column, reason: left.reason.clone() })
            .collect(),
        diff: pin::patch::unified(&judged.file.in_repository, &judged.file.text, edits),
        written: false,
    };
    let files: Vec<report::File> = judged.iter().zip(changes).map(file).collect();
    let message = report::message(&files, &target(session, arguments));
    let commit = arguments.release.is_none().then(|| session.sha.clone());
    let release = arguments.release.as_ref().map(ToString::to_string);
    report::Report { version: 1, commit, release, files, message }
}

/// What is pinned to, for a person.
fn target(session: &Session, arguments: &Pin) -> String {
    match &arguments.release {
        Some(tag) => tag.to_string(),
        None => session.commit.short(),
    }
}

fn told(reference: &Reference<'_>, origins: &origin::Origins) -> report::Reference {
    let Reference { site, image, wanted, finding } = reference;
    let origin = finding.as_ref().and_then(|_| origins.get(site));
    let commit = origin.map(|origin| origin.commit.as_str());
    let short = commit.map(|commit| commit.get(..7).unwrap_or(commit));
    report::Reference {
        image: (*image).to_owned(),
        line: site.line,
        column: site.column,
        key: site.key.clone(),
        from: site.written(),
        to: wanted.as_ref().map(|wanted| match finding {
            Some(_) => site.pinned(wanted),
            None => site.written(),
        }),
        finding: finding.as_ref().map(Finding::as_str),
        reason: finding.as_ref().map(|finding| report::reason(finding, site.tag.as_deref(), short)),
        from_commit: commit.map(str::to_owned),
        changed: origin.and_then(|origin| origin.changed.clone()),
    }
}

/// What stderr gets: what is left, and what changes.
fn say(report: &report::Report, arguments: &Pin, printer: &Printer) {
    for file in &report.files {
        for left in &file.left {
            printer.warn(&format!("{}:{}:{}: left: {}", file.path, left.line, left.column, left.reason));
        }
        let others = match file.others {
            0 => String::new(),
            1 => " (1 of another)".to_owned(),
            others => format!(" ({others} of others)"),
        };
        match file.references.iter().filter(|reference| reference.finding.is_some()).count() {
            _ if file.finding.is_some() => {}
            _ if file.references.is_empty() => {
                printer.warn(&format!("{}: names no image of this project{others}", file.path));
            }
            0 if file.references.iter().all(|reference| reference.to.is_some()) => {
                let count = match file.references.len() {
                    1 => "its reference is".to_owned(),
                    count => format!("its {count} references are"),
                };
                printer.note(&format!("{}: {count} right{others}", file.path));
            }
            _ if arguments.check => {}
            _ => {
                for reference in file.references.iter().filter(|reference| reference.finding.is_some()) {
                    let to = reference.to.as_deref().unwrap_or("?");
                    printer
                        .note(&format!("{}:{}: {} becomes {to}", file.path, reference.line, reference.from));
                }
            }
        }
    }
}

fn print(common: &Common, arguments: &Pin, report: &report::Report, printer: &Printer) -> Errors {
    output::write_each(common, printer, |format, _| match format {
        Format::Json => render::json::value(report),
        _ if arguments.check => Ok(render::pin::findings(report).into_bytes()),
        _ if arguments.dry_run => Ok(render::pin::diff(report).into_bytes()),
        _ => Ok(render::pin::message(report).into_bytes()),
    })
}
