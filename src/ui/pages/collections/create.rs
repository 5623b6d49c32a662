//! The form of a new collection.

use crate::{
    api::vectors::{CollectionBody, CollectionView, Metric},
    ui::{
        components::{
            dialog::{Dialog, DialogFoot},
            field::{Field, Select},
            icon::Icon,
        },
        pages::form::{FormError, FormState},
        server_fns::{
            collections::create_collection,
            session::{encode, with_session},
        },
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

/// Dimension of the embedding model of this installation.
const EMBEDDED: u32 = 384;

#[component]
pub(super) fn CreateDialog(open: RwSignal<bool>) -> impl IntoView {
    view! {
        <Dialog
            open
            title="New collection"
            description="Texts that steps can search by meaning and by words."
            testid="collection-dialog"
        >
            {move || open.get().then(|| view! { <Form open /> })}
        </Dialog>
    }
    .into_any()
}

#[component]
fn Form(open: RwSignal<bool>) -> impl IntoView {
    let state = FormState::new();
    let name = RwSignal::new(String::new());
    let own = RwSignal::new(false);
    let dimension = RwSignal::new("768".to_owned());
    let metric = RwSignal::new(Metric::Cosine);
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let dimension = match own.get_untracked() {
            false => Some(EMBEDDED),
            true => match dimension.with_untracked(|text| text.trim().parse().ok()) {
                Some(number) => Some(number),
                None => return state.refuse("dimension", "Write a whole number from 1 to 4096."),
            },
        };
        let metric = Some(metric.get_untracked()).filter(|_| own.get_untracked());
        let body = CollectionBody { name: name.get_untracked().trim().to_owned(), dimension, metric };
        let navigate = navigate.clone();
        state.run(with_session(move || create_collection(body.clone())), move |made: CollectionView| {
            open.set(false);
            navigate(&format!("/collections/{}", encode(&made.name)), Default::default());
        });
    };
    view! {
        <form on:submit=submit class="dialog__form">
            <div class="dialog__body">
                <Field
                    id="collection-name"
                    label="Name"
                    hint="What steps call it: letters, digits, spaces, `_` and `-`."
                    error=state.field("name")
                >
                    <input
                        class="input"
                        id="collection-name"
                        autofocus
                        required
                        maxlength="100"
                        autocomplete="off"
                        placeholder="Handbook"
                        aria-invalid=move || state.is_wrong("name").get().to_string()
                        prop:value=name
                        on:input=move |event| name.set(event_target_value(&event))
                    />
                </Field>
                <fieldset class="fieldset">
                    <legend>"What goes in"</legend>
                    <div class="kinds">
                        <label class="kind">
                            <input type="radio" name="source" checked on:change=move |_| own.set(false) />
                            <Icon name="file-text" />
                            <span>
                                <strong>"Texts and files"</strong>
                                <small>"Turned into vectors here, by all-MiniLM-L6-v2"</small>
                            </span>
                        </label>
                        <label class="kind" data-testid="own-vectors">
                            <input type="radio" name="source" on:change=move |_| own.set(true) />
                            <Icon name="braces" />
                            <span>
                                <strong>"My own vectors"</strong>
                                <small>"Sent by a program, of any size"</small>
                            </span>
                        </label>
                    </div>
                </fieldset>
                {move || own.get().then(|| view! { <Own dimension metric state /> })}
                <FormError state fields=&["name", "dimension", "metric"] />
            </div>
            <DialogFoot open testid="collection-create" disabled=state.pending()>
                "Create collection"
            </DialogFoot>
        </form>
    }
    .into_any()
}

/// What has to be said of vectors that come from elsewhere.
#[component]
fn Own(dimension: RwSignal<String>, metric: RwSignal<Metric>, state: FormState) -> impl IntoView {
    const METRICS: [(Metric, &str); 3] =
        [(Metric::Cosine, "Cosine"), (Metric::Dot, "Inner product"), (Metric::Euclidean, "Distance")];
    let choose = Callback::new(move |word: String| metric.set(Metric::parse(&word).unwrap_or_default()));
    view! {
        <div class="form-pair">
            <Field id="collection-dimension" label="Numbers in each vector" error=state.field("dimension")>
                <input
                    class="input num"
                    id="collection-dimension"
                    inputmode="numeric"
                    autocomplete="off"
                    prop:value=dimension
                    on:input=move |event| dimension.set(event_target_value(&event))
                />
            </Field>
            <Field id="collection-metric" label="Nearness" error=state.field("metric")>
                <Select id="collection-metric" on_change=choose>
                    {METRICS
                        .map(|(each, word)| view! { <option value=each.as_str()>{word}</option> })
                        .into_iter()
                        .collect_view()}
                </Select>
            </Field>
        </div>
    }
    .into_any()
}
