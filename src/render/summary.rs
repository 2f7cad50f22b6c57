//! A plan as Markdown, for the summary of a job or an issue: a table, what to know, and a drawing of the images.
//!
//! A summary that is too large is dropped as a whole, so rows are left out before that, and a line says how many.

use std::fmt::Write as _;

use crate::plan::{Image, Plan};
use crate::render::markdown::{code, words};
use crate::render::{mermaid, text};

/// What is kept for lines that say what was left out.
const RESERVE: usize = 400;

/// At most `limit` bytes; nothing where that is too little for a sentence and a head.
pub fn plan(plan: &Plan, limit: usize) -> String {
    if limit < 2 * RESERVE {
        return String::new();
    }
    let short = plan.short();
    let mut page = Page { text: String::new(), limit: limit.saturating_sub(RESERVE) };
    page.text = format!("### imgplan: {}, commit {}\n\n", text::summary(plan), code(short));
    if plan.images.is_empty() {
        return page.text;
    }
    page.text.push_str("| image | action | reason | digest |\n|---|---|---|---|\n");
    let left_out = page.fill(plan.images.iter().map(row));
    if left_out > 0 {
        let _ = writeln!(page.text, "\n{left_out} more images do not fit here: the log has them all.");
    }
    if let Some(drawing) = mermaid::plan(plan) {
        page.add(&format!("\n```mermaid\n{drawing}```\n"));
    }
    let notes = plan.images.iter().flat_map(|image| {
        let line = |warning| format!("- {}: {}\n", code(&image.name), words(&format!("{warning}")));
        image.warnings.iter().map(line)
    });
    let mut notes = notes.peekable();
    if notes.peek().is_some() && page.add("\n<details><summary>What to know</summary>\n\n") {
        let left_out = page.fill(notes);
        if left_out > 0 {
            let _ = writeln!(page.text, "- and {left_out} more, in the log");
        }
        page.text.push_str("\n</details>\n");
    }
    page.text
}

fn row(image: &Image) -> String {
    let digest = image.digest.as_ref().map_or_else(String::new, |digest| code(&digest.to_string()));
    format!("| {} | {} | {} | {digest} |\n", code(&image.name), image.action.as_str(), words(&image.reason))
}

/// A text that does not grow past a limit.
struct Page {
    text: String,
    limit: usize,
}

impl Page {
    /// Adds a piece as a whole, or not at all.
    fn add(&mut self, piece: &str) -> bool {
        let fits = self.text.len() + piece.len() <= self.limit;
        if fits {
            self.text.push_str(piece);
        }
        fits
    }

    /// Adds pieces until one does not fit; how many are left out.
    fn fill(&mut self, pieces: impl Iterator<Item = String>) -> usize {
        let mut left_out = 0;
        for piece in pieces {
            if left_out > 0 || !self.add(&piece) {
                left_out += 1;
            }
        }
        left_out
    }
}
