//! What the batch costs, where the target moved, and what came of the decision.

use tidewheel_domain::decision::{
    Action, Answered, Cause, CauseSubject, Decomposition, Direction, ErrorChange, RuleName, SegmentPart,
};

use super::super::voice::{NAMED_SEGMENTS, Voice};
use super::rows;

/// The change of the error in a few words: `rose by 8.9 %`.
pub(super) fn rise(voice: &Voice<'_>, error: &ErrorChange) -> String {
    let how = if error.rise < 0.0 { "fell" } else { "rose" };
    format!("{how} by {}", voice.percent(error.rise.abs()))
}

/// The headline's half sentence for rules that look at the error.
pub(super) fn because(voice: &Voice<'_>, moved: Option<String>) -> Option<String> {
    let decision = voice.decision;
    let error = decision.error.as_ref().map(|error| rise(voice, error.deciding()));
    Some(match (&decision.rule.name, moved, error) {
        (RuleName::MovedAndCosts, Some(moved), Some(error)) => format!("{moved}, and the model's error {error}"),
        (RuleName::ErrorAlone, Some(moved), Some(error)) => format!("the model's error {error}: {moved}"),
        (RuleName::ErrorAlone, None, Some(error)) => format!("the model's error {error}"),
        (RuleName::NothingMoved, _, _) => "no column that matters changed by more than its bound".to_owned(),
        (RuleName::MovedButCheap, Some(moved), Some(error)) => {
            format!("what changed does not cost enough: {moved}, but the model's error {error}")
        }
        (RuleName::CostUnknown, Some(moved), _) => format!("what changed cannot be priced without labels: {moved}"),
        (RuleName::UnknownSegments, _, _) => format!(
            "{} of its rows lie in segments that the model hardly knows",
            voice.percent(decision.unknown_segment_share.unwrap_or_default())
        ),
        (RuleName::CauseAnswered, moved, _) => {
            let answered = decision.causes.first().and_then(|cause| cause.answered.as_ref()).map(answer);
            let moved = moved.map(|moved| format!(" ({moved})")).unwrap_or_default();
            format!("{}{moved}", answered.unwrap_or_else(|| "its causes have been answered".to_owned()))
        }
        (RuleName::Cooldown, _, _) => "the last training was too short a time ago".to_owned(),
        (RuleName::BudgetSpent, _, _) => "there were enough trainings lately".to_owned(),
        (RuleName::Own(name), _, _) => format!("the project's rule `{name}` holds"),
        _ => return None,
    })
}

fn answer(answered: &Answered) -> String {
    match answered {
        Answered::Champion { batch, version } => {
            format!("version {version} has learnt from batch {batch}, which shows the same change")
        }
        Answered::Rejected { batch, version } => {
            format!("version {version}, trained for the same change at batch {batch}, was rejected")
        }
    }
}

/// What a cause that is no column says.
pub(super) fn relation(voice: &Voice<'_>, cause: &Cause) -> Option<String> {
    let error = cause.error.as_ref()?;
    let side = match error.side {
        Some(Direction::Up) => "; the target now lies above what the model says",
        Some(Direction::Down) => "; the target now lies below what the model says",
        None => "",
    };
    let values = format!(
        "error {} (between {} and {}), over {}{side}",
        rise(voice, error),
        voice.signed_percent(error.low),
        voice.signed_percent(error.high),
        rows(voice, error.current_rows)
    );
    Some(match cause.subject {
        CauseSubject::Segment => {
            let segment = voice.level(cause.segment.as_deref().unwrap_or_default());
            format!("Within {segment} ({}) things changed: {values}.", voice.column(&cause.column))
        }
        _ => format!(
            "{} no longer depends on the other columns as it did, on rows like those that the model knows: {values}.",
            super::capitalised(&voice.column(&cause.column))
        ),
    })
}

/// How much of the error's rise a cause explains, and whether it has been answered.
pub(super) fn cost_and_answer(voice: &Voice<'_>, cause: &Cause) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(share) = cause.cost_share.filter(|share| *share > 0.0) {
        let share = if share < 1.0 { voice.percent(share) } else { "all".to_owned() };
        sentences.push(format!("It explains {share} of the difference of the model's error."));
    }
    if let Some(answered) = &cause.answered {
        sentences.push(format!("Answered already: {}.", answer(answered)));
    }
    sentences
}

