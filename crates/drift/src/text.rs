//! A drift report as plain text: aligned columns, no colour.

use std::fmt::Write;

use tidewheel_domain::drift_report::{
    ClassifierDrift, ColumnDrift, DriftReport, Effect, Note, PairDrift, Side, TestName,
};

/// The report as a table with one row a column, and below it what the table cannot say.
pub fn render_text(report: &DriftReport) -> String {
    let mut text = format!(
        "reference {} rows, current {} rows; {} of {} columns drifted (intervals hold together, error at most {})\n\n",
        report.reference.rows, report.current.rows, report.drifted_columns, report.tested_columns, report.alpha
    );
    let mut rows = vec![
        ["column", "kind", "drifted", "effect", "value", "interval", "bound", "x bound", "test p", "missing"]
            .map(str::to_owned),
    ];
    rows.extend(report.columns.iter().map(table_row));
    text += &aligned(&rows);
    let mut remarks = Vec::new();
    for column in &report.columns {
        remarks.extend(further_effects(column));
        remarks.extend(column.notes.iter().map(|note| format!("{}: {}", column.name, note_text(note))));
        remarks.extend(level_lists(column));
        remarks.extend(cannot_tell(column));
    }
    remarks.extend(report.pairs.iter().filter(|pair| pair.effect.over).map(pair_text));
    remarks.extend(report.classifier.as_ref().map(classifier_text));
    for (names, side) in [(&report.only_in_reference, "reference"), (&report.only_in_current, "current sample")] {
        if !names.is_empty() {
            remarks.push(format!("only in the {side}, not tested: {}", names.join(", ")));
        }
    }
    if !remarks.is_empty() {
        text.push('\n');
        for remark in remarks {
            let _ = writeln!(text, "- {remark}");
        }
    }
    text
}

fn pair_text(pair: &PairDrift) -> String {
    let effect = &pair.effect;
    format!(
        "{} and {}: rank correlation {:.2} > {:.2}, a difference of {:.3} [{:.3}, {:.3}] over its bound {}",
        pair.column,
        pair.other,
        effect.reference.unwrap_or_default(),
        effect.current.unwrap_or_default(),
        effect.value,
        effect.low,
        effect.high,
        effect.bound
    )
}

fn classifier_text(classifier: &ClassifierDrift) -> String {
    const NAMED: usize = 3;
    let verdict = if classifier.over { "over" } else { "not over" };
    let gave = classifier.gave_it_away.iter().filter(|_| classifier.over).take(NAMED);
    let gave = gave.map(|one| format!("{} ({:.0} %)", one.column, 100.0 * one.share)).collect::<Vec<_>>();
    let gave = if gave.is_empty() { String::new() } else { format!("; given away by {}", gave.join(", ")) };
    format!(
        "all columns together: a classifier tells the sides apart with an AUC of {:.3} [{:.3}, {:.3}], {verdict} its bound {} \
         (p {}){gave}",
        classifier.auc,
        classifier.low,
        classifier.high,
        classifier.bound,
        p_text(classifier.p_value)
    )
}

/// What is special about a column, in a sentence.
pub fn note_text(note: &Note) -> String {
    match note {
        Note::TypeChanged { reference, current } => {
            format!("{} in the reference, {} now: compared as categories", reference.as_str(), current.as_str())
        }
        Note::NoValues { side: Side::Reference } => {
            "no value in the reference: only missing shares were compared".to_owned()
        }
        Note::NoValues { side: Side::Current } => {
            "no value in the current sample: only missing shares were compared".to_owned()
        }
        Note::ConstantReference => {
            "the reference holds one value: the distance is the share of rows with another".to_owned()
        }
        Note::NearlyConstantReference => {
            "nearly all of the reference is one value: only the tails can show a change".to_owned()
        }
        Note::FewValues { values, needed } => {
            format!("{values} values on the smaller side, the distance needs {needed} to be told from chance")
        }
        Note::InfiniteValues { reference, current } => {
            format!("{reference} infinite values in the reference, {current} now: they count as beyond every limit")
        }
        Note::Approximate { exact_up_to } => {
            format!("more than {exact_up_to} values on a side: a sketch stands for them, ranks may be off by 0.1 %")
        }
        Note::RareLevelsMerged { levels } => format!("{levels} rare levels were taken as one by the chi-square test"),
    }
}

