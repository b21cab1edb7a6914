-- Times are milliseconds since 1970-01-01 UTC. JSON is kept as text, so that it comes back byte for byte.

-- MLflow's experiments. A project of Tidewheel is the experiment of its name.
CREATE TABLE experiments (
    experiment_id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    artifact_location TEXT NOT NULL,
    lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
    creation_time BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL
);

CREATE TABLE experiment_tags (
    experiment_id BIGINT NOT NULL REFERENCES experiments (experiment_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (experiment_id, key)
);

-- MLflow's runs: turns, trainings, trials, and whatever a client logs.
CREATE TABLE runs (
    run_id TEXT NOT NULL PRIMARY KEY,
    experiment_id BIGINT NOT NULL REFERENCES experiments (experiment_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('RUNNING', 'SCHEDULED', 'FINISHED', 'FAILED', 'KILLED')),
    user_id TEXT NOT NULL DEFAULT '',
    start_time BIGINT NOT NULL,
    end_time BIGINT,
    lifecycle_stage TEXT NOT NULL DEFAULT 'active' CHECK (lifecycle_stage IN ('active', 'deleted')),
    deleted_time BIGINT,
    artifact_uri TEXT NOT NULL
);
CREATE INDEX runs_newest_first ON runs (experiment_id, start_time DESC, run_id);

CREATE TABLE params (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run_id, key)
);

-- The history of each metric. NaN is value 0 with is_nan. low and high are the ends of its interval, where it has one.
CREATE TABLE metrics (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    step BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BOOLEAN NOT NULL DEFAULT FALSE,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    PRIMARY KEY (run_id, key, step, timestamp, value, is_nan)
);

-- The point of each metric with the largest (step, timestamp, value).
CREATE TABLE latest_metrics (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    step BIGINT NOT NULL,
    timestamp BIGINT NOT NULL,
    value DOUBLE PRECISION NOT NULL,
    is_nan BOOLEAN NOT NULL DEFAULT FALSE,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    PRIMARY KEY (run_id, key)
);

CREATE TABLE run_tags (
    run_id TEXT NOT NULL REFERENCES runs (run_id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (run_id, key)
);
-- A run's children are found by their tag, as MLflow's clients do.
CREATE INDEX run_tags_parent ON run_tags (value) WHERE key = 'mlflow.parentRunId';

-- MLflow's registered models. production_version is the one record behind the stage Production and the alias
-- production; generation rises with every change of a stage or an alias.
CREATE TABLE registered_models (
    name TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL DEFAULT '',
    production_version BIGINT,
    last_version BIGINT NOT NULL DEFAULT 0,
    generation BIGINT NOT NULL DEFAULT 0,
    creation_time BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL
);

CREATE TABLE registered_model_tags (
    name TEXT NOT NULL REFERENCES registered_models (name) ON DELETE CASCADE ON UPDATE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name, key)
);

-- The stage Production is not stored here: see registered_models.production_version.
CREATE TABLE model_versions (
    name TEXT NOT NULL REFERENCES registered_models (name) ON DELETE CASCADE ON UPDATE CASCADE,
    version BIGINT NOT NULL,
    run_id TEXT NOT NULL,
    source TEXT NOT NULL,
    stage TEXT NOT NULL DEFAULT 'None' CHECK (stage IN ('None', 'Staging', 'Archived')),
    status TEXT NOT NULL DEFAULT 'READY',
    status_message TEXT,
    description TEXT NOT NULL DEFAULT '',
    user_id TEXT NOT NULL DEFAULT '',
    run_link TEXT NOT NULL DEFAULT '',
    rejected_by TEXT,
    metrics TEXT NOT NULL DEFAULT '{}',
    metrics_newest_batch TEXT NOT NULL DEFAULT '{}',
    creation_time BIGINT NOT NULL,
    last_update_time BIGINT NOT NULL,
    PRIMARY KEY (name, version)
);
CREATE INDEX model_versions_of_a_run ON model_versions (run_id);

CREATE TABLE model_version_tags (
    name TEXT NOT NULL,
    version BIGINT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (name, version, key),
    FOREIGN KEY (name, version) REFERENCES model_versions (name, version) ON DELETE CASCADE ON UPDATE CASCADE
);

-- Every alias but production.
CREATE TABLE model_aliases (
    name TEXT NOT NULL,
    alias TEXT NOT NULL CHECK (alias <> 'production'),
    version BIGINT NOT NULL,
    PRIMARY KEY (name, alias),
    FOREIGN KEY (name, version) REFERENCES model_versions (name, version) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX model_aliases_of_a_version ON model_aliases (name, version);

-- What was in production when. Outlives the models; lines are only ever added.
CREATE TABLE ledger (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    model TEXT NOT NULL,
    version BIGINT NOT NULL,
    event TEXT NOT NULL CHECK (event IN ('promote', 'reject', 'rollback', 'archive')),
    from_version BIGINT,
    at BIGINT NOT NULL,
    who TEXT NOT NULL,
    reason TEXT NOT NULL
);
CREATE INDEX ledger_of_a_model ON ledger (model, id);
CREATE TRIGGER ledger_is_never_changed BEFORE UPDATE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;
CREATE TRIGGER ledger_is_never_deleted BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'the ledger is append-only');
END;

