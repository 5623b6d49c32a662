//! Workflows to start from: the templates that are part of the program, and what they need to run.

mod samples;

use crate::{
    api::{
        templates::{TemplateCard, Touches},
        triggers::TriggerBody,
        workflows::{GraphBody, TemplateView, WorkflowBody, WorkflowDetail},
    },
    server::{
        error::AppError,
        services::triggers,
        state::AppState,
        store::{self, graph},
    },
    workflow::{
        document::Workflow,
        file::WorkflowFile,
        ids::UserId,
        templates::{TEMPLATES, Template},
        touches,
    },
};

/// Every template with new ids.
///
/// # Errors
/// 500 when a built-in file is not a workflow, which a test rules out.
pub fn templates() -> Result<Vec<TemplateView>, AppError> {
    TEMPLATES
        .iter()
        .map(|template| Ok(TemplateView { slug: template.slug.to_owned(), document: parse(template.text)? }))
        .collect()
}

/// Every template as the gallery shows it.
///
/// # Errors
/// As `templates`.
pub fn template_cards() -> Result<Vec<TemplateCard>, AppError> {
    let card = |template: TemplateView| {
        let touches::Touched { hosts, tables, collections, credentials } = touches::of(&template.document);
        TemplateCard {
            slug: template.slug,
            graph: (&template.document).into(),
            name: template.document.name,
            description: template.document.description,
            touches: Touches { hosts, tables, collections, credentials },
        }
    };
    Ok(templates()?.into_iter().map(card).collect())
}

/// Makes the owner's own copy of a template, and of those whose workflows it starts, where the owner has none of their
/// names.
///
/// # Errors
/// 404 for an unknown slug.
pub async fn create_from_template(
    state: &AppState,
    owner: UserId,
    slug: &str,
) -> Result<WorkflowDetail, AppError> {
    let template = Template::find(slug).ok_or_else(|| AppError::not_found("template"))?;
    for needed in template.needs.iter().filter_map(|slug| Template::find(slug)) {
        let document = parse(needed.text)?;
        if store::workflows::find_by_name(&state.store, owner, &document.name).await?.is_empty() {
            create_from_document(state, owner, document).await?;
        }
    }
    let made = create_from_document(state, owner, parse(template.text)?).await?;
    if let Some(pattern) = template.schedule {
        let body = TriggerBody { paused: Some(true), ..TriggerBody::schedule(pattern, "UTC") };
        triggers::create(state, owner, made.id.into(), body).await?;
    }
    if let Some(collection) = template.collection {
        samples::put(state, owner, collection).await;
    }
    Ok(made)
}

/// Makes a workflow of a document.
///
/// # Errors
/// 422 with the fields that keep it from being a workflow.
pub async fn create_from_document(
    state: &AppState,
    owner: UserId,
    document: Workflow,
) -> Result<WorkflowDetail, AppError> {
    let body = WorkflowBody {
        name: document.name.clone(),
        description: document.description.clone(),
        input_schema: document.input_schema.clone(),
        vars: Some(document.vars.clone()),
        is_active: None,
    };
    super::rules::check_body(&body)?;
    super::rules::check_graph(state, document.nodes.clone(), document.edges.clone(), document.notes.clone())?;
    let now = state.clock.now();
    let write = state.store.write().await?;
    let made = store::workflows::create(&write, owner, &body, now).await?;
    let graph = GraphBody::of(&document, made.revision);
    let made = graph::put(&write, owner, made.id.into(), &graph, now).await?;
    write.commit().await?;
    Ok(made)
}

fn parse(text: &str) -> Result<Workflow, AppError> {
    Ok(WorkflowFile::parse(text).map_err(AppError::internal)?.into_workflow())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workflow::check::{Environment, Severity, check};

    #[test]
    fn every_template_is_a_workflow_without_mistakes() {
        for template in templates().expect("built-in files are workflows") {
            let problems = check(&template.document, &Environment::default());
            let errors: Vec<_> = problems.iter().filter(|p| p.severity == Severity::Error).collect();
            assert!(errors.is_empty(), "{}: {errors:?}", template.slug);
        }
    }
}
