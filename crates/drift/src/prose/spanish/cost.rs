//! Lo que cuesta el lote, adónde fue el objetivo y qué salió de la decisión.

use tidewheel_domain::decision::{
    Action, Answered, Cause, CauseSubject, Decomposition, Direction, ErrorChange, RuleName, SegmentPart,
};

use super::super::voice::{NAMED_SEGMENTS, Voice};
use super::rows;

/// The change of the error in a few words: `subió un 8,9 %`.
pub(super) fn rise(voice: &Voice<'_>, error: &ErrorChange) -> String {
    let how = if error.rise < 0.0 { "bajó" } else { "subió" };
    format!("{how} un {}", voice.percent(error.rise.abs()))
}

/// The headline's half sentence for rules that look at the error.
pub(super) fn because(voice: &Voice<'_>, moved: Option<String>) -> Option<String> {
    let decision = voice.decision;
    let error = decision.error.as_ref().map(|error| rise(voice, error.deciding()));
    Some(match (&decision.rule.name, moved, error) {
        (RuleName::MovedAndCosts, Some(moved), Some(error)) => format!("{moved}, y el error del modelo {error}"),
        (RuleName::ErrorAlone, Some(moved), Some(error)) => format!("el error del modelo {error}: {moved}"),
        (RuleName::ErrorAlone, None, Some(error)) => format!("el error del modelo {error}"),
        (RuleName::NothingMoved, _, _) => "ninguna columna que importe cambió más que su límite".to_owned(),
        (RuleName::MovedButCheap, Some(moved), Some(error)) => {
            format!("lo que cambió no cuesta lo suficiente: {moved}, pero el error del modelo {error}")
        }
        (RuleName::CostUnknown, Some(moved), _) => {
            format!("sin etiquetas no se sabe cuánto cuesta lo que cambió: {moved}")
        }
        (RuleName::UnknownSegments, _, _) => format!(
            "el {} de sus filas está en segmentos que el modelo apenas conoce",
            voice.percent(decision.unknown_segment_share.unwrap_or_default())
        ),
        (RuleName::CauseAnswered, moved, _) => {
            let answered = decision.causes.first().and_then(|cause| cause.answered.as_ref()).map(answer);
            let moved = moved.map(|moved| format!(" ({moved})")).unwrap_or_default();
            format!("{}{moved}", answered.unwrap_or_else(|| "sus causas ya tienen respuesta".to_owned()))
        }
        (RuleName::Cooldown, _, _) => "el último entrenamiento fue hace muy poco".to_owned(),
        (RuleName::BudgetSpent, _, _) => "ya hubo bastantes entrenamientos hace poco".to_owned(),
        (RuleName::Own(name), _, _) => format!("se cumple la regla `{name}` del proyecto"),
        _ => return None,
    })
}

fn answer(answered: &Answered) -> String {
    match answered {
        Answered::Champion { batch, version } => {
            format!("la versión {version} ya aprendió del lote {batch}, que muestra el mismo cambio")
        }
        Answered::Rejected { batch, version } => {
            format!("la versión {version}, entrenada por el mismo cambio en el lote {batch}, fue rechazada")
        }
    }
}

/// What a cause that is no column says.
pub(super) fn relation(voice: &Voice<'_>, cause: &Cause) -> Option<String> {
    let error = cause.error.as_ref()?;
    let side = match error.side {
        Some(Direction::Up) => "; el objetivo queda ahora por encima de lo que dice el modelo",
        Some(Direction::Down) => "; el objetivo queda ahora por debajo de lo que dice el modelo",
        None => "",
    };
    let values = format!(
        "el error {} (entre {} y {}), sobre {}{side}",
        rise(voice, error),
        voice.signed_percent(error.low),
        voice.signed_percent(error.high),
        rows(voice, error.current_rows)
    );
    Some(match cause.subject {
        CauseSubject::Segment => {
            let segment = voice.level(cause.segment.as_deref().unwrap_or_default());
            format!("Dentro de {segment} ({}) algo cambió: {values}.", voice.column(&cause.column))
        }
        _ => format!(
            "{} ya no depende de las demás columnas como antes, en filas como las que el modelo conoce: {values}.",
            super::capitalised(&voice.column(&cause.column))
        ),
    })
}

/// How much of the error's rise a cause explains, and whether it has been answered.
pub(super) fn cost_and_answer(voice: &Voice<'_>, cause: &Cause) -> Vec<String> {
    let mut sentences = Vec::new();
    if let Some(share) = cause.cost_share.filter(|share| *share > 0.0) {
        sentences.push(if share < 1.0 {
            format!("Explica el {} de la diferencia del error del modelo.", voice.percent(share))
        } else {
            "Explica toda la diferencia del error del modelo.".to_owned()
        });
    }
    if let Some(answered) = &cause.answered {
        sentences.push(format!("Ya tiene respuesta: {}.", answer(answered)));
    }
    sentences
}

