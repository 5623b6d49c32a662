//! What a collection is, in one line.

use crate::{
    api::vectors::{CollectionView, Metric},
    ui::{
        components::{icon::Icon, time::RelativeTime},
        pages::collections::{grouped, vectors_word},
    },
};
use leptos::prelude::*;

#[component]
pub(super) fn Facts(collection: RwSignal<CollectionView>) -> impl IntoView {
    move || {
        let collection = collection.get();
        let documents = match collection.document_count {
            1 => "1 document".to_owned(),
            n => format!("{} documents", grouped(n)),
        };
        let metric = match collection.metric {
            Metric::Cosine => "cosine",
            Metric::Dot => "inner product",
            Metric::Euclidean => "distance",
        };
        let index = match collection.index_kind.as_str() {
            "ivf" => "clustered index (IVF)",
            _ => "flat index: every vector is compared",
        };
        view! {
            <dl class="facts" data-testid="facts">
                <div>
                    <Icon name="file-text" />
                    <dd data-testid="document-count">{documents}</dd>
                </div>
                <div>
                    <Icon name="sparkles" />
                    <dd>{format!("{}, {metric}", vectors_word(&collection))}</dd>
                </div>
                <div class="wide-only">
                    <Icon name="database" />
                    <dd>{index}</dd>
                </div>
                <div>
                    <Icon name="clock" />
                    <dd>
                        "Changed "
                        <RelativeTime at=collection.updated_at />
                    </dd>
                </div>
            </dl>
        }
    }
}
