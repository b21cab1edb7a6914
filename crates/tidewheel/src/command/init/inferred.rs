//! A project file from what a table holds. Every line says what was seen, so that a person can judge it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::path::Path;

use anyhow::Context as _;
use tidewheel_data::read::{InferredColumn, ReadError, infer_schema, read_table};
use tidewheel_domain::project::ColumnType;

use crate::failure::wrong_use;

/// Categories with at most so many levels are encoded by their place, others by their target mean.
const TINY_LEVELS: usize = 8;
/// A text column of which more than this share of the values is different names single rows.
const UNIQUE_SHARE: f64 = 0.9;
/// With fewer rows than this nothing is taken for a row number or an identifier.
const FEW_ROWS: usize = 20;
/// A target skewed more than this has a long tail.
const LONG_TAIL: f64 = 1.0;

/// What becomes of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Use {
    Target,
    /// A feature as it is.
    Number,
    /// A feature by its place in alphabetical order.
    Ordinal,
    /// A feature by the mean of the target.
    TargetMean,
    /// Not a feature, for the reason that is written beside it.
    Nothing(&'static str),
}

/// The text of the project file for a table, to be written into `folder`.
pub(super) fn project_file(from: &Path, target: &str, folder: &Path) -> anyhow::Result<String> {
    let columns = infer_schema(from).map_err(wrong_table)?;
    let wanted = columns.iter().find(|column| column.name == target).ok_or_else(|| {
        let names = columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
        wrong_use(format!("--target '{target}': '{}' has no such column; it has {names}", from.display()))
    })?;
    if wanted.kind == ColumnType::Category {
        let examples = wanted.examples.join("', '");
        let reason = format!("its values are texts, such as '{examples}'; only numbers can be predicted yet");
        return Err(wrong_use(format!("--target '{target}': {reason}")));
    }
    if wanted.missing == wanted.rows {
        return Err(wrong_use(format!("--target '{target}': every value is missing")));
    }
    let tail = tail(&target_values(from, target)?);
    let uses = uses(&columns, target)?;

    let mut text = String::new();
    let rows = columns.first().map_or(0, |column| column.rows);
    let file_name = from.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let _ = writeln!(
        text,
        "# Written by `tidewheel init` from {}: {rows} rows, {} columns.\n\
         # Change what you know better; `tidewheel check` says whether the file is in order.\n",
        quoted(&file_name),
        columns.len(),
    );
    project(&mut text, from, target, &columns, &uses, tail);
    source(&mut text, from, folder)?;
    let _ = writeln!(text, "# --- Columns: what was seen, and what is expected of later batches\n");
    for (column, purpose) in columns.iter().zip(&uses) {
        schema(&mut text, column, *purpose);
    }
    let _ = writeln!(
        text,
        "# --- Cleaning\n\n\
         # Exact repeats of a row are counted and left out.\n\
         [[clean]]\nrule = \"distinct\"\n\n\
         # --- Features\n"
    );
    features(&mut text, &columns, &uses);
    let _ = writeln!(
        text,
        "# --- Decisions\n\n\
         # Train when something that matters moved and the model's error rose; see docs/project-file.md for all rules.\n\
         [policy]\nname = \"costly-drift\"\n\n\
         # A challenger is promoted when it is no worse than the champion. Absolute floors can be added:\n\
         # [promote]\n# min_r2 = 0.5"
    );
    Ok(text)
}

fn wrong_table(error: ReadError) -> anyhow::Error {
    let wrong = matches!(error, ReadError::UnknownFormat { .. });
    if wrong { wrong_use(format!("--from {error}")) } else { anyhow::Error::new(error) }
}

fn target_values(from: &Path, target: &str) -> anyhow::Result<Vec<f64>> {
    let table = read_table(from)?;
    let values = table.number(target).context("the target's values could not be read as numbers")?;
    Ok(values.iter().copied().filter(|value| value.is_finite()).collect())
}