/// What the batch costs.
pub(super) fn error(voice: &Voice<'_>) -> Option<String> {
    let error = voice.decision.error.as_ref()?;
    let all = &error.all;
    let scale = if error.scale == "none" { String::new() } else { format!(" (en la escala {})", error.scale) };
    let mut text = if error.measured {
        format!(
            "Lo que cuesta: en {} nunca vistas, el modelo se equivoca en {}{scale} de media, frente a {} en las filas \
             reservadas: el error {} (entre {} y {}).",
            rows(voice, all.current_rows),
            voice.value(all.current),
            voice.value(all.reference),
            rise(voice, all),
            voice.signed_percent(all.low),
            voice.signed_percent(all.high)
        )
    } else {
        format!(
            "Lo que cuesta: no han llegado etiquetas; pesando los errores de las filas reservadas según la mezcla del lote, \
             el error del modelo {} (entre {} y {}).",
            rise(voice, all),
            voice.signed_percent(all.low),
            voice.signed_percent(all.high)
        )
    };
    if let Some(like) = error.like_with_like.as_ref().filter(|like| *like == error.deciding()) {
        let segments = error.by_segment.as_ref().map_or_else(String::new, |split| voice.column(&split.column));
        text += &format!(
            " Una mezcla más fácil oculta más: entre iguales, con las filas reservadas pesadas según la mezcla de {segments} \
             del lote, el error {} (entre {} y {}).",
            rise(voice, like),
            voice.signed_percent(like.low),
            voice.signed_percent(like.high)
        );
    }
    if let Some(split) = error.by_segment.as_ref().filter(|_| all.low > 0.0 || all.high < 0.0) {
        text += &format!(" {}", super::capitalised(&parts(voice, split, "de esta diferencia")));
    }
    Some(text)
}

/// Where the mean of the target went.
pub(super) fn target_mean(voice: &Voice<'_>) -> Option<String> {
    let split = voice.decision.target_mean.as_ref()?;
    let target = voice.decision.causes.iter().find(|cause| cause.target).map(|cause| cause.column.as_str());
    let target = voice.target.or(target).map_or_else(|| "el objetivo".to_owned(), |name| voice.column(name));
    let values = match voice.target {
        Some(name) => voice.values(name, split.reference, split.current),
        None => format!("{} → {}", voice.value(split.reference), voice.value(split.current)),
    };
    Some(format!("La media de {target} pasó de {values}; {}", parts(voice, split, "de la diferencia")))
}

fn parts(voice: &Voice<'_>, split: &Decomposition, of: &str) -> String {
    let named: Vec<String> = split
        .segments
        .iter()
        .take(NAMED_SEGMENTS)
        .filter(|part| part.segment.is_some())
        .map(|p| part(voice, p))
        .collect();
    let most = if named.is_empty() { String::new() } else { format!("; sobre todo {}", named.join(", ")) };
    format!(
        "{of} ({}), {} viene de otra mezcla de {} y {} de cambios dentro{most}.",
        voice.signed(split.difference),
        voice.signed(split.mix),
        voice.column(&split.column),
        voice.signed(split.within)
    )
}

fn part(voice: &Voice<'_>, part: &SegmentPart) -> String {
    let name = voice.level(part.segment.as_deref().unwrap_or_default());
    let new = if part.reference_rows == 0 { ", nuevo" } else { "" };
    format!("{name} ({} por mezcla, {} dentro{new})", voice.signed(part.mix), voice.signed(part.within))
}

/// One row that shows the first cause.
pub(super) fn example(voice: &Voice<'_>) -> Option<String> {
    let example = voice.decision.examples.first()?;
    Some(format!(
        "Por ejemplo, una fila ({}): el modelo dice {} y fue {}.",
        voice.row(&example.values),
        voice.value(example.predicted),
        voice.value(example.actual)
    ))
}

/// What a person said.
pub(super) fn answered(voice: &Voice<'_>) -> Option<String> {
    let answer = voice.decision.answer.as_ref()?;
    let what = if answer.action == Action::Skip { "no entrenar" } else { "entrenar" };
    Some(format!("Respuesta de {}: {what}, porque {}.", voice.level(&answer.who), voice.said(&answer.reason)))
}

/// What came of it.
pub(super) fn afterwards(voice: &Voice<'_>) -> Option<String> {
    let after = voice.decision.afterwards.as_ref()?;
    let verdict = if after.high < 0.0 {
        "mejor"
    } else if after.low > 0.0 {
        "peor"
    } else {
        "ni mejor ni peor con certeza"
    };
    let promoted = if after.promoted { "" } else { ", que no se promovió," };
    Some(format!(
        "Qué salió de ello: en {} del lote {} que ninguno había visto, la versión {}{promoted} se equivoca en {} donde el \
         modelo anterior se equivoca en {}: {} (entre {} y {}), {verdict}.",
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