-- One pass of the loop; it is the run of the same id.
CREATE TABLE turns (
    run_id TEXT NOT NULL PRIMARY KEY REFERENCES runs (run_id) ON DELETE CASCADE,
    experiment_id BIGINT NOT NULL REFERENCES experiments (experiment_id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    batch BIGINT,
    external_id TEXT,
    state TEXT NOT NULL CHECK (state IN ('running', 'succeeded', 'failed', 'waiting', 'cancelled')),
    action TEXT,
    reason TEXT,
    champion_before BIGINT,
    model_version BIGINT,
    promoted BOOLEAN NOT NULL DEFAULT FALSE,
    rejected_by TEXT,
    metrics_newest_batch TEXT NOT NULL DEFAULT '{}',
    decision TEXT,
    source_position TEXT,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    error TEXT,
    UNIQUE (experiment_id, number),
    UNIQUE (experiment_id, external_id)
);
CREATE INDEX turns_of_a_batch ON turns (experiment_id, batch);

CREATE TABLE batches (
    experiment_id BIGINT NOT NULL REFERENCES experiments (experiment_id) ON DELETE CASCADE,
    id BIGINT NOT NULL,
    sha256 TEXT NOT NULL,
    run_id TEXT NOT NULL,
    source_position TEXT,
    rows_received BIGINT NOT NULL,
    new_rows BIGINT NOT NULL,
    duplicate_rows BIGINT NOT NULL,
    quarantined_rows BIGINT NOT NULL,
    clean_rows BIGINT NOT NULL,
    columns_seen TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (experiment_id, id),
    UNIQUE (experiment_id, sha256)
);

CREATE TABLE quarantine (
    experiment_id BIGINT NOT NULL,
    batch BIGINT NOT NULL,
    row_index BIGINT NOT NULL,
    rule TEXT NOT NULL,
    column_name TEXT,
    value TEXT,
    data TEXT NOT NULL,
    PRIMARY KEY (experiment_id, batch, row_index, rule),
    FOREIGN KEY (experiment_id, batch) REFERENCES batches (experiment_id, id) ON DELETE CASCADE
);

CREATE TABLE tasks (
    run_id TEXT NOT NULL REFERENCES turns (run_id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    position BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('pending', 'running', 'succeeded', 'failed', 'skipped', 'up_for_retry')),
    attempt BIGINT NOT NULL DEFAULT 0,
    started_at BIGINT,
    ended_at BIGINT,
    inputs TEXT,
    outputs TEXT,
    error TEXT,
    PRIMARY KEY (run_id, name)
);

CREATE TABLE task_attempts (
    run_id TEXT NOT NULL,
    name TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    state TEXT NOT NULL,
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    error TEXT,
    PRIMARY KEY (run_id, name, attempt),
    FOREIGN KEY (run_id, name) REFERENCES tasks (run_id, name) ON DELETE CASCADE
);

CREATE TABLE task_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL REFERENCES turns (run_id) ON DELETE CASCADE,
    task TEXT NOT NULL,
    attempt BIGINT NOT NULL,
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    level TEXT NOT NULL,
    line TEXT NOT NULL,
    UNIQUE (run_id, task, attempt, seq)
);
CREATE INDEX task_logs_of_a_turn ON task_logs (run_id, id);

-- Who may turn the loop of a project: at most one row a project.
CREATE TABLE leases (
    project TEXT NOT NULL PRIMARY KEY,
    token TEXT NOT NULL,
    host TEXT NOT NULL,
    pid BIGINT NOT NULL,
    lock_path TEXT NOT NULL,
    acquired_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- The prediction log.
CREATE TABLE inference_logs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project TEXT NOT NULL,
    at BIGINT NOT NULL,
    request_id TEXT NOT NULL,
    inputs TEXT NOT NULL,
    answer DOUBLE PRECISION NOT NULL,
    model_version BIGINT,
    model_run_id TEXT,
    response_time_ms DOUBLE PRECISION NOT NULL,
    client_ip TEXT,
    group_value TEXT
);
CREATE INDEX inference_logs_in_time ON inference_logs (project, at);
CREATE INDEX inference_logs_of_a_group ON inference_logs (project, group_value, id);

-- Which writes of the prediction log have arrived, so that one sent again is not kept twice.
CREATE TABLE inference_log_writes (
    write_id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL
);
CREATE INDEX inference_log_writes_in_time ON inference_log_writes (at);
