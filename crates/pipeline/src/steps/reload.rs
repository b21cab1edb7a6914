//! Make sure that what is in production can be served. A running server follows the registry by itself; this step
//! verifies the bundle that it loads.

use serde_json::{Value, json};

use crate::context::Context;
use crate::error::PipelineError;
use crate::task_log::TaskLog;

/// Loads the production version and verifies it to the last golden row.
pub async fn run(context: &Context, log: &TaskLog) -> Result<Value, PipelineError> {
    let model = &context.project.model_name;
    let Some(version) = context.registry.production_version(model).await? else {
        return Err(PipelineError::Missing { what: format!("a version of {model} in production") });
    };
    context.scorer(version.version, &version.run_id).await?;
    log.info(format!(
        "Verified the bundle of version {}: check sums and golden rows are right. A running server loads it within 2 s",
        version.version
    ));
    Ok(json!({ "version": version.version, "verified": true }))
}
