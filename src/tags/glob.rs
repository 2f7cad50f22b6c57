//! What a template's tags look like to those who know no regular expressions: globs of `*` and `?`.

use super::Template;
use super::placeholders::Piece;

/// A glob that matches every tag of the template, and more. With `single`, an id is as many `?` as it has digits; without
/// it all that is not fixed is `*`.
pub fn glob(template: &Template, single: bool) -> String {
    let mut glob = String::new();
    for piece in &template.pieces {
        match piece {
            Piece::Literal(text) => glob.push_str(text),
            Piece::Sha(digits) | Piece::InputSha(digits) | Piece::ContentHash(digits)
                if single && *digits <= 40 =>
            {
                glob.push_str(&"?".repeat(*digits));
            }
            _ if glob.ends_with('*') => {}
            _ => glob.push('*'),
        }
    }
    glob
}