/// The shape of the target.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Tail {
    skewness: f64,
    /// Of ln(1 + x); absent where a value is negative.
    logarithmic: Option<f64>,
}

impl Tail {
    fn is_long(self) -> bool {
        self.logarithmic.is_some_and(|logarithmic| self.skewness > LONG_TAIL && logarithmic.abs() < self.skewness)
    }
}

fn tail(values: &[f64]) -> Tail {
    let positive = values.iter().all(|&value| value >= 0.0);
    Tail {
        skewness: skewness(values.iter().copied()),
        logarithmic: positive.then(|| skewness(values.iter().map(|value| value.ln_1p()))),
    }
}

/// The third standardised moment; 0 where nothing varies.
fn skewness(values: impl ExactSizeIterator<Item = f64> + Clone) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.clone().sum::<f64>() / count;
    let moment = |power: i32| values.clone().map(|value| (value - mean).powi(power)).sum::<f64>() / count;
    let variance = moment(2);
    if variance > 0.0 { moment(3) / variance.powf(1.5) } else { 0.0 }
}

fn uses(columns: &[InferredColumn], target: &str) -> anyhow::Result<Vec<Use>> {
    let mut uses = columns
        .iter()
        .map(|column| if column.name == target { Use::Target } else { purpose(column) })
        .collect::<Vec<_>>();
    let is_feature = |purpose: &Use| matches!(purpose, Use::Number | Use::Ordinal | Use::TargetMean);
    if !uses.iter().any(is_feature) {
        // Better a doubtful feature than none.
        for (column, purpose) in columns.iter().zip(&mut uses) {
            let usable = column.distinct > 1 && !column.name.starts_with("__");
            if *purpose != Use::Target && usable {
                *purpose = if column.kind == ColumnType::Category { Use::TargetMean } else { Use::Number };
            }
        }
    }
    if uses.iter().any(is_feature) {
        Ok(uses)
    } else {
        Err(wrong_use(format!("no column but '{target}' varies: there is nothing to predict it from")))
    }
}

fn purpose(column: &InferredColumn) -> Use {
    let present = column.rows - column.missing;
    if column.name.starts_with("__") {
        return Use::Nothing("a name that begins with '__' is not allowed");
    }
    if column.distinct <= 1 {
        return Use::Nothing("it never varies");
    }
    match column.kind {
        ColumnType::Boolean => Use::Number,
        ColumnType::Number if is_row_number(column) => Use::Nothing("it looks like a row number"),
        ColumnType::Number => Use::Number,
        ColumnType::Date => Use::Nothing("a date grows with every batch, so that its drift would always train"),
        ColumnType::Category => {
            if present >= FEW_ROWS && column.distinct as f64 > UNIQUE_SHARE * present as f64 {
                Use::Nothing("nearly every value is different: it names rows, and says nothing about new ones")
            } else if column.distinct <= TINY_LEVELS {
                Use::Ordinal
            } else {
                Use::TargetMean
            }
        }
    }
}

/// Whole numbers that count the rows from 0 or 1.
fn is_row_number(column: &InferredColumn) -> bool {
    let (Some(min), Some(max)) = (column.min, column.max) else { return false };
    let counts = column.missing == 0 && column.whole && (min == 0.0 || min == 1.0);
    counts && column.rows >= FEW_ROWS && max - min + 1.0 == column.rows as f64 && column.distinct > column.rows / 2
}

