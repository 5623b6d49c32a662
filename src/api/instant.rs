//! Times of replies, read by the browser's own reader where there is one: that of a library is 25 KB, which the first page
//! would carry.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer};

/// A time as RFC 3339 writes it, to the millisecond; for `#[serde(deserialize_with)]`.
///
/// # Errors
/// When the text is no time.
pub fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<DateTime<Utc>, D::Error> {
    #[cfg(feature = "hydrate")]
    {
        let text = String::deserialize(deserializer)?;
        let milliseconds = js_sys::Date::parse(&text);
        let time = milliseconds.is_finite().then(|| DateTime::from_timestamp_millis(milliseconds as i64));
        time.flatten().ok_or_else(|| serde::de::Error::custom("not a time"))
    }
    #[cfg(not(feature = "hydrate"))]
    DateTime::deserialize(deserializer)
}
