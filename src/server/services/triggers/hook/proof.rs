//! How a sender proves to know the secret of a webhook: by sending it (`Authorization: Bearer …` or `X-Millrace-Secret`),
//! or by signing the body with HMAC-SHA-256: `X-Millrace-Signature: sha256=<hex>` over `<timestamp>.<body>` with
//! `X-Millrace-Timestamp` in seconds since 1970, or as GitHub does, `X-Hub-Signature-256: sha256=<hex>` over the body.

use axum::http::{HeaderMap, header};
use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// How far a signed time may be from ours, in seconds: an old request cannot be sent again.
const SKEW: i64 = 300;
const TAG_BYTES: usize = 32;

/// Whether one of the proofs in the request holds. All of them are looked at, whichever holds.
pub fn is_proven(headers: &HeaderMap, body: &[u8], secret: &[u8], now: DateTime<Utc>) -> bool {
    let sent = [bearer(headers), text(headers, "x-millrace-secret")];
    let by_secret =
        sent.into_iter().flatten().fold(false, |proven, sent| proven | same(sent.as_bytes(), secret));
    let ours = signature(headers, "x-millrace-signature").zip(text(headers, "x-millrace-timestamp"));
    let by_us = ours.is_some_and(|(tag, time)| {
        let is_fresh =
            time.parse::<i64>().is_ok_and(|at| at.abs_diff(now.timestamp()) <= SKEW.unsigned_abs());
        signed(secret, &[time.as_bytes(), b".", body], &tag) & is_fresh
    });
    let by_github =
        signature(headers, "x-hub-signature-256").is_some_and(|tag| signed(secret, &[body], &tag));
    by_secret | by_us | by_github
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// Compares digests: neither the length nor the first different byte shows in the time.
fn same(one: &[u8], other: &[u8]) -> bool {
    Sha256::digest(one).ct_eq(&Sha256::digest(other)).into()
}

fn signature(headers: &HeaderMap, name: &str) -> Option<[u8; TAG_BYTES]> {
    let hex = text(headers, name)?.strip_prefix("sha256=")?.as_bytes();
    let mut tag = [0; TAG_BYTES];
    if hex.len() != 2 * TAG_BYTES {
        return None;
    }
    for (byte, pair) in tag.iter_mut().zip(hex.chunks(2)) {
        *byte = u8::try_from(digit(pair[0])? * 16 + digit(pair[1])?).ok()?;
    }
    Some(tag)
}

fn digit(hex: u8) -> Option<u32> {
    char::from(hex).to_digit(16)
}

fn signed(secret: &[u8], parts: &[&[u8]], tag: &[u8; TAG_BYTES]) -> bool {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret) else { return false };
    parts.iter().for_each(|part| mac.update(part));
    // In constant time.
    mac.verify_slice(tag).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::{HeaderName, HeaderValue};

    const NOW: i64 = 1_700_000_000;

    fn proven(pairs: &[(&'static str, &str)], body: &str, secret: &str) -> bool {
        let headers = pairs
            .iter()
            .map(|(name, value)| {
                (HeaderName::from_static(name), HeaderValue::from_str(value).expect("a value"))
            })
            .collect();
        let now = DateTime::from_timestamp(NOW, 0).expect("a time");
        is_proven(&headers, body.as_bytes(), secret.as_bytes(), now)
    }

    #[test]
    fn the_secret_itself() {
        let secret = "a long enough secret";
        for (name, value) in [
            ("authorization", "Bearer a long enough secret"),
            ("authorization", "bearer  a long enough secret"),
            ("x-millrace-secret", "a long enough secret"),
        ] {
            assert!(proven(&[(name, value)], "x", secret), "{name}: {value}");
        }
        for (name, value) in [
            ("authorization", "Bearer a long enough secret."),
            ("authorization", "Bearer a long enough secre"),
            ("authorization", "Basic a long enough secret"),
            ("authorization", "a long enough secret"),
            ("x-millrace-secret", ""),
            ("x-secret", "a long enough secret"),
        ] {
            assert!(!proven(&[(name, value)], "x", secret), "{name}: {value}");
        }
        assert!(!proven(&[], "x", secret));
        assert!(proven(&[("authorization", "Bearer no"), ("x-millrace-secret", secret)], "", secret));
    }

    /// The vectors of GitHub's documentation and of RFC 4231 (test case 2).
    #[test]
    fn signatures_as_github_makes_them() {
        let cases = [
            (
                "It's a Secret to Everybody",
                "Hello, World!",
                "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            ),
            (
                "Jefe",
                "what do ya want for nothing?",
                "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
            ),
        ];
        for (secret, body, tag) in cases {
            let header = |tag: &str| format!("sha256={tag}");
            assert!(proven(&[("x-hub-signature-256", &header(tag))], body, secret));
            assert!(proven(&[("x-hub-signature-256", &header(&tag.to_uppercase()))], body, secret));
            assert!(!proven(&[("x-hub-signature-256", &header(tag))], &format!("{body} "), secret));
            assert!(!proven(&[("x-hub-signature-256", &header(tag))], body, "another secret"));
            let broken = [
                tag.to_owned(),
                header(&tag[1..]),
                header(&format!("{tag}00")),
                header(&tag.replace('5', "g")),
            ];
            for broken in &broken {
                assert!(!proven(&[("x-hub-signature-256", broken)], body, secret), "{broken}");
            }
        }
    }

    /// Made with `printf '%s.%s' 1700000000 '{"a":1}' | openssl dgst -sha256 -hmac 'a long enough secret'`.
    #[test]
    fn our_own_signatures_cover_the_time() {
        let tag = OURS;
        let (secret, body) = ("a long enough secret", r#"{"a":1}"#);
        let sent = |time: &str, tag: &str| {
            proven(&[("x-millrace-timestamp", time), ("x-millrace-signature", tag)], body, secret)
        };
        assert!(sent("1700000000", tag));
        assert!(!sent("1700000001", tag), "another time was signed");
        assert!(!proven(&[("x-millrace-signature", tag)], body, secret), "no time");
        for (offset, fresh) in [(-301, false), (-300, true), (299, true), (300, true), (301, false)] {
            let time = (NOW + offset).to_string();
            let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key will do");
            mac.update(format!("{time}.{body}").as_bytes());
            let hex: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(sent(&time, &format!("sha256={hex}")), fresh, "{offset} s off");
        }
        for time in ["", "now", "99999999999999999999", "-9223372036854775808"] {
            assert!(!sent(time, tag), "{time}");
        }
    }

    const OURS: &str = "sha256=657c0e1eb1a223d72f692292a773f408f062433209a2225da71d6e88d82cd141";
}