/// What the batch costs.
pub(super) fn error(voice: &Voice<'_>) -> Option<String> {
    let error = voice.decision.error.as_ref()?;
    let all = &error.all;
    let scale = if error.scale == "none" { String::new() } else { format!(" (on the scale {})", error.scale) };
    let mut text = if error.measured {
        format!(
            "What it costs: on {} that were never seen, the model errs by {}{scale} on average, against {} on its \
             hold-out: the error {} (between {} and {}).",
            rows(voice, all.current_rows),
            voice.value(all.current),
            voice.value(all.reference),
            rise(voice, all),
            voice.signed_percent(all.low),
            voice.signed_percent(all.high)
        )
    } else {
        format!(
            "What it costs: no labels have arrived; weighing the hold-out's errors by the batch's mix, the model's error \
             {} (between {} and {}).",
            rise(voice, all),
            voice.signed_percent(all.low),
            voice.signed_percent(all.high)
        )
    };
    if let Some(like) = error.like_with_like.as_ref().filter(|like| *like == error.deciding()) {
        let segments = error.by_segment.as_ref().map_or_else(String::new, |split| voice.column(&split.column));
        text += &format!(
            " An easier mix hides more: like with like, with the hold-out weighted to the batch's mix of {segments}, the error \
             {} (between {} and {}).",
            rise(voice, like),
            voice.signed_percent(like.low),
            voice.signed_percent(like.high)
        );
    }
    if let Some(split) = error.by_segment.as_ref().filter(|_| all.low > 0.0 || all.high < 0.0) {
        text += &format!(" {}", parts(voice, split, "Of this difference"));
    }
    Some(text)
}

/// Where the mean of the target went.
pub(super) fn target_mean(voice: &Voice<'_>) -> Option<String> {
    let split = voice.decision.target_mean.as_ref()?;
    let target = voice.decision.causes.iter().find(|cause| cause.target).map(|cause| cause.column.as_str());
    let target = voice.target.or(target).map_or_else(|| "the target".to_owned(), |name| voice.column(name));
    let values = match voice.target {
        Some(name) => voice.values(name, split.reference, split.current),
        None => format!("{} → {}", voice.value(split.reference), voice.value(split.current)),
    };
    Some(format!("The mean of {target} went {values}; {}", parts(voice, split, "of the difference")))
}

/// `of the difference A comes from another mix of X, B from changes inside`, with the segments that add most.
fn parts(voice: &Voice<'_>, split: &Decomposition, of: &str) -> String {
    let named: Vec<String> = split
        .segments
        .iter()
        .take(NAMED_SEGMENTS)
        .filter(|part| part.segment.is_some())
        .map(|p| part(voice, p))
        .collect();
    let most = if named.is_empty() { String::new() } else { format!("; most from {}", named.join(", ")) };
    format!(
        "{of} ({}), {} comes from another mix of {} and {} from changes inside{most}.",
        voice.signed(split.difference),
        voice.signed(split.mix),
        voice.column(&split.column),
        voice.signed(split.within)
    )
}

fn part(voice: &Voice<'_>, part: &SegmentPart) -> String {
    let name = voice.level(part.segment.as_deref().unwrap_or_default());
    let new = if part.reference_rows == 0 { ", new" } else { "" };
    format!("{name} ({} by mix, {} inside{new})", voice.signed(part.mix), voice.signed(part.within))
}

/// One row that shows the first cause.
pub(super) fn example(voice: &Voice<'_>) -> Option<String> {
    let example = voice.decision.examples.first()?;
    Some(format!(
        "For example, a row ({}): the model says {}, and it was {}.",
        voice.row(&example.values),
        voice.value(example.predicted),
        voice.value(example.actual)
    ))
}

/// What a person said.
pub(super) fn answered(voice: &Voice<'_>) -> Option<String> {
    let answer = voice.decision.answer.as_ref()?;
    let what = if answer.action == Action::Skip { "not to train" } else { "to train" };
    Some(format!("Answer of {}: {what}, because {}.", voice.level(&answer.who), voice.said(&answer.reason)))
}

/// What came of it.
pub(super) fn afterwards(voice: &Voice<'_>) -> Option<String> {
    let after = voice.decision.afterwards.as_ref()?;
    let verdict = if after.high < 0.0 {
        "better"
    } else if after.low > 0.0 {
        "worse"
    } else {
        "not certainly better or worse"
    };
    let promoted = if after.promoted { "" } else { ", which was not promoted," };
    Some(format!(
        "What came of it: on {} of batch {} that neither had seen, version {}{promoted} errs by {} where the former model errs \
         by {}: {} (between {} and {}), {verdict}.",
        rows(voice, after.rows),
        voice.count(after.batch),
        after.version,
        voice.value(after.trained_error),
        voice.value(after.former_error),
        voice.signed_percent(after.change),
        voice.signed_percent(after.low),
        voice.signed_percent(after.high)
    ))
}