fn project(text: &mut String, from: &Path, target: &str, columns: &[InferredColumn], uses: &[Use], tail: Tail) {
    let stem = from.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let _ = writeln!(text, "[project]\nname = {}", quoted(&simple_name(&stem)));
    let _ = writeln!(text, "task = \"regression\"\ntarget = {}", quoted(target));
    let skewness = short(tail.skewness);
    if tail.is_long() {
        let after = short(tail.logarithmic.unwrap_or_default());
        let _ = writeln!(
            text,
            "# No value is negative and the tail is long: skewness {skewness}, {after} after ln(1 + x)."
        );
        let _ = writeln!(text, "target_transform = \"log1p\"");
    } else {
        let _ = writeln!(
            text,
            "# Skewness {skewness}: no long tail to take the logarithm of.\ntarget_transform = \"none\""
        );
    }
    let key = columns.iter().zip(uses).filter(|(column, purpose)| {
        let named = column.distinct > 1 && !column.name.starts_with("__");
        **purpose != Use::Target && named && !is_row_number(column)
    });
    let key = key.map(|(column, _)| quoted(&column.name)).collect::<Vec<_>>();
    if !key.is_empty() {
        let _ = writeln!(
            text,
            "# Rows that agree in these columns are one real thing, and are never both trained on and tested on.\n\
             key = [{}]",
            key.join(", ")
        );
    }
    let segment = columns.iter().zip(uses).find(|(_, purpose)| matches!(purpose, Use::Ordinal | Use::TargetMean));
    if let Some((column, _)) = segment {
        let _ = writeln!(text, "# Values of one categorical column can be compared with each other:");
        let _ = writeln!(text, "# segment = {}", quoted(&column.name));
    }
    text.push('\n');
}

fn source(text: &mut String, from: &Path, folder: &Path) -> anyhow::Result<()> {
    let file = from.canonicalize().with_context(|| format!("cannot find '{}'", from.display()))?;
    let relative = folder.canonicalize().ok().and_then(|folder| file.strip_prefix(folder).ok().map(Path::to_owned));
    let path = relative.unwrap_or(file);
    let path = path
        .to_str()
        .ok_or_else(|| wrong_use(format!("'{}': the path is not UTF-8, which a project file needs", path.display())))?;
    let _ = writeln!(
        text,
        "# The file is one batch. A folder or a glob such as \"data/*.csv\" is a batch a file, in the order of the names.\n\
         [source]\nkind = \"files\"\npath = {}\n",
        quoted(path)
    );
    Ok(())
}

fn schema(text: &mut String, column: &InferredColumn, purpose: Use) {
    if column.name.starts_with("__") {
        let _ = writeln!(text, "# {} is left out: a name cannot begin with '__'.\n", quoted(&column.name));
        return;
    }
    let _ = writeln!(text, "# {}", seen(column));
    let _ = writeln!(text, "[schema.{}]\ntype = \"{}\"", key(&column.name), type_name(column.kind));
    match purpose {
        Use::Target => text.push_str("nullable = false\n"),
        Use::Nothing(reason) => {
            let _ = writeln!(text, "# Not a feature: {reason}.\nrole = \"ignore\"");
        }
        Use::Number | Use::Ordinal | Use::TargetMean => {}
    }
    if !column.not_available.is_empty() {
        let texts = column.not_available.iter().map(|text| quoted(text)).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "# These texts stood for missing: {texts}.\nbad_value = \"missing\"");
    }
    text.push('\n');
}

/// One line about the values of a column.
fn seen(column: &InferredColumn) -> String {
    let missing = match column.missing {
        0 => "none missing".to_owned(),
        count => format!("{count} missing ({} %)", short(column.missing_share() * 100.0)),
    };
    let mut line = format!("{} rows, {missing}, {} different", column.rows, column.distinct);
    match (column.kind, column.min, column.max) {
        (ColumnType::Number, Some(min), Some(max)) => {
            let _ = write!(
                line,
                ", from {} to {}{}",
                short(min),
                short(max),
                if column.whole { ", all whole" } else { "" }
            );
        }
        _ if !column.examples.is_empty() => {
            let examples = column.examples.iter().map(|example| quoted(&shortened(example))).collect::<Vec<_>>();
            let _ = write!(line, ", such as {}", examples.join(", "));
        }
        _ => {}
    }
    line
}

