//! The form that adds a model of another service.

use crate::{
    api::{
        credentials::{Credential, CredentialKind},
        models::{ModelKind, ModelView, RemoteModelCreate},
    },
    ui::{
        components::{
            dialog::{Dialog, DialogFoot},
            field::{Field, Select},
            toast::Toasts,
        },
        pages::form::{FormError, FormState},
        server_fns::{credentials::list_credentials, models::add_model, session::with_session},
    },
};
use leptos::prelude::*;
use uuid::Uuid;

/// The dialog.
#[component]
pub(super) fn Adding(open: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    view! {
        <Dialog
            open
            title="Add a model of a service"
            description="Of anything that speaks as OpenAI does: Ollama, vLLM, llama.cpp, OpenAI, another Millrace."
            testid="model-dialog"
        >
            {move || open.get().then(|| view! { <Form open changed /> })}
        </Dialog>
    }
    .into_any()
}

/// A line of text under its label.
#[component]
fn Line(
    name: &'static str,
    label: &'static str,
    hint: &'static str,
    placeholder: &'static str,
    text: RwSignal<String>,
    state: FormState,
) -> impl IntoView {
    let id = format!("model-{name}");
    view! {
        <Field id=id.clone() label hint error=state.field(name)>
            <input
                class="input"
                id=id
                required
                maxlength="2000"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
                placeholder=placeholder
                aria-invalid=move || state.is_wrong(name).get().to_string()
                prop:value=text
                on:input=move |event| text.set(event_target_value(&event))
            />
        </Field>
    }
    .into_any()
}

#[component]
fn Form(open: RwSignal<bool>, changed: Callback<()>) -> impl IntoView {
    let toasts = expect_context::<Toasts>();
    let state = FormState::new();
    let [name, base_url, model] = [(); 3].map(|()| RwSignal::new(String::new()));
    let credential = RwSignal::new(None::<Uuid>);
    let kind = RwSignal::new(ModelKind::Chat);
    let submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        let body = RemoteModelCreate {
            name: name.get_untracked(),
            kind: kind.get_untracked(),
            base_url: base_url.get_untracked(),
            model: model.get_untracked(),
            credential_id: credential.get_untracked(),
        };
        let done = move |added: ModelView| {
            open.set(false);
            let chooses = if added.dimension.is_some() { "New collections" } else { "Steps" };
            toasts.success(format!("“{}” is added. {chooses} can choose it now.", added.name));
            changed.run(());
        };
        state.run(with_session(move || add_model(body.clone())), done);
    };
    let choose_kind = Callback::new(move |word: String| {
        let is_embedding = word == ModelKind::Embedding.as_str();
        kind.set(if is_embedding { ModelKind::Embedding } else { ModelKind::Chat });
    });
    view! {
        <form on:submit=submit class="dialog__form" autocomplete="off">
            <div class="dialog__body">
                <Line
                    name="name"
                    label="Name"
                    hint="What steps call it."
                    placeholder="big-model"
                    text=name
                    state
                />
                <Field id="model-kind" label="What it does">
                    <Select id="model-kind" on_change=choose_kind>
                        <option value="chat">"Answers (chat)"</option>
                        <option value="embedding">"Makes vectors of texts (embeddings)"</option>
                    </Select>
                </Field>
                <Line
                    name="base_url"
                    label="Base URL"
                    hint="Addresses of your own network must be allowed with `MILLRACE_OUTBOUND_ALLOW`."
                    placeholder="https://api.openai.com/v1"
                    text=base_url
                    state
                />
                <Line
                    name="model"
                    label="Model"
                    hint="What the service calls it."
                    placeholder="gpt-5-mini"
                    text=model
                    state
                />
                <Field
                    id="model-credential"
                    label="Credential"
                    hint="Must be allowed for the host of the base URL. Make one on the Credentials page."
                    error=state.field("credential_id")
                >
                    <Credentials credential />
                </Field>
                <FormError state fields=&["name", "base_url", "model", "credential_id"] />
            </div>
            <DialogFoot open testid="model-save" disabled=state.pending()>
                "Add model"
            </DialogFoot>
        </form>
    }
    .into_any()
}

/// Those that a request can carry.
#[component]
fn Credentials(credential: RwSignal<Option<Uuid>>) -> impl IntoView {
    let known = LocalResource::new(|| with_session(list_credentials));
    let choose = Callback::new(move |id: String| credential.set(Uuid::try_parse(&id).ok()));
    view! {
        <Select id="model-credential" on_change=choose>
            <option value="">"None"</option>
            {move || {
                let list: Vec<Credential> = known.get().and_then(Result::ok).unwrap_or_default();
                list.into_iter()
                    .filter(|credential| credential.kind != CredentialKind::Postgres)
                    .map(|credential| {
                        let hosts = credential.allowed_hosts.join(", ");
                        view! {
                            <option value=credential.id.to_string()>{format!("{} ({hosts})", credential.name)}</option>
                        }
                    })
                    .collect_view()
            }}
        </Select>
    }
    .into_any()
}
