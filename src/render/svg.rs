//! A simulation as a picture: a row for each image, a column for each commit (in long histories for a few).

use std::fmt::Write as _;

use crate::simulation::Simulation;
use crate::text::sanitise;

const WIDTH: usize = 960;
const LEFT: usize = 220;
const ROW: usize = 26;
const TOP: usize = 48;

/// A document of its own, readable on light and on dark.
pub fn simulation(simulation: &Simulation) -> String {
    let height = TOP + ROW * simulation.images.len() + 16;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{WIDTH}\" height=\"{height}\" viewBox=\"0 0 {WIDTH} {height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<rect width=\"100%\" height=\"100%\" fill=\"#ffffff\"/>\n"
    );
    let _ = writeln!(
        out,
        "<text x=\"12\" y=\"26\" font-size=\"16\">{} commits: {} builds instead of {}</text>",
        simulation.commits, simulation.builds, simulation.builds_without
    );
    for (row, image) in simulation.images.iter().enumerate() {
        let y = TOP + ROW * row;
        let _ = writeln!(
            out,
            "<text x=\"12\" y=\"{}\">{}<title>{} builds in {} commits</title></text>",
            y + 14,
            escaped(&shortened(&image.name)),
            image.builds,
            image.commits
        );
        let _ = writeln!(
            out,
            "<text x=\"{}\" y=\"{}\" text-anchor=\"end\" fill=\"#666666\">{}</text>",
            LEFT - 10,
            y + 14,
            image.builds
        );
        bars(&mut out, &image.timeline, y);
    }
    out.push_str("</svg>\n");
    out
}

fn bars(out: &mut String, timeline: &[Option<bool>], y: usize) {
    let room = WIDTH - LEFT - 12;
    let columns = timeline.len().min(room / 3).max(1);
    for column in 0..columns {
        let bin = &timeline[column * timeline.len() / columns..(column + 1) * timeline.len() / columns];
        if bin.iter().all(Option::is_none) {
            continue;
        }
        let built = bin.iter().filter(|commit| **commit == Some(true)).count();
        let fill = match (built, built * 2 > bin.len()) {
            (0, _) => "#d9ead3",
            (_, false) => "#f6b26b",
            (_, true) => "#cc4125",
        };
        let from = column * room / columns;
        let width = ((column + 1) * room / columns).saturating_sub(from).max(1);
        let _ = writeln!(
            out,
            "<rect x=\"{}\" y=\"{y}\" width=\"{width}\" height=\"18\" fill=\"{fill}\"/>",
            LEFT + from
        );
    }
}

fn shortened(name: &str) -> String {
    match name.char_indices().nth(22) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    sanitise(text).replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
