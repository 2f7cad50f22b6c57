//! A workflow command, one line that the runner obeys: `::warning file=Dockerfile,line=3::text`.
//!
//! Only this type makes such lines, and all that it is given is escaped as `@actions/core` does it, so that no text can
//! end its command or begin another.

use std::fmt;

/// One command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    name: &'static str,
    properties: Vec<(&'static str, String)>,
    data: String,
}

impl Command {
    /// A command with its text.
    pub fn new(name: &'static str, data: impl Into<String>) -> Command {
        Command { name, properties: Vec::new(), data: data.into() }
    }

    /// With one more property; one without a value is left out.
    pub(super) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Command {
        self.properties.extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// With a longer text.
    pub(super) fn and(mut self, more: &str) -> Command {
        self.data.push_str(more);
        self
    }

    pub(super) fn name(&self) -> &'static str {
        self.name
    }
}

/// The line, without its end.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "::{}", self.name)?;
        for (index, (name, value)) in self.properties.iter().enumerate() {
            let mark = if index == 0 { ' ' } else { ',' };
            write!(f, "{mark}{name}={}", data(value).replace(':', "%3A").replace(',', "%2C"))?;
        }
        write!(f, "::{}", data(&self.data))
    }
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_ends_its_command_early() {
        let command = Command::new("warning", "100 %\r\n::error::x, a::b %0A")
            .with("file", Some("a:b,c=d\n%3A::"))
            .with("line", None::<usize>)
            .with("col", Some(3));
        assert_eq!(
            command.to_string(),
            "::warning file=a%3Ab%2Cc=d%0A%253A%3A%3A,col=3::100 %25%0D%0A::error::x, a::b %250A"
        );
        assert_eq!(Command::new("notice", "").to_string(), "::notice::");
    }
}
