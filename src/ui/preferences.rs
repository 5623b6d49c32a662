//! What a browser remembers about the looks: theme and width of the rail, in cookies, so that the server
//! renders them and nothing flashes, and in its own storage the sizes of what is closed when a page comes. Nothing here
//! is about an account.

/// Which colours to use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the operating system says.
    #[default]
    System,
    Dark,
    Light,
}

impl Theme {
    /// In the order in which a switch shows them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    fn parse(word: &str) -> Self {
        match word {
            "dark" => Self::Dark,
            "light" => Self::Light,
            _ => Self::System,
        }
    }

    /// The word in the cookie.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Dark => "dark",
            Self::Light => "light",
        }
    }

    /// `data-theme` of the document; none for the system's choice.
    #[must_use]
    pub fn attribute(self) -> Option<&'static str> {
        (self != Self::System).then(|| self.word())
    }
}

const THEME_COOKIE: &str = "millrace_theme";
const RAIL_COOKIE: &str = "millrace_rail";

/// All of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Preferences {
    pub theme: Theme,
    /// The rail shows icons only.
    pub rail_collapsed: bool,
}

impl Preferences {
    /// From a `Cookie` header or `document.cookie`.
    #[must_use]
    pub fn parse(cookies: &str) -> Self {
        Self {
            theme: cookie(cookies, THEME_COOKIE).map(Theme::parse).unwrap_or_default(),
            rail_collapsed: cookie(cookies, RAIL_COOKIE) == Some("collapsed"),
        }
    }

    /// `data-rail` of the document.
    #[must_use]
    pub fn rail_attribute(self) -> Option<&'static str> {
        self.rail_collapsed.then_some("collapsed")
    }

    /// Those of the request that is being answered, or of this browser.
    #[must_use]
    pub fn current() -> Self {
        #[cfg(feature = "ssr")]
        {
            leptos::prelude::use_context::<http::request::Parts>()
                .and_then(|parts| Some(Self::parse(parts.headers.get(http::header::COOKIE)?.to_str().ok()?)))
                .unwrap_or_default()
        }
        #[cfg(not(feature = "ssr"))]
        {
            Self::parse(&super::browser::cookies())
        }
    }

    /// Puts them on the document and keeps them for a year. Does nothing on the server.
    pub fn apply(self) {
        super::browser::root_attribute("data-theme", self.theme.attribute());
        super::browser::root_attribute("data-rail", self.rail_attribute());
        super::browser::set_cookie(THEME_COOKIE, self.theme.word());
        super::browser::set_cookie(RAIL_COOKIE, if self.rail_collapsed { "collapsed" } else { "open" });
    }
}

const PANES_KEY: &str = "millrace-panes";

/// Sizes in pixels of the editor's panes; none is the usual one. They are closed when the page comes.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Panes {
    pub panel: Option<f64>,
    pub dock: Option<f64>,
}

impl Panes {
    /// What this browser has kept; nothing on the server.
    #[must_use]
    pub fn kept() -> Self {
        super::browser::memory::recall(PANES_KEY).map(|text| Self::parse(&text)).unwrap_or_default()
    }

    /// Keeps them.
    pub fn keep(&self) {
        super::browser::memory::keep(PANES_KEY, &self.text());
    }

    fn text(&self) -> String {
        let word =
            |name: &str, size: Option<f64>| size.map(|px| format!("{name}={px:.0};")).unwrap_or_default();
        word("panel", self.panel) + &word("dock", self.dock)
    }

    fn parse(text: &str) -> Self {
        let size = |name: &str| {
            // Whole ones: what reads fractions is 20 KB.
            let px = cookie(text, name)?.split('.').next()?.parse::<u16>().ok()?;
            (1..10_000).contains(&px).then_some(f64::from(px))
        };
        Self { panel: size("panel"), dock: size("dock") }
    }
}

fn cookie<'a>(cookies: &'a str, name: &str) -> Option<&'a str> {
    cookies
        .split(';')
        .find_map(|pair| pair.trim().split_once('=').filter(|(k, _)| *k == name).map(|(_, v)| v))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cookies_are_read_by_whole_name() {
        let found =
            Preferences::parse("not_millrace_theme=light; millrace_theme=dark; millrace_rail=collapsed");
        assert_eq!(found, Preferences { theme: Theme::Dark, rail_collapsed: true });
        assert_eq!(Preferences::parse("millrace_theme=<script>").theme, Theme::System);
    }

    #[test]
    fn sizes_survive_and_nonsense_does_not() {
        let panes = Panes { panel: Some(412.0), dock: None };
        assert_eq!(Panes::parse(&panes.text()), panes);
        let both = Panes { panel: Some(320.0), dock: Some(160.0) };
        assert_eq!(Panes::parse(&both.text()), both);
        assert_eq!(Panes::parse("panel=NaN; dock=-4"), Panes::default());
    }
}