fn table_row(column: &ColumnDrift) -> [String; 10] {
    let effect = column.effect.as_ref();
    let of = |text: fn(&Effect) -> String| effect.map_or("-".to_owned(), text);
    let test = column.tests.first().map_or("-".to_owned(), |test| {
        let name = match test.name {
            TestName::Ks => "KS",
            TestName::ChiSquare => "chi2",
        };
        format!("{name} {}", p_text(test.p_value))
    });
    [
        column.name.clone(),
        column.kind.as_str().to_owned(),
        if column.drifted { "YES" } else { "no" }.to_owned(),
        of(|effect| effect.name.as_str().to_owned()),
        of(|effect| format!("{:.3}", effect.value)),
        of(|effect| format!("[{:.3}, {:.3}]", effect.low, effect.high)),
        of(|effect| format!("{:.3}", effect.bound)),
        of(|effect| format!("{:.1}", effect.times_bound)),
        test,
        missing_text(column),
    ]
}

fn missing_text(column: &ColumnDrift) -> String {
    let (a, b) = (column.reference.missing_share, column.current.missing_share);
    if a == 0.0 && b == 0.0 { "-".to_owned() } else { format!("{:.1} > {:.1} %", 100.0 * a, 100.0 * b) }
}

fn p_text(p: f64) -> String {
    if p == 0.0 || p >= 0.0005 { format!("{p:.3}") } else { format!("{p:.0e}") }
}

/// Effects over their bound beside the one in the table.
fn further_effects(column: &ColumnDrift) -> Vec<String> {
    let shown = column.effect.as_ref().map(|effect| effect.name);
    column
        .effects_over()
        .into_iter()
        .filter(|effect| Some(effect.name) != shown)
        .map(|effect| {
            format!(
                "{}: {} {:.3} [{:.3}, {:.3}] is over its bound {}, too",
                column.name,
                effect.name.as_str(),
                effect.value,
                effect.low,
                effect.high,
                effect.bound
            )
        })
        .collect()
}

fn level_lists(column: &ColumnDrift) -> Vec<String> {
    const NAMED: usize = 5;
    [(&column.new_levels, "new"), (&column.vanished_levels, "vanished")]
        .into_iter()
        .filter_map(|(list, word)| Some((list.as_ref().filter(|list| list.count > 0)?, word)))
        .map(|(list, word)| {
            let named: Vec<String> =
                list.top.iter().take(NAMED).map(|one| format!("{} ({:.1} %)", one.level, 100.0 * one.share)).collect();
            let more = if list.count as usize > named.len() { ", ..." } else { "" };
            format!(
                "{}: {} {word} levels on {:.1} % of the rows: {}{more}",
                column.name,
                list.count,
                100.0 * list.share,
                named.join(", ")
            )
        })
        .collect()
}

fn cannot_tell(column: &ColumnDrift) -> Option<String> {
    let effect = column
        .effects
        .iter()
        .filter(|effect| effect.cannot_tell())
        .max_by(|a, b| (a.high / a.bound).total_cmp(&(b.high / b.bound)))?;
    (!column.drifted).then(|| {
        format!(
            "{}: too few rows to tell: {} may reach {:.3} (bound {}); surely seen from {:.3} on",
            column.name,
            effect.name.as_str(),
            effect.high,
            effect.bound,
            effect.visible_from
        )
    })
}

/// Cells padded to their column's width: text to the left, figures to the right.
fn aligned(rows: &[[String; 10]]) -> String {
    const LEFT: usize = 4;
    let width = |cell: usize| rows.iter().map(|row| row[cell].chars().count()).max().unwrap_or(0);
    let widths: [usize; 10] = std::array::from_fn(width);
    let mut text = String::new();
    for row in rows {
        let mut line = String::new();
        for (index, cell) in row.iter().enumerate() {
            let padding = " ".repeat(widths[index] - cell.chars().count());
            if index > 0 {
                line += "  ";
            }
            let (before, after) = if index < LEFT { (cell, &padding) } else { (&padding, cell) };
            line += before;
            line += after;
        }
        text += line.trim_end();
        text.push('\n');
    }
    text
}
