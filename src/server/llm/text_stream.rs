//! Turns the bytes of tokens into text for the sink: whole characters only, and nothing of a stop string.

/// Gets each new piece of text, always whole characters.
pub type Sink<'s> = dyn FnMut(&str) + Send + 's;

/// Collects an answer and passes on what is certain to belong to it.
pub struct TextStream<'s> {
    text: String,
    /// Bytes of `text` that the sink has.
    sent: usize,
    /// The beginning of a character whose other bytes have not come yet.
    pending: Vec<u8>,
    stops: Vec<String>,
    sink: &'s mut Sink<'s>,
}

impl<'s> TextStream<'s> {
    pub fn new(stops: &[String], sink: &'s mut Sink<'s>) -> Self {
        let stops = stops.iter().filter(|stop| !stop.is_empty()).cloned().collect();
        Self { text: String::new(), sent: 0, pending: Vec::new(), stops, sink }
    }

    /// Adds what a token writes. True once a stop string is complete: the answer ends before it.
    pub fn push(&mut self, bytes: &[u8]) -> bool {
        self.pending.extend_from_slice(bytes);
        self.take_whole_characters();
        // What the sink has cannot be part of a stop, or it would have been held back.
        let fresh = &self.text[self.sent..];
        if let Some(at) = self.stops.iter().filter_map(|stop| fresh.find(stop.as_str())).min() {
            self.text.truncate(self.sent + at);
            self.pending.clear();
            self.send_up_to(self.text.len());
            return true;
        }
        let certain = self.text.len() - self.possible_stop_length();
        self.send_up_to(certain);
        false
    }

    /// The answer is over without a stop string: passes on what was held back. Half a character is dropped.
    pub fn finish(mut self) -> String {
        self.send_up_to(self.text.len());
        self.text
    }

    fn take_whole_characters(&mut self) {
        loop {
            match std::str::from_utf8(&self.pending) {
                Ok(whole) => {
                    self.text.push_str(whole);
                    self.pending.clear();
                    return;
                }
                Err(error) => {
                    let valid = error.valid_up_to();
                    self.text.push_str(&String::from_utf8_lossy(&self.pending[..valid]));
                    let Some(wrong) = error.error_len() else {
                        self.pending.drain(..valid);
                        return;
                    };
                    self.text.push(char::REPLACEMENT_CHARACTER);
                    self.pending.drain(..valid + wrong);
                }
            }
        }
    }

    /// The length of the longest end of the text that a stop string begins with.
    fn possible_stop_length(&self) -> usize {
        let fresh = &self.text[self.sent..];
        let longest = self.stops.iter().map(String::len).max().unwrap_or(0);
        let from = fresh.len().saturating_sub(longest);
        fresh
            .char_indices()
            .map(|(at, _)| at)
            .filter(|at| *at >= from)
            .find(|at| self.stops.iter().any(|stop| stop.starts_with(&fresh[*at..])))
            .map_or(0, |at| fresh.len() - at)
    }

    fn send_up_to(&mut self, end: usize) {
        if end > self.sent {
            (self.sink)(&self.text[self.sent..end]);
            self.sent = end;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::server::llm::testing::collecting_sink;

    fn run(stops: &[&str], tokens: &[&[u8]]) -> (String, Vec<String>, bool) {
        let stops: Vec<String> = stops.iter().map(|stop| (*stop).to_owned()).collect();
        let (mut sink, pieces) = collecting_sink();
        let mut stream = TextStream::new(&stops, &mut sink);
        let stopped = tokens.iter().any(|token| stream.push(token));
        let text = stream.finish();
        let pieces = pieces.lock().unwrap().clone();
        assert_eq!(pieces.concat(), text, "the sink gets exactly the text");
        (text, pieces, stopped)
    }

    #[test]
    fn a_stop_split_across_tokens_is_never_sent() {
        let (text, pieces, stopped) = run(&["\nEND"], &[b"one", b" two\n", b"E", b"ND", b" three"]);
        assert!(stopped);
        assert_eq!((text.as_str(), pieces), ("one two", vec!["one".to_owned(), " two".to_owned()]));
    }

    #[test]
    fn what_only_looked_like_a_stop_comes_later() {
        let (text, pieces, stopped) = run(&["aab"], &[b"a", b"a", b"a", b"c"]);
        assert!(!stopped);
        assert_eq!(text, "aaac");
        assert_eq!(pieces, ["a", "aac"]);
        assert_eq!(run(&["stop"], &[b"do not st"]).0, "do not st");
        assert_eq!(run(&["bc", "abcd"], &[b"xabc"]).0, "xa");
        assert_eq!(run(&[""], &[b"x"]).0, "x");
    }

    #[test]
    fn characters_arrive_whole() {
        let bytes = "né 🦀!".as_bytes();
        let single: Vec<&[u8]> = bytes.chunks(1).collect();
        let (text, pieces, _) = run(&[], &single);
        assert_eq!(text, "né 🦀!");
        assert_eq!(pieces, ["n", "é", " ", "🦀", "!"]);
        // Half a character at the end is dropped, nonsense inside is marked.
        assert_eq!(run(&[], &[b"ok", &bytes[4..6]]).0, "ok");
        assert_eq!(run(&[], &[b"a\xffb"]).0, "a\u{FFFD}b");
        assert_eq!(run(&["🦀"], &single).0, "né ");
    }

    proptest! {
        /// Against the plain definition: everything before the first stop in the whole text.
        #[test]
        fn equals_the_plain_definition(
            text in "[ab é🦀]{0,30}", stops in prop::collection::vec("[ab é🦀]{1,3}", 0..3), size in 1usize..5,
        ) {
            let refs: Vec<&str> = stops.iter().map(String::as_str).collect();
            let tokens: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            let (streamed, _, stopped) = run(&refs, &tokens);
            // The stop that is complete first ends the answer; of those, the one that begins first.
            let first_end = (0..=text.len())
                .filter(|end| end % size == 0 || *end == text.len())
                .find_map(|end| {
                    let seen = String::from_utf8_lossy(&text.as_bytes()[..end]).into_owned();
                    let seen = seen.trim_end_matches('\u{FFFD}');
                    stops.iter().filter_map(|stop| seen.find(stop.as_str())).min()
                });
            prop_assert_eq!(stopped, first_end.is_some());
            prop_assert_eq!(streamed, &text[..first_end.unwrap_or(text.len())]);
        }
    }
}
