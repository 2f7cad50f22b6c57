//! When a request is sent again, and after how long.
//!
//! Every step of this client may be repeated, so only the kind of failure decides: connection errors, 408,
//! 429 and 5xx. It must not know what a request is for.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::{Duration, Instant, SystemTime};

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Requests in all, the first one included.
const ATTEMPTS: u32 = 4;
/// The pause before the second attempt; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// The longest `Retry-After` that is waited for. A longer one is reported instead: a CI job that sleeps for
/// an hour helps nobody, and asking earlier than told is what the header forbids.
const LONGEST_PAUSE: Duration = Duration::from_secs(20);
/// Connection errors are not repeated later than this, so that a host that is down is reported within
/// 15 seconds, a connect limit of 10 seconds included.
const CONNECT_BUDGET: Duration = Duration::from_secs(4);

/// The attempts of one request.
#[derive(Debug)]
pub(super) struct Attempts {
    made: u32,
    started: Instant,
}

impl Attempts {
    pub(super) fn new() -> Attempts {
        Attempts { made: 1, started: Instant::now() }
    }

    /// How long to wait before asking again after this answer; `None` if it stands.
    #[allow(clippy::disallowed_methods, reason = "Retry-After may be a date, and is over when it was read")]
    pub(super) fn after_answer(&mut self, status: StatusCode, headers: &HeaderMap) -> Option<Duration> {
        if !is_transient(status) || self.made >= ATTEMPTS {
            return None;
        }
        let pause = match retry_after(headers, SystemTime::now()) {
            Some(told) if told > LONGEST_PAUSE => return None,
            Some(told) => told.max(self.pause()),
            None => self.pause(),
        };
        self.made += 1;
        Some(pause)
    }

    /// How long to wait after a connection that failed or broke; `None` to give up.
    pub(super) fn after_broken_connection(&mut self) -> Option<Duration> {
        if self.made >= ATTEMPTS || self.started.elapsed() > CONNECT_BUDGET {
            return None;
        }
        let pause = self.pause();
        self.made += 1;
        Some(pause)
    }

    /// Exponential, with jitter of up to a half, so that forty jobs do not return as one wave.
    fn pause(&self) -> Duration {
        let whole = FIRST_PAUSE.saturating_mul(1 << self.made.saturating_sub(1).min(8));
        let random = RandomState::new().build_hasher().finish() % 1000;
        whole.mul_f64(0.5 + random as f64 / 2000.0)
    }
}

/// Answers that another attempt may change. 501 and 505 say "never", not "not now".
pub(super) fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 408 | 429 | 500 | 502 | 503 | 504 | 507 | 508 | 520..=599)
}

/// `Retry-After` in seconds or as a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
    let now = jiff::Timestamp::try_from(now).ok()?;
    let seconds = date.as_second().saturating_sub(now.as_second());
    Some(Duration::from_secs(u64::try_from(seconds).unwrap_or(0)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(784_111_770);
        let read = |value| retry_after(&headers(value), now);
        assert_eq!(read("7"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:37 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:00 GMT"), Some(Duration::ZERO));
        assert_eq!(read("soon"), None);
    }

    #[test]
    fn a_pause_is_as_long_as_told_and_one_past_the_cap_is_not_waited_for() {
        let pause = |value| Attempts::new().after_answer(StatusCode::TOO_MANY_REQUESTS, &headers(value));
        assert_eq!(pause("3"), Some(Duration::from_secs(3)));
        assert_eq!(pause("3600"), None);
    }

    #[test]
    fn only_what_may_pass_is_repeated_and_not_for_ever() {
        let none = HeaderMap::new();
        let mut attempts = Attempts::new();
        assert_eq!(attempts.after_answer(StatusCode::FORBIDDEN, &none), None);
        assert_eq!(attempts.after_answer(StatusCode::NOT_IMPLEMENTED, &none), None);
        let mut pauses = Vec::new();
        while let Some(pause) = attempts.after_answer(StatusCode::BAD_GATEWAY, &none) {
            pauses.push(pause);
        }
        assert_eq!(pauses.len(), 3);
        assert!(pauses.iter().sum::<Duration>() < Duration::from_secs(2), "{pauses:?}");
        assert!(attempts.after_broken_connection().is_none());
    }
}
