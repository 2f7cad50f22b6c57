//! Numbers as Go reads and writes them, which compose is written in: an argument without quotes is what it makes of it.

/// A number as Go's `fmt.Sprint` writes it, between the exponents that it writes out.
pub(super) fn decimal(number: f64) -> Option<String> {
    let plain = number == 0.0 || (1e-4..1e6).contains(&number.abs());
    plain.then(|| number.to_string())
}

/// Whether go-yaml reads it as a number where it has no quotes, and YAML 1.2 as a string.
pub(super) fn is_number_to_go(text: &str) -> bool {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if !digits.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return false;
    }
    let plain = digits.replace('_', "").to_lowercase();
    let number = match plain.strip_prefix("0x") {
        Some(rest) => !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_hexdigit()),
        None => {
            let rest = plain.strip_prefix(['0']).and_then(|rest| rest.strip_prefix(['b', 'o']));
            rest.unwrap_or(&plain).parse().is_ok_and(f64::is_finite)
        }
    };
    number && matches!(yaml_serde::from_str(text), Ok(yaml_serde::Value::String(_)))
}

#[cfg(test)]
mod tests {
    use super::{decimal, is_number_to_go};

    #[test]
    fn numbers_of_compose_alone_are_known() {
        for text in ["010", "08", "1_000", "-1_0.5", "0X1F", "0B1", "00", "0_1", "1_"] {
            assert!(is_number_to_go(text), "{text}");
        }
        // The others are strings to both, or numbers to both.
        for text in [
            "1.2.3",
            "v1",
            "1e400",
            "190:20:30",
            "0x",
            "_1",
            "abc",
            "0xyz",
            "3.10",
            "1e3",
            "10",
            "0x1F",
            "-",
            "",
        ] {
            assert!(!is_number_to_go(text), "{text}");
        }
    }

    #[test]
    fn only_plain_decimals_are_written() {
        for (number, expected) in [
            (1e3, Some("1000")),
            (1.1, Some("1.1")),
            (999_999.9, Some("999999.9")),
            (0.0001, Some("0.0001")),
            (-2.5, Some("-2.5")),
            (1e6, None),
            (1_234_567.5, None),
            (1e-5, None),
            (f64::NAN, None),
            (f64::INFINITY, None),
        ] {
            assert_eq!(decimal(number).as_deref(), expected);
        }
    }
}
