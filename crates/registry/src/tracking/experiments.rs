//! Experiments. A project of Tidewheel is the experiment of its name.

use tidewheel_domain::Timestamp;

use crate::database::{Row, args};
use crate::error::{DatabaseError, RegistryError};
use crate::registry::Registry;

/// An experiment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Experiment {
    /// Its id.
    pub experiment_id: i64,
    /// Its name: the project's.
    pub name: String,
    /// Where the artifacts of its runs are.
    pub artifact_location: String,
    /// Whether it is marked as deleted.
    pub deleted: bool,
    /// When it was made.
    pub creation_time: Timestamp,
    /// When it last changed.
    pub last_update_time: Timestamp,
}

impl Experiment {
    fn from_row(row: &Row) -> Result<Self, DatabaseError> {
        Ok(Experiment {
            experiment_id: row.get("experiment_id")?,
            name: row.get("name")?,
            artifact_location: row.get("artifact_location")?,
            deleted: row.get::<String>("lifecycle_stage")? == "deleted",
            creation_time: row.time("creation_time")?,
            last_update_time: row.time("last_update_time")?,
        })
    }
}

const SELECT: &str = "SELECT experiment_id, name, artifact_location, lifecycle_stage, creation_time, last_update_time
    FROM experiments WHERE name = $1";

impl Registry {
    /// The experiment of a project, if there is one.
    pub async fn experiment(&self, project: &str) -> Result<Option<Experiment>, RegistryError> {
        self.database
            .retry(|| async {
                let row = self.database.fetch_optional(SELECT, args![project]).await?;
                Ok(row.as_ref().map(Experiment::from_row).transpose()?)
            })
            .await
    }

    /// The experiment of a project, made if it is not there.
    pub async fn create_or_get_experiment(&self, project: &str, now: Timestamp) -> Result<Experiment, RegistryError> {
        if project.trim().is_empty() {
            return Err(RegistryError::Invalid {
                field: "project name",
                value: project.to_owned(),
                rule: "must not be empty".to_owned(),
            });
        }
        if let Some(experiment) = self.experiment(project).await? {
            return Ok(experiment);
        }
        self.database
            .retry(|| async {
                let mut tx = self.database.begin().await?;
                let insert = "INSERT INTO experiments (name, artifact_location, creation_time, last_update_time)
                    VALUES ($1, '', $2, $2) ON CONFLICT (name) DO NOTHING";
                tx.execute(insert, args![project, now]).await?;
                let locate = "UPDATE experiments
                    SET artifact_location = 'mlflow-artifacts:/' || CAST(experiment_id AS TEXT)
                    WHERE name = $1 AND artifact_location = ''";
                tx.execute(locate, args![project]).await?;
                let row = tx.fetch_optional(SELECT, args![project]).await?;
                let row = row.ok_or_else(|| RegistryError::not_found("project", project))?;
                tx.commit().await?;
                Ok(Experiment::from_row(&row)?)
            })
            .await
    }
}
