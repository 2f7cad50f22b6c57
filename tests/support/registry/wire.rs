//! HTTP/1.1 over a socket, as much as a registry's clients speak.

use std::collections::BTreeMap;
use std::io::{BufRead, Write};

/// A request as it came.
#[derive(Debug, Clone, Default)]
pub struct Request {
    /// `GET`
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The query, decoded, in order.
    pub query: Vec<(String, String)>,
    /// Names in lower case.
    pub headers: BTreeMap<String, String>,
    /// The whole body.
    pub body: Vec<u8>,
}

impl Request {
    /// The first value of a query parameter.
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// `none`, `basic` or `bearer`.
    pub fn auth(&self) -> &str {
        match self.headers.get("authorization").map(String::as_str) {
            None => "none",
            Some(header) if header.starts_with("Basic ") => "basic",
            Some(header) if header.starts_with("Bearer ") => "bearer",
            Some(_) => "other",
        }
    }

    /// The next request of a connection; `None` at its end.
    pub fn read(reader: &mut impl BufRead) -> Option<Request> {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let mut parts = line.split_whitespace();
        let (method, target) = (parts.next()?.to_owned(), parts.next()?.to_owned());
        let mut headers = BTreeMap::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            match line.trim_end().split_once(':') {
                Some((name, value)) => headers.insert(name.to_lowercase(), value.trim().to_owned()),
                None => break,
            };
        }
        let body = body(reader, &headers)?;
        // A proxy's client sends whole addresses.
        let url = url::Url::parse("http://host/").ok()?.join(&target).ok()?;
        Some(Request {
            method,
            path: url.path().to_owned(),
            query: url.query_pairs().into_owned().collect(),
            headers,
            body,
        })
    }
}

fn body(reader: &mut impl BufRead, headers: &BTreeMap<String, String>) -> Option<Vec<u8>> {
    if headers.get("transfer-encoding").is_some_and(|value| value.contains("chunked")) {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).ok()?;
            let size = usize::from_str_radix(line.trim(), 16).ok()?;
            let mut chunk = vec![0; size + 2];
            reader.read_exact(&mut chunk).ok()?;
            if size == 0 {
                return Some(body);
            }
            body.extend_from_slice(&chunk[..size]);
        }
    }
    let length = headers.get("content-length").map_or(Some(0), |length| length.parse().ok())?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}

/// An answer.
#[derive(Debug, Clone, Default)]
pub struct Response {
    /// For example 404.
    pub status: u16,
    /// As they are sent; `Content-Length` is added.
    pub headers: Vec<(String, String)>,
    /// Left out in the answer to a HEAD.
    pub body: Vec<u8>,
}

impl Response {
    /// An answer without headers and body.
    pub fn new(status: u16) -> Response {
        Response { status, ..Response::default() }
    }

    /// With a header, which replaces one of the same name.
    pub fn header(mut self, name: &str, value: impl Into<String>) -> Response {
        self = self.without(name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// Without a header.
    pub fn without(mut self, name: &str) -> Response {
        self.headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
        self
    }

    /// With a body of this type.
    pub fn body(self, kind: &str, body: impl Into<Vec<u8>>) -> Response {
        Response { body: body.into(), ..self.header("Content-Type", kind) }
    }

    /// A registry's own error.
    pub fn error(status: u16, code: &str, message: &str) -> Response {
        let body = serde_json::json!({"errors": [{"code": code, "message": message}]});
        Response::new(status).body("application/json", body.to_string())
    }

    /// A web page of something that is no registry.
    pub fn page(status: u16) -> Response {
        Response::new(status).body("text/html; charset=utf-8", "<html><h1>Welcome</h1></html>")
    }

    /// Sends it.
    pub fn write(&self, stream: &mut impl Write, head: bool) -> std::io::Result<()> {
        let mut text = format!("HTTP/1.1 {} -\r\n", self.status);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        if !self.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("content-length")) {
            text.push_str(&format!("Content-Length: {}\r\n", self.body.len()));
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if !head {
            bytes.extend_from_slice(&self.body);
        }
        stream.write_all(&bytes)?;
        stream.flush()
    }
}
