//! Conversations that have ended, for those that begin in the same way: a system prompt that many requests share is read
//! once.

use kernels::decoder::Conversation;

/// Fewer tokens in common are read again: to keep them is not worth a page.
const LEAST: usize = 8;

/// Latest last.
#[derive(Debug)]
pub struct Kept {
    all: Vec<(Vec<u32>, Conversation)>,
    /// Bytes, at most. Pages that two share count twice.
    limit: usize,
}

impl Kept {
    pub fn new(limit: usize) -> Self {
        Self { all: Vec::new(), limit }
    }

    /// The conversation with the longest beginning in common with `prompt`, cut to that: never the whole of it, for the
    /// last token must be read for its scores.
    pub fn find(&mut self, prompt: &[u32]) -> Option<(Conversation, usize)> {
        let common = |tokens: &[u32]| {
            let most = tokens.len().min(prompt.len().saturating_sub(1));
            (0..most).take_while(|at| tokens[*at] == prompt[*at]).count()
        };
        let all = self.all.iter().enumerate().map(|(at, (tokens, _))| (common(tokens), at));
        let (known, at) = all.max()?;
        if known < LEAST {
            return None;
        }
        // Used last.
        let used = self.all.remove(at);
        let mut conversation = used.1.clone();
        self.all.push(used);
        conversation.truncate(known);
        Some((conversation, known))
    }

    /// Keeps a conversation that holds `tokens`; those that were not used for longest give way, and those that it
    /// continues. One that does not hold them, because a pass failed, is not kept.
    pub fn keep(&mut self, tokens: Vec<u32>, conversation: Conversation) {
        if tokens.len() < LEAST || conversation.len() != tokens.len() || conversation.bytes() > self.limit {
            return;
        }
        self.all.retain(|(other, _)| !tokens.starts_with(other));
        self.all.push((tokens, conversation));
        let mut bytes: usize = self.all.iter().map(|(_, conversation)| conversation.bytes()).sum();
        while bytes > self.limit && !self.all.is_empty() {
            bytes -= self.all.remove(0).1.bytes();
        }
    }
}
