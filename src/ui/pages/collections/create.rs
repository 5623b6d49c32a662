//! The form of a new collection.

use crate::{
    api::{
        models::ModelView,
        vectors::{CollectionBody, CollectionView, Metric},
    },
    ui::{
        components::{
            dialog::{Dialog, DialogFoot},
            field::{Field, Select},
            icon::Icon,
        },
        pages::form::{FormError, FormState},
        server_fns::{
            collections::create_collection,
            models::list_models,
            session::{encode, with_session},
        },
    },
};
use leptos::prelude::*;
use leptos_router::hooks::use_navigate;

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
    let model = RwSignal::new(String::new());
    let navigate = use_navigate();
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let dimension = match own.get_untracked() {
            false => None,
            true => match dimension.with_untracked(|text| text.trim().parse().ok()) {
                Some(number) => Some(number),
                None => return state.refuse("dimension", "Write a whole number from 1 to 4096."),
            },
        };
        let metric = Some(metric.get_untracked()).filter(|_| own.get_untracked());
        let embedding_model =
            Some(model.get_untracked()).filter(|model| !own.get_untracked() && !model.is_empty());
        let name = name.get_untracked().trim().to_owned();
        let body = CollectionBody { name, dimension, embedding_model, metric };
        let navigate = navigate.clone();
        state.run(with_session(move || create_collection(body.clone())), move |made: CollectionView| {
            open.set(false);
            navigate(&format!("/collections/{}", encode(&made.name)), Default::default());
        });
    };
    let maker = move || match model.get() {
        here if here.is_empty() => "Turned into vectors here, by all-MiniLM-L6-v2".to_owned(),
        elsewhere => format!("Turned into vectors elsewhere, by {elsewhere}"),
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
                                <small>{maker}</small>
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
                {move || match own.get() {
                    true => view! { <Own dimension metric state /> }.into_any(),
                    false => view! { <Maker model state /> }.into_any(),
                }}
                <FormError state fields=&["name", "dimension", "metric", "embedding_model"] />
            </div>
            <DialogFoot open testid="collection-create" disabled=state.pending()>
                "Create collection"
            </DialogFoot>
        </form>
    }
    .into_any()
}

/// Which model makes the vectors; nothing to choose where there is only that of the installation.
#[component]
fn Maker(model: RwSignal<String>, state: FormState) -> impl IntoView {
    let known = LocalResource::new(|| with_session(list_models));
    let elsewhere = move || {
        let models: Vec<ModelView> = known.get().and_then(Result::ok).unwrap_or_default();
        models.into_iter().filter_map(|m| Some((m.name, m.dimension?))).collect::<Vec<_>>()
    };
    let choose = Callback::new(move |name: String| model.set(name));
    model.set(String::new());
    move || {
        let options = elsewhere();
        (!options.is_empty()).then(|| {
            view! {
                <Field
                    id="collection-model"
                    label="Embedding model"
                    hint="The texts are sent to a model that is elsewhere."
                    error=state.field("embedding_model")
                >
                    <Select id="collection-model" on_change=choose>
                        <option value="">"all-MiniLM-L6-v2, here"</option>
                        {options
                            .into_iter()
                            .map(|(name, numbers)| {
                                let label = format!("{name}, {numbers} numbers, elsewhere");
                                view! { <option value=name>{label}</option> }
                            })
                            .collect_view()}
                    </Select>
                </Field>
            }
        })
    }
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
