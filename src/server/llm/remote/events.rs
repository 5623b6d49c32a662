//! Server-sent events as they come: bytes in, the data of whole events out. Pure.

/// Bytes of one event; a server that sends more means something else.
const LONGEST: usize = 4 << 20;

/// What has come of an event that is not whole yet.
#[derive(Debug, Default)]
pub struct Events {
    /// Of a line that is not whole.
    line: Vec<u8>,
    /// The data lines so far.
    data: Option<String>,
    /// The last byte was a carriage return: a line feed after it belongs to it.
    after_return: bool,
}

impl Events {
    /// Takes more bytes and gives the data of every event that is whole now.
    ///
    /// # Errors
    /// What is wrong: an event that is no text, or has no end.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<String>, String> {
        let mut whole = Vec::new();
        for byte in bytes {
            let follows_return = std::mem::replace(&mut self.after_return, *byte == b'\r');
            match byte {
                b'\n' if follows_return => {}
                b'\n' | b'\r' => whole.extend(self.end_line()?),
                byte => self.line.push(*byte),
            }
            if self.line.len() + self.data.as_ref().map_or(0, String::len) > LONGEST {
                return Err(format!("an event is longer than {LONGEST} bytes"));
            }
        }
        Ok(whole)
    }

    /// An empty line ends an event; other fields than `data` mean nothing here.
    fn end_line(&mut self) -> Result<Option<String>, String> {
        let line = std::mem::take(&mut self.line);
        let line = std::str::from_utf8(&line).map_err(|_| "an event is not text in UTF-8".to_owned())?;
        if line.is_empty() {
            return Ok(self.data.take());
        }
        if let Some(value) = line.strip_prefix("data:") {
            let value = value.strip_prefix(' ').unwrap_or(value);
            match &mut self.data {
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            }
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STREAM: &str = ": a comment\n\ndata: {\"a\":1}\n\nevent: x\r\nid: 3\r\ndata:one\r\ndata: two é\r\n\r\ndata: [DONE]\r\r";

    #[test]
    fn events_are_the_same_however_their_bytes_are_cut() {
        let expected = ["{\"a\":1}", "one\ntwo é", "[DONE]"];
        for size in 1..=STREAM.len() {
            let mut events = Events::default();
            let found: Vec<String> =
                STREAM.as_bytes().chunks(size).flat_map(|chunk| events.take(chunk).unwrap()).collect();
            assert_eq!(found, expected, "in pieces of {size}");
        }
    }

    #[test]
    fn an_event_without_an_end_is_none() {
        let mut events = Events::default();
        assert_eq!(events.take(b"data: half").unwrap(), Vec::<String>::new());
        assert_eq!(events.take(b"\n").unwrap(), Vec::<String>::new());
        assert_eq!(events.take(b"\n").unwrap(), ["half"]);
    }

    #[test]
    fn what_is_no_text_or_has_no_end_is_refused() {
        assert!(Events::default().take(b"data: \xff\xfe\n").is_err());
        let mut events = Events::default();
        let piece = vec![b'x'; 1 << 20];
        let refused = (0..8).find_map(|_| events.take(&piece).err()).expect("a refusal");
        assert!(refused.contains("longer than"), "{refused}");
    }
}
