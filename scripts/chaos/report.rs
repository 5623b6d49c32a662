//! What was checked, how often, and what was wrong.

/// The outcome of everything.
#[derive(Debug, Default)]
pub struct Report {
    rules: Vec<Rule>,
    notes: Vec<String>,
}

#[derive(Debug)]
struct Rule {
    name: &'static str,
    checked: usize,
    breaches: Vec<String>,
}

/// Breaches of one rule that are printed.
const SHOWN: usize = 5;

impl Report {
    /// Counts one check of a rule; `breach` says what is wrong where it does not hold.
    pub fn check(&mut self, rule: &'static str, holds: bool, breach: impl FnOnce() -> String) {
        let at = match self.rules.iter().position(|r| r.name == rule) {
            Some(at) => at,
            None => {
                self.rules.push(Rule { name: rule, checked: 0, breaches: Vec::new() });
                self.rules.len() - 1
            }
        };
        self.rules[at].checked += 1;
        if !holds {
            self.rules[at].breaches.push(breach());
        }
    }

    pub fn note(&mut self, text: String) {
        self.notes.push(text);
    }

    pub fn passed(&self) -> bool {
        !self.rules.is_empty() && self.rules.iter().all(|rule| rule.breaches.is_empty())
    }

    pub fn print(&self) {
        for note in &self.notes {
            println!("  {note}");
        }
        for rule in &self.rules {
            let mark = if rule.breaches.is_empty() { "ok  " } else { "FAIL" };
            println!("{mark} {:>7} × {}", rule.checked, rule.name);
            for breach in rule.breaches.iter().take(SHOWN) {
                println!("          {breach}");
            }
            if rule.breaches.len() > SHOWN {
                println!("          and {} more", rule.breaches.len() - SHOWN);
            }
        }
        println!("{}", if self.passed() { "every rule holds" } else { "BROKEN" });
    }
}