fn features(text: &mut String, columns: &[InferredColumn], uses: &[Use]) {
    let mut taken = HashSet::new();
    for (column, purpose) in columns.iter().zip(uses) {
        if *purpose == Use::Number {
            let name = free_name(&column.name, &mut taken);
            let _ = writeln!(text, "[[feature]]\nname = {}", quoted(&name));
            if name != column.name {
                let _ = writeln!(text, "sql = {}", quoted(&format!("\"{}\"", column.name.replace('"', "\"\""))));
                let _ = writeln!(text, "label = {}", quoted(&column.name));
            }
            text.push('\n');
        }
    }
    for (column, purpose) in columns.iter().zip(uses) {
        let encoder = match purpose {
            Use::Ordinal => "ordinal",
            Use::TargetMean => "target_mean",
            _ => continue,
        };
        let name = free_name(&column.name, &mut taken);
        let _ = writeln!(text, "# {} levels.\n[[encode]]\ncolumn = {}", column.distinct, quoted(&column.name));
        if name != column.name {
            let _ = writeln!(text, "name = {}\nlabel = {}", quoted(&name), quoted(&column.name));
        }
        let _ = writeln!(text, "encoder = \"{encoder}\"\n");
    }
}

/// A name of the characters that a feature may have, different from those taken.
fn free_name(column: &str, taken: &mut HashSet<String>) -> String {
    let simple = simple_name(column);
    let numbered = (2..).map(|number| format!("{simple}_{number}"));
    let free = std::iter::once(simple.clone()).chain(numbered).find(|name| taken.insert(name.clone()));
    free.unwrap_or(simple)
}

/// The text with every character replaced that names may not have.
fn simple_name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let simple = text.chars().map(|c| if allowed(c) { c } else { '_' }).take(90).collect::<String>();
    let simple = simple.trim_start_matches('.');
    if simple.is_empty() { "unnamed".to_owned() } else { simple.to_owned() }
}

/// A key of a TOML table.
fn key(name: &str) -> String {
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    if !name.is_empty() && name.chars().all(bare) { name.to_owned() } else { quoted(name) }
}

/// A TOML string in one line.
fn quoted(text: &str) -> String {
    let mut result = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => result.push_str("\\\""),
            '\\' => result.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(result, "\\u{:04X}", u32::from(c));
            }
            c => result.push(c),
        }
    }
    result.push('"');
    result
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= 30 { text.to_owned() } else { text.chars().take(29).chain(['…']).collect() }
}

/// A number with at most four significant figures where it is not whole.
fn short(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        return format!("{value}");
    }
    let places = (3 - value.abs().log10().floor() as i32).clamp(0, 12) as usize;
    let text = format!("{value:.places$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

fn type_name(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Number => "number",
        ColumnType::Category => "category",
        ColumnType::Date => "date",
        ColumnType::Boolean => "boolean",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_are_made_safe_for_the_file() {
        let mut taken = HashSet::new();
        assert_eq!(free_name("Überschuss (€)", &mut taken), "_berschuss____");
        assert_eq!(free_name("Äberschuss (€)", &mut taken), "_berschuss_____2");
        assert_eq!(key("a b"), "\"a b\"");
        assert_eq!(quoted("say \"hi\"\n"), "\"say \\\"hi\\\"\\u000A\"");
    }

    #[test]
    fn numbers_are_short() {
        let texts = [0.123_456, 1234.56, 12.0, -0.5, 123_456.7].map(short);
        assert_eq!(texts, ["0.1235", "1235", "12", "-0.5", "123457"]);
    }

    #[test]
    fn a_long_tail_is_one_that_the_logarithm_shortens() {
        let exponential = (1..200).map(|i| (f64::from(i) / 25.0).exp()).collect::<Vec<_>>();
        assert!(tail(&exponential).is_long());
        let even = (1..200).map(f64::from).collect::<Vec<_>>();
        assert!(!tail(&even).is_long());
        assert!(!tail(&[-1.0, 1.0, 1.0, 1.0, 900.0]).is_long(), "ln(1 + x) needs what is not negative");
    }
}
