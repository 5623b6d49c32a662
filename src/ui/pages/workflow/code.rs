//! Fields for expressions and prompts: colours, completion of what is upstream, the result on real data below. What is
//! pure is in the modules; this is the field, and what all fields of the page share.

mod complete;
mod known;
mod menu;
mod preview;
mod sample;
mod text;
mod tokens;
mod words;

pub(super) use known::{kind_of, path_text, short};
pub(super) use sample::{Data, Sample, data};

use super::running::Running;
use crate::{
    ui::{browser::typing, canvas::editing::Editing},
    workflow::{
        catalog::{Field, FieldKind},
        check::{Upstream, upstream},
        expression::{Form, Scope},
        ids::NodeId,
    },
};
use complete::{Item, Menu, accept, complete};
use known::Names;
use leptos::{html, prelude::*};
use menu::MenuList;
use preview::Preview;
use serde_json::Value;
use std::sync::Arc;
use text::{byte_of, open_at, units_of};

/// Who takes a path that is inserted from a tree.
#[derive(Clone)]
struct Target {
    id: String,
    insert: Callback<String>,
}

/// What all code fields of the page share. Copies are the same.
#[derive(Clone, Copy)]
pub(super) struct Knowing {
    editing: Editing,
    running: Running,
    /// Real data, from the last run that is known.
    pub sample: RwSignal<Arc<Sample>>,
    /// The field that had the focus last.
    target: StoredValue<Option<Target>>,
    /// The last scope; good as long as what it holds stays.
    scope: StoredValue<Option<(Data, Scope)>>,
    /// What the checker knows to stand before a node, for the document in that shape.
    upstream: StoredValue<Option<(NodeId, u64, Upstream)>>,
}

impl Knowing {
    /// Puts it into context.
    pub fn provide(editing: Editing, running: Running) -> Self {
        let this = Self {
            editing,
            running,
            sample: RwSignal::new(Arc::default()),
            target: StoredValue::new(None),
            scope: StoredValue::new(None),
            upstream: StoredValue::new(None),
        };
        Effect::new(move |_| {
            running.known.with(|detail| {
                if let Some(detail) = detail {
                    this.sample.set(Arc::new(Sample::of(detail)));
                }
            });
        });
        provide_context(this);
        this
    }

    /// The values that a node can read now.
    pub fn data(self, node: NodeId) -> Data {
        let example = self.running.input_now();
        let sample = self.sample.get_untracked();
        self.editing.read(|document| data(document, &sample, &example, node))
    }

    /// The names with these values; the same ones as long as the values are the same, because what an expression has
    /// touched is kept in the evaluator's form.
    fn scope(self, data: Data) -> Scope {
        let kept = self.scope.with_value(|kept| {
            kept.as_ref().filter(|(of, _)| of.is_same(&data)).map(|(_, scope)| scope.clone())
        });
        kept.unwrap_or_else(|| {
            let scope = data.scope();
            self.scope.set_value(Some((data, scope.clone())));
            scope
        })
    }

    /// What may be named in the fields of a node.
    fn names(self, node: NodeId) -> Names {
        Names::new(self.upstream(node), &self.data(node))
    }

    /// What stands before a node. Worked out anew only where something else than its own text has changed: it takes a
    /// look at the whole graph.
    fn upstream(self, node: NodeId) -> Upstream {
        let shape = self.editing.shape();
        let kept = self.upstream.with_value(|kept| {
            kept.as_ref().filter(|(of, at, _)| (*of, *at) == (node, shape)).map(|(.., known)| known.clone())
        });
        kept.unwrap_or_else(|| {
            let known = self.editing.read(|document| upstream(document, node));
            self.upstream.set_value(Some((node, shape, known.clone())));
            known
        })
    }

    /// Writes a path into the field that had the focus last; `false` if there is none.
    pub fn insert(self, path: String) -> bool {
        let target = self.target.get_value();
        if let Some(target) = &target {
            target.insert.run(path);
        }
        target.is_some()
    }
}

/// Which field of which node a text belongs to.
#[derive(Clone)]
pub(super) struct Place {
    pub node: NodeId,
    pub field: Arc<Field>,
}

impl Place {
    /// How the texts of the field are read; `None`: as they stand.
    pub fn form(&self) -> Option<Form> {
        match self.field.kind {
            FieldKind::Bare => Some(Form::Bare),
            FieldKind::Text | FieldKind::Data => Some(Form::Template),
            FieldKind::PerItem => Some(Form::ItemTemplate),
            FieldKind::Literal | FieldKind::Credential => None,
        }
    }
}

/// A path as it is written at a place of a text: with braces where it would be plain text.
fn insertion(source: &str, form: Form, at: usize, path: &str) -> String {
    if form == Form::Bare || open_at(source, form, at).is_some() {
        path.to_owned()
    } else {
        format!("{{{{ {path} }}}}")
    }
}

