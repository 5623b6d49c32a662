//! The search field: what to look for, and by what. A plain form that puts both into the address.

use super::Shown;
use crate::{
    api::vectors::SearchMode,
    ui::{components::icon::Icon, server_fns::session::encode},
};
use leptos::prelude::*;
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map, use_query_map},
};

/// What the address asks for.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Wanted {
    pub collection: String,
    /// Empty: the documents themselves.
    pub query: String,
    pub mode: SearchMode,
    /// Where this page of documents begins.
    pub after: Option<String>,
}

const MODES: [(SearchMode, &str, &str, &str); 3] = [
    (SearchMode::Hybrid, "hybrid", "Both", "By meaning and by words, put together by their ranks"),
    (SearchMode::Vector, "vector", "Meaning", "By the nearness of what is meant"),
    (SearchMode::Lexical, "lexical", "Words", "By the words themselves (BM25)"),
];

fn mode_of(word: Option<&str>) -> SearchMode {
    MODES.iter().find(|(_, known, ..)| word == Some(*known)).map_or(SearchMode::Hybrid, |(mode, ..)| *mode)
}

impl Wanted {
    /// Follows the address.
    pub fn read() -> Memo<Self> {
        let (params, query) = (use_params_map(), use_query_map());
        Memo::new(move |_| {
            query.with(|q| Self {
                collection: params.with(|p| p.get("name")).unwrap_or_default(),
                query: q.get("q").map(|text| text.trim().to_owned()).unwrap_or_default(),
                mode: mode_of(q.get("mode").as_deref()),
                after: q.get("after"),
            })
        })
    }

    /// The address of this look at the collection.
    pub fn href(&self) -> String {
        let word = MODES.iter().find(|(mode, ..)| *mode == self.mode).map_or("hybrid", |(_, word, ..)| word);
        let mut parts = Vec::new();
        if !self.query.is_empty() {
            parts.push(format!("q={}", encode(&self.query)));
            if self.mode != SearchMode::Hybrid {
                parts.push(format!("mode={word}"));
            }
        }
        if let Some(after) = &self.after {
            parts.push(format!("after={}", encode(after)));
        }
        let path = format!("/collections/{}", encode(&self.collection));
        if parts.is_empty() { path } else { format!("{path}?{}", parts.join("&")) }
    }
}

#[component]
pub(super) fn Finder(wanted: Memo<Wanted>, shown: Shown) -> impl IntoView {
    // Texts cannot be compared by meaning with vectors that came from elsewhere.
    let embeds = shown.collection.with_untracked(|c| c.embeds_text);
    let text = RwSignal::new(wanted.with_untracked(|w| w.query.clone()));
    let mode = RwSignal::new(wanted.with_untracked(|w| w.mode));
    Effect::new(move |_| {
        let (query, by) = wanted.with(|w| (w.query.clone(), w.mode));
        text.set(query);
        mode.set(by);
    });
    let navigate = use_navigate();
    let go = Callback::new(move |()| {
        let options = NavigateOptions { scroll: false, ..NavigateOptions::default() };
        let collection = wanted.with_untracked(|w| w.collection.clone());
        let query = text.with_untracked(|t| t.trim().to_owned());
        navigate(&Wanted { collection, query, mode: mode.get_untracked(), after: None }.href(), options);
    });
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        go.run(());
    };
    let modes = embeds.then(|| {
        MODES
            .map(|(each, word, label, title)| {
                view! {
                    <label class="segmented__item" title=title data-testid=format!("mode-{word}")>
                        <input
                            type="radio"
                            name="mode"
                            value=word
                            checked=wanted.with_untracked(|w| w.mode == each)
                            prop:checked=move || mode.get() == each
                            on:change=move |_| {
                                mode.set(each);
                                if text.with_untracked(|t| !t.trim().is_empty()) {
                                    go.run(());
                                }
                            }
                        />
                        {label}
                    </label>
                }
            })
            .into_iter()
            .collect_view()
    });
    view! {
        <form class="finder" role="search" method="get" on:submit=submit>
            <div class="search">
                <Icon name="search" />
                <input
                    class="input input--search"
                    type="search"
                    name="q"
                    maxlength="2000"
                    autocomplete="off"
                    placeholder=if embeds { "Ask in your own words, or look for a word" } else { "Look for words" }
                    aria-label="Search this collection"
                    data-testid="search"
                    value=text.get_untracked()
                    prop:value=text
                    on:input=move |event| text.set(event_target_value(&event))
                />
            </div>
            {match modes {
                Some(modes) => {
                    view! {
                        <div class="segmented" role="radiogroup" aria-label="Search by">
                            {modes}
                        </div>
                    }
                        .into_any()
                }
                None => view! { <input type="hidden" name="mode" value="lexical" /> }.into_any(),
            }}
            <button type="submit" class="btn" data-testid="search-submit">
                "Search"
            </button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_is_an_address() {
        let wanted = Wanted {
            collection: "My notes".to_owned(),
            query: "who grinds & why?".to_owned(),
            mode: SearchMode::Lexical,
            after: None,
        };
        assert_eq!(wanted.href(), "/collections/My%20notes?q=who%20grinds%20%26%20why%3F&mode=lexical");
        let all = Wanted { query: String::new(), ..wanted };
        assert_eq!(all.href(), "/collections/My%20notes");
        assert_eq!(mode_of(None), SearchMode::Hybrid);
        assert_eq!(mode_of(Some("vector")), SearchMode::Vector);
    }
}
