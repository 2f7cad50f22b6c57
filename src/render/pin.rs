//! `imgplan pin` for a person: findings as lines that editors and CI systems jump to, changes as a diff.

use std::fmt::Write as _;

use crate::pin::report::Report;
use crate::text::sanitise;

/// One line a finding: `file:line:column: key: finding: reason`, and below it what it should be.
pub fn findings(report: &Report) -> String {
    let mut out = String::new();
    for file in &report.files {
        if let Some(finding) = file.finding {
            let others = match file.others {
                0 => String::new(),
                1 => " (1 of another)".to_owned(),
                others => format!(" ({others} of others)"),
            };
            let path = sanitise(&file.path);
            let _ = writeln!(out, "{path}: {finding}: it names no image of this project{others}");
        }
        for reference in &file.references {
            let (Some(finding), Some(reason)) = (reference.finding, &reference.reason) else { continue };
            let _ = writeln!(
                out,
                "{}:{}:{}: {}: {finding}: {}: {}",
                sanitise(&file.path),
                reference.line,
                reference.column,
                sanitise(&reference.key),
                sanitise(&reference.from),
                sanitise(reason),
            );
            if let Some(to) = &reference.to {
                let _ = writeln!(out, "    should be {}", sanitise(to));
            }
            if let Some(changed) = &reference.changed {
                let _ = writeln!(out, "    since then {}", sanitise(changed));
            }
        }
    }
    out
}

/// The diffs of all files. What a terminal would obey is shown instead; tabs and line ends stay.
pub fn diff(report: &Report) -> String {
    let mut out = String::new();
    for line in report.files.iter().flat_map(|file| file.diff.split_inclusive('\n')) {
        let (text, end) = match line.strip_suffix("\r\n") {
            Some(text) => (text, "\r\n"),
            None => line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n")),
        };
        let parts: Vec<_> = text.split('\t').map(sanitise).collect();
        out.push_str(&parts.join("\t"));
        out.push_str(end);
    }
    out
}

/// The commit message.
pub fn message(report: &Report) -> String {
    let lines = report.message.iter().flat_map(|message| message.lines());
    lines.flat_map(|line| [sanitise(line), "\n".into()]).collect()
}
