//! What a Renku project says of its sessions' image: the pin in `.renku/renku.ini`.
//!
//! Pure: bytes to a name. The file is what Python's `configparser` reads: sections, `key = value` or `key: value`, whole
//! lines of comments; keys in any case.

use bstr::ByteSlice as _;

/// Where it stands in a repository.
pub const FILE: &str = ".renku/renku.ini";

/// The image that the project's sessions are pinned to, as written; `None` where there is no pin.
pub fn pinned_image(bytes: &[u8]) -> Option<String> {
    let mut interactive = false;
    let mut image = None;
    for line in bytes.lines() {
        let line = line.to_str_lossy();
        // A line that is indented goes on with the value before it.
        if line.starts_with([' ', '\t', '#', ';']) {
            continue;
        }
        let line = line.trim();
        if let Some(section) = line.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
            interactive = matches!(section, "interactive" | "renku \"interactive\"");
        } else if let Some((key, value)) = line.split_once(['=', ':'])
            && interactive
            && key.trim().eq_ignore_ascii_case("image")
        {
            image = Some(value.trim().to_owned()).filter(|image| !image.is_empty());
        }
    }
    image
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pin_is_found_in_its_section_alone() {
        let pinned = |text: &str| pinned_image(text.as_bytes());
        let image = Some("registry.example.org/group/project:abc1234".to_owned());
        let line = "registry.example.org/group/project:abc1234";
        assert_eq!(pinned(&format!("[interactive]\ndefault_url = /lab\nimage = {line}\n")), image);
        assert_eq!(pinned(&format!("[renku \"interactive\"]\r\nIMAGE: {line}\r\n")), image);
        assert_eq!(pinned(&format!("image = {line}\n[other]\nimage = {line}\n")), None);
        assert_eq!(pinned(&format!("[interactive]\n# image = {line}\n;image = {line}\nimage =\n")), None);
        assert_eq!(pinned(""), None);
        assert_eq!(pinned_image(b"\xff\n[interactive]\nimage=a\xffb"), Some("a\u{fffd}b".to_owned()));
    }
}
