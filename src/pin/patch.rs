//! A change as people review it: a unified diff, which `git apply` takes.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Edit, apply};

/// Lines around a change.
const AROUND: usize = 3;

/// The diff of one file; empty without edits. `path` is seen from the repository's root.
pub fn unified(path: &str, text: &str, edits: &[Edit]) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut starts = Vec::with_capacity(lines.len());
    let mut at = 0;
    for line in &lines {
        starts.push(at);
        at += line.len();
    }
    let line_of = |offset: usize| starts.partition_point(|start| *start <= offset).saturating_sub(1);
    let mut hunks: Vec<Range<usize>> = Vec::new();
    for edit in edits {
        let (first, last) = (line_of(edit.range.start), line_of(edit.range.end));
        match hunks.last_mut() {
            Some(hunk) if first <= hunk.end + 2 * AROUND => hunk.end = hunk.end.max(last + 1),
            _ => hunks.push(first..last + 1),
        }
    }
    let mut out = String::new();
    if !hunks.is_empty() {
        let _ = write!(out, "--- a/{path}\n+++ b/{path}\n");
    }
    for hunk in hunks {
        let from = hunk.start.saturating_sub(AROUND);
        let to = (hunk.end + AROUND).min(lines.len());
        let _ = writeln!(out, "@@ -{},{count} +{},{count} @@", from + 1, from + 1, count = to - from);
        let changed: Vec<(usize, &str, String)> = (from..to)
            .filter_map(|index| {
                let (line, start) = (lines.get(index)?, starts.get(index)?);
                Some((index, *line, edited(line, *start, edits)))
            })
            .collect();
        let mut rest = changed.as_slice();
        while let Some((_, line, new)) = rest.first() {
            if line == new {
                put(&mut out, ' ', line);
                rest = rest.get(1..).unwrap_or_default();
                continue;
            }
            let run = rest.iter().take_while(|(_, line, new)| line != new).count();
            let (block, behind) = rest.split_at(run);
            block.iter().for_each(|(_, line, _)| put(&mut out, '-', line));
            block.iter().for_each(|(_, _, new)| put(&mut out, '+', new));
            rest = behind;
        }
    }
    out
}

/// A line with its edits; none of them goes beyond it.
fn edited(line: &str, start: usize, edits: &[Edit]) -> String {
    let end = start + line.len();
    let from = edits.partition_point(|edit| edit.range.start < start);
    let here: Vec<Edit> = edits
        .iter()
        .skip(from)
        .take_while(|edit| edit.range.start < end)
        .filter(|edit| edit.range.end <= end)
        .map(|edit| Edit { range: edit.range.start - start..edit.range.end - start, ..edit.clone() })
        .collect();
    apply(line, &here)
}

fn put(out: &mut String, sign: char, line: &str) {
    out.push(sign);
    out.push_str(line);
    if !line.ends_with('\n') {
        out.push_str("\n\\ No newline at end of file\n");
    }
}