/// A text with expressions in it. Grows with its text; `is_line` keeps it on one line of thought, without line breaks.
#[component]
pub(super) fn CodeField(
    #[prop(into)] id: String,
    #[prop(into)] text: Signal<String>,
    write: Callback<String>,
    place: Place,
    /// What the field holds: what the preview evaluates.
    #[prop(into)]
    value: Signal<Value>,
    #[prop(optional)] is_line: bool,
    #[prop(default = 1)] rows: u32,
    #[prop(optional, into)] placeholder: String,
    #[prop(optional, into)] label: Option<String>,
    #[prop(optional, into)] invalid: MaybeProp<bool>,
) -> impl IntoView {
    let knowing = expect_context::<Knowing>();
    let form = place.form().unwrap_or(Form::Template);
    let node = place.node;
    knowing.running.need_last();

    let area = NodeRef::<html::Textarea>::new();
    let menu = RwSignal::new(None::<Menu>);
    let chosen = RwSignal::new(0_usize);
    let cursor = RwSignal::new(0_usize);
    let has_focus = RwSignal::new(false);
    let names = StoredValue::new(None::<Names>);
    // Set by keys that write, so that a list opens for typing and not for what is set from elsewhere.
    let typed = StoredValue::new(false);
    let asked = StoredValue::new(false);
    let dropped = StoredValue::new(None::<String>);

    let cursor_in = move |source: &str| {
        let units = area.get_untracked().map_or(0, |a| typing::selection(&a).1);
        byte_of(source, units)
    };
    let close = move || {
        if menu.with_untracked(Option::is_some) {
            menu.set(None);
        }
        names.set_value(None);
        asked.set_value(false);
    };
    let look = move |source: &str| {
        if names.with_value(Option::is_none) {
            names.set_value(Some(knowing.names(node)));
        }
        let at = cursor_in(source);
        let found = names.with_value(|names| complete(source, form, at, names.as_ref()?, asked.get_value()));
        chosen.set(0);
        if found.is_none() {
            close();
        } else {
            menu.set(found);
        }
    };
    let take = move |row: Item| {
        let (Some(area), Some(open)) = (area.get_untracked(), menu.get_untracked()) else { return };
        let source = area.value();
        let (insert, range, to) = accept(&source, &open, &row);
        let mut made = source.clone();
        if made.get(range.clone()).is_none() {
            return close();
        }
        made.replace_range(range.clone(), &insert);
        close();
        typed.set_value(false);
        typing::replace(&area, units_of(&source, range.start), units_of(&source, range.end), &insert);
        typing::set_cursor(&area, units_of(&made, to));
        cursor.set(to);
    };
    let take = Callback::new(take);
    let insert_path = Callback::new(move |path: String| {
        let Some(area) = area.get_untracked() else { return };
        let source = area.value();
        let (from, to) = typing::selection(&area);
        let written = insertion(&source, form, byte_of(&source, from), &path);
        typing::replace(&area, from, to, &written);
    });

    let on_input = move |_: leptos::ev::Event| {
        let Some(area) = area.get_untracked() else { return };
        let mut source = area.value();
        if is_line && source.contains(['\n', '\r']) {
            source = source.replace(['\n', '\r'], " ");
        }
        let before = text.get_untracked();
        write.run(source.clone());
        let at = cursor_in(&source);
        cursor.set(at);
        // The browser has put the path where it was dropped; the braces are ours to add. Where that is, the text before
        // tells: what is chosen now differs between browsers.
        if let Some(path) = dropped.try_update_value(Option::take).flatten() {
            let is_there = |start: &usize| {
                source[..*start] == before[..(*start).min(before.len())]
                    && source[start + path.len()..] == before[(*start).min(before.len())..]
            };
            let all = source.match_indices(path.as_str()).map(|(start, _)| start);
            let mut places = all.filter(|start| before.is_char_boundary((*start).min(before.len())));
            if let Some(start) = places.find(is_there) {
                let written = insertion(&before, form, start, &path);
                if written != path {
                    let end = start + path.len();
                    let (from, to) = (units_of(&source, start), units_of(&source, end));
                    // The browser takes no other edit while it tells of this one.
                    request_animation_frame(move || {
                        let _ = area.focus();
                        typing::replace(&area, from, to, &written);
                    });
                }
            }
            return;
        }
        if typed.get_value() || menu.with_untracked(Option::is_some) {
            look(&source);
        }
        typed.set_value(false);
    };
    let on_key = move |event: leptos::ev::KeyboardEvent| {
        let key = event.key();
        let command = event.ctrl_key() || event.meta_key() || event.alt_key();
        if event.ctrl_key() && (event.code() == "Space" || key == " ") {
            event.prevent_default();
            asked.set_value(true);
            if let Some(area) = area.get_untracked() {
                look(&area.value());
            }
            return;
        }
        let count = menu.with_untracked(|m| m.as_ref().map_or(0, |m| m.items.len()));
        if count > 0 && !command {
            match key.as_str() {
                "ArrowDown" | "ArrowUp" => {
                    event.prevent_default();
                    let by = if key == "ArrowDown" { 1 } else { count - 1 };
                    chosen.update(|n| *n = (*n + by) % count);
                    return;
                }
                "Enter" | "Tab" if !event.shift_key() => {
                    event.prevent_default();
                    let row = menu.with_untracked(|m| m.as_ref()?.items.get(chosen.get_untracked()).cloned());
                    if let Some(row) = row {
                        take.run(row);
                    }
                    return;
                }
                "Escape" => {
                    event.prevent_default();
                    event.stop_propagation();
                    return close();
                }
                "ArrowLeft" | "ArrowRight" | "Home" | "End" => close(),
                _ => {}
            }
        }
        if is_line && key == "Enter" && !command {
            event.prevent_default();
        }
        if !command && (key.chars().count() == 1 || key == "Unidentified" || key == "Process") {
            typed.set_value(true);
        }
    };
    let follow = move || {
        if let Some(area) = area.get_untracked() {
            let at = byte_of(&area.value(), typing::selection(&area).1);
            if cursor.get_untracked() != at {
                cursor.set(at);
            }
        }
    };
    let on_focus = {
        let id = id.clone();
        move |_| {
            has_focus.set(true);
            knowing.target.set_value(Some(Target { id: id.clone(), insert: insert_path }));
        }
    };
    {
        let id = id.clone();
        on_cleanup(move || {
            knowing.target.try_update_value(|target| {
                if target.as_ref().is_some_and(|t| t.id == id) {
                    *target = None;
                }
            });
        });
    }

    let pair = Memo::new(move |_| {
        let at = cursor.get();
        has_focus.get().then(|| text.with(|t| tokens::pair_at(t, &tokens::tokens(t, form), at))).flatten()
    });
    let (list_id, mark_id) = (format!("{id}-list"), format!("{id}-mark"));
    let preview_id = format!("{id}-result");
    let from = Memo::new(move |_| menu.with(|m| m.as_ref().map(|m| m.range.start)));
    let layer = {
        let mark_id = mark_id.clone();
        move || text.with(|t| tokens::html(t, form, pair.get(), from.get().map(|at| (at, mark_id.as_str()))))
    };
    let is_open = Memo::new(move |_| menu.with(Option::is_some));
    let active = {
        let list_id = list_id.clone();
        move || is_open.get().then(|| format!("{list_id}-{}", chosen.get()))
    };
    let controls = list_id.clone();
    view! {
        <div
            class="codefield"
            class:is-line=is_line
            class:is-invalid=move || invalid.get() == Some(true)
            style=format!("--rows: {rows}")
        >
            <div class="codefield__scroll">
                <div class="codefield__layer" aria-hidden="true" inner_html=layer></div>
                <textarea
                    node_ref=area
                    id=id.clone()
                    rows="1"
                    spellcheck="false"
                    autocomplete="off"
                    autocapitalize="none"
                    placeholder=placeholder
                    aria-label=label
                    aria-invalid=move || (invalid.get() == Some(true)).to_string()
                    aria-describedby=preview_id.clone()
                    aria-autocomplete="list"
                    role=move || is_open.get().then_some("combobox")
                    aria-expanded=move || is_open.get().then_some("true")
                    aria-controls=move || is_open.get().then(|| controls.clone())
                    aria-activedescendant=active
                    prop:value=move || text.get()
                    on:input=on_input
                    on:keydown=on_key
                    on:keyup=move |_| follow()
                    on:click=move |_| {
                        follow();
                        close();
                    }
                    on:focus=on_focus
                    on:blur=move |_| {
                        has_focus.set(false);
                        close();
                    }
                    on:drop=move |event: leptos::ev::DragEvent| {
                        dropped.set_value(typing::dragged(&event, PATH_TYPE));
                    }
                ></textarea>
            </div>
            <MenuList menu chosen list_id mark_id take />
        </div>
        <Preview id=preview_id place value />
    }
    .into_any()
}

/// What a path is called while it is dragged.
pub(super) const PATH_TYPE: &str = "application/x-millrace-path";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_gets_braces_where_it_would_be_text() {
        assert_eq!(insertion("", Form::Bare, 0, "input.a"), "input.a");
        assert_eq!(insertion("Dear ", Form::Template, 5, "input.a"), "{{ input.a }}");
        assert_eq!(insertion("{{  }}", Form::Template, 3, "input.a"), "input.a");
        assert_eq!(insertion("{{ a }} b", Form::Template, 9, "input.a"), "{{ input.a }}");
    }
}
