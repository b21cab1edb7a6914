//! `tidewheel demo`: the bundled project, from an empty folder to a served model.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Context as _;
use clap::Args;
use serde::{Deserialize, Serialize};
use tidewheel_serve::inference::bind;

use crate::bundled;
use crate::cli::{FormatFlag, Globals};
use crate::command::run::turn_all;
use crate::command::serve::{How, LISTEN, serve, wrong_or_failed};
use crate::context::{Context, FILE_NAME};
use crate::failure::{Status, wrong_use};
use crate::files::write_whole;
use crate::output::{Format, Output, Tone};
use crate::progress::Progress;
use crate::shutdown;
use crate::summary::Bars;
use crate::turning::{runner, turning};

/// What the folder of a demo was made with.
const MARK: &str = ".tidewheel/demo.json";

/// Watch the whole loop turn over the bundled real data, then serve the model
///
/// Ten batches are fetched from an emulated data API, stored, cleaned, tested for drift; each time a decision is taken
/// and explained, and where it says so a model is trained, compared and promoted. The folder is an ordinary project
/// afterwards: `tidewheel -C tidewheel-demo why 2`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  tidewheel demo\n  tidewheel demo --once --shuffle 1 --dir shuffled")]
pub(crate) struct DemoArgs {
    /// How many batches the data set is dealt in
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batches: u32,
    /// Stop after this many turns in all; the rest is left for later
    #[arg(long, value_name = "N")]
    turns: Option<usize>,
    /// Deal the distinct rows in a random order, drawn from this seed: nothing drifts then
    #[arg(long, value_name = "SEED")]
    shuffle: Option<u64>,
    /// Stop instead of serving
    #[arg(long)]
    once: bool,
    /// Where to serve
    #[arg(long, value_name = "ADDR", default_value = LISTEN)]
    listen: SocketAddr,
    /// The project's folder; it is made when missing, and an unfinished one is gone on with
    #[arg(long, value_name = "DIR", default_value = "tidewheel-demo")]
    dir: PathBuf,
    #[command(flatten)]
    format: FormatFlag,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    version: String,
    batches: u32,
    shuffle: Option<u64>,
    finished: bool,
}

pub(crate) async fn run(globals: &Globals, args: DemoArgs) -> anyhow::Result<Status> {
    // Before anything is written.
    let listener = if args.once { None } else { Some(bind(args.listen, false).await.map_err(wrong_or_failed)?) };
    let mut mark = prepare(&args)?;
    let context = Context::load(&std::path::absolute(&args.dir)?, &globals.settings)?;
    let output = Output::new(globals.color);
    let text = args.format.format == Format::Text;
    let registry = context.registry().await?;
    let stop = shutdown::on_signal();
    if mark.finished {
        if text {
            output.line(output.paint(Tone::Dim, &format!("'{}' is finished: nothing to turn", args.dir.display())))?;
        }
    } else {
        let bars = Arc::new(Bars::new(Progress::new(globals.quiet)));
        let turning = turning(&context, registry.clone(), bars.clone(), stop.clone());
        let mut runner = runner(&context, turning).await?;
        let done = registry.turns(&context.project.name).await.map_or(0, |turns| turns.len());
        let limit = args.turns.map(|turns| turns.saturating_sub(done));
        let ended = turn_all(&mut runner, &registry, &bars, output, args.format.format, limit).await?;
        if ended.failed {
            registry.close().await;
            return Ok(Status::FAILED);
        }
        if ended.no_more_data {
            mark.finished = true;
            write_mark(&args.dir, &mark)?;
        }
    }
    let Some(listener) = listener else {
        registry.close().await;
        return Ok(Status::SUCCESS);
    };
    if text {
        let flag = format!("tidewheel -C {}", args.dir.display());
        output.line("")?;
        output.line(format!("  {flag} runs list         every turn"))?;
        output.line(format!("  {flag} why 2             why version 2 was trained"))?;
        output.line(format!("  {flag} models list       every version"))?;
    }
    serve(globals, &context, registry, listener, How { insecure: false, turns: true }, stop).await
}

/// Makes the folder, or finds the one that an earlier demo made with the same flags.
fn prepare(args: &DemoArgs) -> anyhow::Result<Mark> {
    let wanted = Mark {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        batches: args.batches,
        shuffle: args.shuffle,
        finished: false,
    };
    let path = args.dir.join(MARK);
    if path.exists() {
        let text = std::fs::read_to_string(&path).with_context(|| format!("cannot read '{}'", path.display()))?;
        let found: Mark = serde_json::from_str(&text)
            .with_context(|| format!("'{}' is damaged; delete the folder", path.display()))?;
        let shown = |shuffle: Option<u64>| shuffle.map_or_else(|| "none".to_owned(), |seed| seed.to_string());
        for (what, was, is) in [
            ("version", found.version.clone(), wanted.version.clone()),
            ("--batches", found.batches.to_string(), wanted.batches.to_string()),
            ("--shuffle", shown(found.shuffle), shown(wanted.shuffle)),
        ] {
            if was != is {
                let dir = args.dir.display();
                return Err(wrong_use(format!(
                    "'{dir}' was made with {what} {was}, not {is}; name another folder with --dir, or delete it"
                )));
            }
        }
        return Ok(found);
    }
    let occupied = args.dir.read_dir().is_ok_and(|mut entries| entries.any(|_| true));
    if occupied && !half_made(&args.dir) {
        let dir = args.dir.display();
        return Err(wrong_use(format!("'{dir}' is not empty and no demo made it; name another folder with --dir")));
    }
    std::fs::create_dir_all(args.dir.join(".tidewheel"))
        .with_context(|| format!("cannot make the folder '{}'", args.dir.display()))?;
    write_whole(&args.dir.join(FILE_NAME), project_file(args).as_bytes())?;
    // The mark comes last: a folder without it is not yet a demo's.
    write_mark(&args.dir, &wanted)?;
    Ok(wanted)
}

/// Whether a demo was cut off before it had written its mark: nothing but what it writes first is there.
fn half_made(dir: &Path) -> bool {
    let Ok(entries) = dir.read_dir() else { return false };
    let first = |name: &std::ffi::OsStr| name == ".tidewheel" || name.to_string_lossy().starts_with(FILE_NAME);
    entries.flatten().all(|entry| first(&entry.file_name()))
        && dir.join(".tidewheel").read_dir().is_ok_and(|mut entries| entries.next().is_none())
}

/// The bundled project file with the flags written into `[source]`.
fn project_file(args: &DemoArgs) -> String {
    let mut source = format!("batches = {}", args.batches);
    if let Some(seed) = args.shuffle {
        source.push_str(&format!("\nshuffle = {seed}"));
    }
    bundled::PROJECT.replacen("batches = 10", &source, 1)
}

fn write_mark(dir: &Path, mark: &Mark) -> anyhow::Result<()> {
    let text = serde_json::to_string_pretty(mark).context("cannot write the demo's mark")?;
    write_whole(&dir.join(MARK), text.as_bytes())
}
