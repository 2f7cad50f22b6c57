//! Whatever bytes a file has, reading it ends with a configuration or with placed problems.

use super::{SAMPLE, read};

/// Numbers that look random and are the same in each run (xorshift).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % end.max(1) as u64) as usize
    }
}

const PIECES: &[&str] = &[
    "\"",
    "'",
    "'''",
    "[",
    "]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\n",
    "\\",
    "\\u0000",
    "ä",
    "\u{feff}",
    "\u{1f600}",
    "..",
    "/",
    "//",
    ":",
    "@",
    "image:",
    "image:app",
    "image:base",
    "image:self",
    "{sha:",
    "0",
    "99999999999999999999",
    "d",
    "-",
    "**",
    "[images.app]",
    "[[images]]",
    "true",
    "1e9",
    "1979-05-27",
    "#",
    "\r",
];

/// The sample with a few of its bytes changed. Half of the edits put a letter or a mark for what stands
/// there, so that many files are still TOML and reach the checks behind it.
fn edited(numbers: &mut Numbers) -> String {
    let mut bytes = SAMPLE.as_bytes().to_vec();
    for _ in 0..=numbers.below(3) {
        let at = numbers.below(bytes.len());
        if numbers.below(2) == 0 {
            let small = b"aZ0-_./:*{}[,@ ";
            bytes[at] = small[numbers.below(small.len())];
            continue;
        }
        let end = (at + numbers.below(6)).min(bytes.len());
        let piece = PIECES[numbers.below(PIECES.len())].as_bytes();
        let single = [numbers.below(256) as u8];
        let new = if numbers.below(2) == 0 { piece } else { &single };
        bytes.splice(at..end, new.iter().copied());
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn no_edit_of_a_file_panics() {
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    let (mut right, mut with_key) = (0, 0);
    for _ in 0..1000 {
        let text = edited(&mut numbers);
        let Err(errors) = read(&text) else {
            right += 1;
            continue;
        };
        assert!(!errors.0.is_empty());
        let lines = text.matches('\n').count() + 1;
        for error in &errors.0 {
            let place = error.place().expect("a place");
            assert!(place.line.is_some_and(|line| (1..=lines).contains(&line)), "{error}");
            assert!(place.column.is_some_and(|column| column >= 1), "{error}");
            assert!(!error.to_string().chars().any(char::is_control), "{error:?}");
            with_key += usize::from(place.key.is_some());
        }
    }
    assert!(right > 20 && with_key > 100, "{right} right, {with_key} faults behind TOML: too few");
}

#[test]
fn deep_and_long_files_end() {
    let deep = format!("x = {}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert!(read(&deep).is_err());
    assert!(read(&format!("{}x = 1", "a.".repeat(10_000))).is_err());
    let long = format!("image.inputs = [{}]", "\"ä\", ".repeat(2_000));
    assert_eq!(read(&long).map(|config| config.images[0].places.len()).ok(), Some(2_001));
}
