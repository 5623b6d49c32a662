//! Triggers of a workflow, whether they are on, and whom to tell of failures.

use crate::{
    api::{
        page::Page,
        problem::ProblemDetails,
        runs::RunAccepted,
        triggers::{
            ActiveBody, FailureNotice, FailureNoticeBody, SchedulePreview, ScheduleTimes, TriggerBody,
            TriggerTest, TriggerView,
        },
        workflows::WorkflowDetail,
    },
    server::{
        error::AppError,
        http::extract::{Auth, JsonBody, ReadScope, RunScope, TriggerOf, WorkflowOf, WriteScope},
        services::{failure_notices, triggers, workflows},
        state::AppState,
    },
};
use axum::{Json, extract::State, http::StatusCode};

/// List triggers
///
/// Newest first, with the next five times of schedules and what each last did. They come in one page: a workflow has 50 at
/// most.
#[utoipa::path(get, path = "/api/workflows/{id}/triggers", tag = "Triggers", params(("id" = Uuid, Path)),
    responses((status = 200, body = Page<TriggerView>), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn list(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
) -> Result<Json<Page<TriggerView>>, AppError> {
    let items = triggers::list(&state, workflow.owner, workflow.id).await?;
    Ok(Json(Page { items, next: None }))
}

/// Make a trigger
///
/// A schedule has `cron` and `timezone`, a webhook `mode` and perhaps a `secret`; where none is given one is made. The reply is
/// the only place that shows it.
#[utoipa::path(post, path = "/api/workflows/{id}/triggers", tag = "Triggers", params(("id" = Uuid, Path)), request_body = TriggerBody,
    responses((status = 201, body = TriggerView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 422, description = "`cron`, `timezone`, `secret`, …; `too_many_triggers`", body = ProblemDetails)))]
pub async fn create(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    JsonBody(body): JsonBody<TriggerBody>,
) -> Result<(StatusCode, Json<TriggerView>), AppError> {
    Ok((StatusCode::CREATED, Json(triggers::create(&state, workflow.owner, workflow.id, body).await?)))
}

/// Get a trigger
#[utoipa::path(get, path = "/api/workflows/{id}/triggers/{trigger_id}", tag = "Triggers",
    params(("id" = Uuid, Path), ("trigger_id" = Uuid, Path)),
    responses((status = 200, body = TriggerView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn get(
    State(state): State<AppState>,
    target: TriggerOf<ReadScope>,
) -> Result<Json<TriggerView>, AppError> {
    let TriggerOf { workflow, trigger } = target;
    Ok(Json(triggers::get(&state, workflow.owner, workflow.id, trigger).await?))
}

/// Change or pause a trigger
///
/// Replaces it; `paused` and the secret stay where they are absent. With `new_secret` the reply shows a new one.
#[utoipa::path(put, path = "/api/workflows/{id}/triggers/{trigger_id}", tag = "Triggers",
    params(("id" = Uuid, Path), ("trigger_id" = Uuid, Path)), request_body = TriggerBody,
    responses((status = 200, body = TriggerView), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn update(
    State(state): State<AppState>,
    target: TriggerOf<WriteScope>,
    JsonBody(body): JsonBody<TriggerBody>,
) -> Result<Json<TriggerView>, AppError> {
    let TriggerOf { workflow, trigger } = target;
    Ok(Json(triggers::update(&state, workflow.owner, workflow.id, trigger, body).await?))
}

/// Delete a trigger
///
/// Its runs stay.
#[utoipa::path(delete, path = "/api/workflows/{id}/triggers/{trigger_id}", tag = "Triggers",
    params(("id" = Uuid, Path), ("trigger_id" = Uuid, Path)),
    responses((status = 204), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn delete(
    State(state): State<AppState>,
    target: TriggerOf<WriteScope>,
) -> Result<StatusCode, AppError> {
    let TriggerOf { workflow, trigger } = target;
    triggers::delete(&state, workflow.owner, workflow.id, trigger).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try a trigger
///
/// Fires now, whether it is on or not: with `input_data`, or with what a schedule gives, or a sample for a webhook.
#[utoipa::path(post, path = "/api/workflows/{id}/triggers/{trigger_id}/test", tag = "Triggers",
    params(("id" = Uuid, Path), ("trigger_id" = Uuid, Path)), request_body = TriggerTest,
    responses((status = 202, body = RunAccepted), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails),
        (status = 422, description = "`workflow_has_problems`, `input_does_not_fit`", body = ProblemDetails)))]
pub async fn test(
    State(state): State<AppState>,
    target: TriggerOf<RunScope>,
    JsonBody(body): JsonBody<TriggerTest>,
) -> Result<(StatusCode, Json<RunAccepted>), AppError> {
    let TriggerOf { workflow, trigger } = target;
    let accepted = triggers::test(&state, workflow.owner, workflow.id, trigger, body).await?;
    Ok((StatusCode::ACCEPTED, Json(accepted)))
}

/// When a cron pattern fires
///
/// Its next five times, and what it means in words; nothing is stored.
#[utoipa::path(post, path = "/api/schedules/preview", tag = "Triggers", request_body = SchedulePreview,
    responses((status = 200, body = ScheduleTimes), (status = 401, body = ProblemDetails), (status = 422, description = "`cron`, `timezone`", body = ProblemDetails)))]
pub async fn preview(
    State(state): State<AppState>,
    _auth: Auth<ReadScope>,
    JsonBody(body): JsonBody<SchedulePreview>,
) -> Result<Json<ScheduleTimes>, AppError> {
    Ok(Json(triggers::preview(&state, body).await?))
}

/// Switch a workflow on or off
///
/// While it is off its triggers do nothing; it can still be run by hand and over HTTP. What was missed is not made up for.
#[utoipa::path(put, path = "/api/workflows/{id}/active", tag = "Triggers", params(("id" = Uuid, Path)), request_body = ActiveBody,
    responses((status = 200, body = WorkflowDetail), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, body = ProblemDetails)))]
pub async fn set_active(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    JsonBody(body): JsonBody<ActiveBody>,
) -> Result<Json<WorkflowDetail>, AppError> {
    Ok(Json(workflows::set_active(&state, workflow.owner, workflow.id, body.is_active).await?))
}

/// Get whom to tell of failed runs
#[utoipa::path(get, path = "/api/workflows/{id}/failure-notice", tag = "Triggers", params(("id" = Uuid, Path)),
    responses((status = 200, body = FailureNotice), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails)))]
pub async fn failure_notice(
    State(state): State<AppState>,
    workflow: WorkflowOf<ReadScope>,
) -> Result<Json<FailureNotice>, AppError> {
    Ok(Json(failure_notices::get(&state, workflow.owner, workflow.id).await?))
}

/// Set whom to tell of failed runs
///
/// The address gets a POST for each run of the workflow that fails, at least once, and again for some hours until it answers
/// with 2xx. `X-Millrace-Delivery` is the same for each attempt. Runs that other runs started are not told.
#[utoipa::path(put, path = "/api/workflows/{id}/failure-notice", tag = "Triggers", params(("id" = Uuid, Path)), request_body = FailureNoticeBody,
    responses((status = 200, body = FailureNotice), (status = 401, body = ProblemDetails), (status = 404, body = ProblemDetails), (status = 422, description = "`url`", body = ProblemDetails)))]
pub async fn set_failure_notice(
    State(state): State<AppState>,
    workflow: WorkflowOf<WriteScope>,
    JsonBody(body): JsonBody<FailureNoticeBody>,
) -> Result<Json<FailureNotice>, AppError> {
    Ok(Json(failure_notices::set(&state, workflow.owner, workflow.id, body).await?))
}
