//! Spanish.

use std::cmp::Ordering;

use tidewheel_domain::decision::{
    Action, Cause, CauseSubject, Change, ChangeKind, Comparison, Condition, Counterfactual, Direction, Measure,
    Quantity, ReferenceKind, RuleName,
};
use tidewheel_domain::drift_report::EffectName;

use super::voice::{Voice, told_conditions, told_ways};
use super::{CauseParts, Parts, ks_p_value, rests_on_p_values};

mod cost;

pub(super) fn headline(voice: &Voice<'_>) -> String {
    let decision = voice.decision;
    let why = match &decision.rule.name {
        RuleName::BatchAgain => {
            format!("son exactamente las filas del lote {}", voice.count(decision.same_as_batch.unwrap_or_default()))
        }
        RuleName::FirstRun => "todavía no hay con qué comparar".to_owned(),
        RuleName::TooFewRows => "hay muy pocas filas nunca vistas".to_owned(),
        RuleName::NoRelevantColumnDrifted => "ninguna columna que importe cambió más que su límite".to_owned(),
        RuleName::NoKsBelowLevel => {
            format!("ninguna prueba KS tiene un valor p inferior a {}", voice.value(decision.policy.p_below))
        }
        RuleName::KsBelowLevel => format!(
            "la prueba KS da un valor p inferior a {} en {}",
            voice.value(decision.policy.p_below),
            voice.columns(decision.causes.iter().map(|cause| cause.column.as_str()))
        ),
        RuleName::RelevantColumnDrifted => moved(voice).unwrap_or_else(|| decision.reason.clone()),
        _ => cost::because(voice, moved(voice)).unwrap_or_else(|| decision.reason.clone()),
    };
    let subject = match decision.batch.id {
        Some(id) => format!("Lote {}", voice.count(id)),
        None => "Filas actuales".to_owned(),
    };
    format!("{subject}: {}, porque {why}", action(decision.action))
}

/// The first cause in half a sentence.
fn moved(voice: &Voice<'_>) -> Option<String> {
    let cause = voice.decision.causes.first()?;
    Some(match (cause.subject, cause.changes.first()) {
        (CauseSubject::Segment, _) => {
            let segment = voice.level(cause.segment.as_deref().unwrap_or_default());
            format!("algo cambió dentro de {segment}")
        }
        (CauseSubject::Relation, _) => {
            format!("{} ya no sigue a las demás columnas como antes", voice.column(&cause.column))
        }
        (_, Some(change)) => {
            format!("{} ({})", what(voice, cause, change), times_bound(voice, change.times_bound))
        }
        (_, None) => return None,
    })
}

/// The size of an effect beside its bound.
fn times_bound(voice: &Voice<'_>, times: f64) -> String {
    match voice.beside_one(times) {
        None => format!("{} veces su límite", voice.multiple(times)),
        Some(Ordering::Greater) => "apenas por encima de su límite".to_owned(),
        Some(Ordering::Less) => "apenas por debajo de su límite".to_owned(),
        Some(Ordering::Equal) => "a la altura de su límite".to_owned(),
    }
}

/// What an effect must exceed to count.
fn least_effect(voice: &Voice<'_>) -> String {
    match voice.decision.policy.effect_over {
        1.0 => "su límite".to_owned(),
        times => format!("{} veces su límite", voice.value(times)),
    }
}

fn action(action: Action) -> &'static str {
    match action {
        Action::Baseline => "entrenar el primer modelo",
        Action::Retrain => "reentrenar",
        Action::ShadowTrain => "entrenar y comparar, sin promover",
        Action::Skip => "no entrenar",
        Action::StopAndAsk => "preguntar a una persona",
    }
}

pub(super) fn paragraphs(voice: &Voice<'_>) -> Vec<String> {
    let mut text = vec![format!("{}.", headline(voice))];
    if let Some(untested) = untested(voice) {
        text.push(untested);
        return text;
    }
    text.push(compared(voice));
    let (told, rest) = voice.causes();
    text.extend(told.iter().map(|cause| cause_text(voice, cause)));
    if !rest.is_empty() {
        text.push(format!("También cambiaron: {}.", voice.columns(rest.iter().map(|cause| cause.column.as_str()))));
    }
    text.extend(cost::error(voice));
    text.extend(cost::target_mean(voice));
    text.extend(cost::example(voice));
    text.push(rule(voice));
    text.extend(cost::answered(voice));
    text.extend(counterfactuals(voice));
    text.extend(cost::afterwards(voice));
    text.extend(not_reasons(voice));
    text.extend(irrelevant(voice));
    text.extend(unseen(voice));
    text.extend(other_references(voice));
    text.extend(absent(voice));
    text.extend(intervals(voice));
    text
}

/// The same in parts.
pub(super) fn parts(voice: &Voice<'_>) -> Parts {
    let decision = voice.decision;
    let untested = untested(voice);
    let tested = untested.is_none();
    let causes = decision.causes.iter().map(|cause| {
        let relation = cost::relation(voice, cause).into_iter();
        let changes = cause.changes.iter().map(|change| format!("{}.", changed(voice, cause, change)));
        CauseParts { changed: relation.chain(changes).collect(), role: role(voice, cause) }
    });
    let ignored = decision.irrelevant.iter().map(|cause| {
        let changes = cause.changes.iter().map(|change| format!("{}.", changed(voice, cause, change)));
        CauseParts { changed: changes.collect(), role: role(voice, cause) }
    });
    let (opening, ways) = ways(voice).unwrap_or_default();
    Parts {
        headline: headline(voice),
        lead: untested.unwrap_or_else(|| compared(voice)),
        causes: causes.collect(),
        irrelevant: ignored.collect(),
        error: cost::error(voice),
        target_mean: cost::target_mean(voice),
        rule: tested.then(|| rule(voice)),
        opening: opening.to_owned(),
        ways: ways.into_iter().map(|way| capitalised(&way)).collect(),
        answer: cost::answered(voice),
        afterwards: cost::afterwards(voice),
        intervals: intervals(voice).filter(|_| tested),
    }
}

/// Why nothing was tested, where nothing was.
fn untested(voice: &Voice<'_>) -> Option<String> {
    match &voice.decision.rule.name {
        RuleName::BatchAgain => {
            Some("Su huella es la de un lote cuyo turno ya terminó, así que no se probó nada.".to_owned())
        }
        RuleName::FirstRun => Some(format!(
            "Llegaron {} filas y aún no existe ningún modelo. Los lotes siguientes se comparan con lo que este aprenda.",
            voice.count(voice.decision.batch.rows)
        )),
        _ => None,
    }
}

fn intervals(voice: &Voice<'_>) -> Option<String> {
    let decision = voice.decision;
    let rests_on_effects = !rests_on_p_values(decision) && decision.counts.tested > 0;
    rests_on_effects.then(|| {
        format!(
            "Los intervalos valen para todas las columnas a la vez: la probabilidad de que falle alguno es a lo sumo {}.",
            voice.percent(decision.report.alpha)
        )
    })
}

fn compared(voice: &Voice<'_>) -> String {
    let decision = voice.decision;
    let changed = voice.changed_columns();
    let rows = rows(voice, decision.report.reference.rows);
    let with = match decision.compared_with {
        Some(ReferenceKind::Training) => match &decision.champion {
            Some(champion) => format!("las {rows} con que se entrenó la versión {}", champion.version),
            None => format!("{rows} de entrenamiento"),
        },
        Some(kind) => format!("{} ({rows})", reference(kind)),
        None => rows.clone(),
    };
    let mut text = format!("Comparación de {} con {with}: ", self::rows(voice, decision.report.current.rows));
    if decision.counts.relevant == 1 {
        text += match (rests_on_p_values(decision), changed) {
            (true, 0) => "la única columna que importa quedó por encima del nivel de la prueba.",
            (true, _) => "la única columna que importa quedó por debajo del nivel de la prueba.",
            (false, 0) => "la única columna que importa no cambió con certeza más que su límite.",
            (false, _) => "la única columna que importa cambió con certeza más que su límite.",
        };
        return text;
    }
    text += &match changed {
        0 => "ninguna".to_owned(),
        causes => voice.count(causes),
    };
    text += &format!(" de las {} columnas que importan ", voice.count(decision.counts.relevant));
    let one = changed <= 1;
    text += match (rests_on_p_values(decision), one) {
        (true, true) => "quedó por debajo del nivel de la prueba.",
        (true, false) => "quedaron por debajo del nivel de la prueba.",
        (false, true) => "cambió con certeza más que su límite.",
        (false, false) => "cambiaron con certeza más que su límite.",
    };
    text
}

fn rows(voice: &Voice<'_>, rows: u64) -> String {
    format!("{} {}", voice.count(rows), if rows == 1 { "fila" } else { "filas" })
}

fn reference(kind: ReferenceKind) -> &'static str {
    match kind {
        ReferenceKind::Training => "las filas de entrenamiento del campeón",
        ReferenceKind::LastPromoted => "el lote de la última promoción",
        ReferenceKind::TrailingWindow => "los lotes anteriores",
        ReferenceKind::PreviousBatch => "el lote anterior",
        ReferenceKind::File => "el archivo de referencia",
    }
}

/// What changed, in half a sentence.
fn what(voice: &Voice<'_>, cause: &Cause, change: &Change) -> String {
    let column = voice.column(&cause.column);
    let up = change.direction == Some(Direction::Up);
    match change.kind {
        ChangeKind::Shift => {
            let measure =
                if change.measure == Some(Measure::Median) { "mediana" } else { "media dentro de los límites" };
            let moved = if up { "subieron" } else { "bajaron" };
            format!("los valores de {column} {moved} ({measure} {})", voice.change_values(&cause.column, change))
        }
        ChangeKind::Spread => {
            let how = if up { "más dispersos" } else { "más juntos" };
            format!(
                "los valores de {column} están {how} (desviación típica {})",
                voice.change_values(&cause.column, change)
            )
        }
        ChangeKind::Shape if change.measure == Some(Measure::Share) => {
            format!("{column} tenía un solo valor y ahora tiene otros ({} de las filas)", voice.change_shares(change))
        }
        ChangeKind::Shape => {
            format!("los valores de {column} se reparten de otro modo, aunque ni la media ni la dispersión lo digan")
        }
        ChangeKind::Tails => {
            format!("más valores de {column} caen fuera de sus límites habituales ({})", voice.change_shares(change))
        }
        ChangeKind::Categories => {
            format!("{column} tiene otra mezcla de valores ({})", voice.moved_levels(&change.levels))
        }
        ChangeKind::NewLevels => format!(
            "{column} trae {} valores que nunca estuvieron, en el {} de las filas",
            voice.count(change.new_levels.unwrap_or_default()),
            voice.percent(change.to.unwrap_or_default())
        ),
        ChangeKind::Dependence => format!(
            "{column} y {} van juntas de otro modo (correlación de rangos {})",
            voice.column(cause.other.as_deref().unwrap_or_default()),
            voice.change_correlations(change)
        ),
        ChangeKind::Missing => {
            let how = if up { "más" } else { "menos" };
            format!("faltan {how} valores de {column} ({})", voice.change_shares(change))
        }
    }
}

fn cause_text(voice: &Voice<'_>, cause: &Cause) -> String {
    let mut sentences: Vec<String> = cost::relation(voice, cause).into_iter().collect();
    for change in &cause.changes {
        sentences.push(format!("{}. {}.", changed(voice, cause, change), measured(voice, change)));
    }
    sentences.extend(role(voice, cause));
    sentences.join(" ")
}

/// What changed, in a sentence without its full stop.
fn changed(voice: &Voice<'_>, cause: &Cause, change: &Change) -> String {
    let mut sentence = capitalised(&what(voice, cause, change));
    if change.kind == ChangeKind::NewLevels && !change.levels.is_empty() {
        sentence += &format!("; los más frecuentes: {}", voice.new_levels(&change.levels));
    }
    if let Some(p) = ks_p_value(voice.decision, &cause.column).filter(|_| rests_on_p_values(voice.decision)) {
        sentence +=
            &format!(". Valor p de KS {}; nivel {}", voice.p_value(p), voice.value(voice.decision.policy.p_below));
    }
    sentence
}

/// What the column is to the model, what its change explains, and whether it has been answered.
fn role(voice: &Voice<'_>, cause: &Cause) -> Vec<String> {
    let mut sentences = Vec::new();
    if cause.target && cause.subject == CauseSubject::Column {
        sentences.push("Es lo que el modelo predice.".to_owned());
    } else if let Some(weight) = cause.weight {
        sentences.push(format!("Pesa el {} en las predicciones del modelo.", voice.percent(weight)));
    }
    sentences.extend(cost::cost_and_answer(voice, cause));
    sentences
}

/// The effect with interval and bound.
fn measured(voice: &Voice<'_>, change: &Change) -> String {
    let size = |x| voice.size(change.effect, x);
    let over_chance = match change.chance {
        Some(chance) if change.effect == EffectName::NewLevels || change.effect == EffectName::Tails => {
            format!(" sobre el {} que da el azar", voice.percent(chance))
        }
        _ => String::new(),
    };
    format!(
        "{} {}{over_chance} (entre {} y {}), {} veces el límite de {}",
        capitalised(effect(change.effect)),
        size(change.value),
        size(change.low),
        size(change.high),
        voice.multiple(change.times_bound),
        size(change.bound)
    )
}

fn effect(name: EffectName) -> &'static str {
    match name {
        EffectName::Distance => "distancia en desviaciones típicas:",
        EffectName::Tails => "exceso fuera de los límites:",
        EffectName::CategoryDistance => "distancia entre las mezclas (escala de nada a todo):",
        EffectName::NewLevels => "exceso de valores nuevos:",
        EffectName::Missing => "diferencia de las proporciones que faltan:",
        EffectName::Correlation => "diferencia de las correlaciones de rangos:",
    }
}

fn effect_word(name: EffectName) -> &'static str {
    match name {
        EffectName::Distance => "la distancia",
        EffectName::Tails => "el exceso fuera de los límites",
        EffectName::CategoryDistance => "la distancia entre las mezclas",
        EffectName::NewLevels => "el exceso de valores nuevos",
        EffectName::Missing => "la diferencia de las proporciones que faltan",
        EffectName::Correlation => "la diferencia de las correlaciones de rangos",
    }
}

fn rule(voice: &Voice<'_>) -> String {
    let decision = voice.decision;
    let level = voice.value(decision.policy.p_below);
    let condition = match &decision.rule.name {
        RuleName::RelevantColumnDrifted => {
            "un efecto en una columna que importa queda por encima de su límite con todo su intervalo".to_owned()
        }
        RuleName::NoRelevantColumnDrifted => {
            "ningún efecto en una columna que importa queda por encima de su límite con todo su intervalo".to_owned()
        }
        RuleName::KsBelowLevel => format!("una prueba KS tiene un valor p inferior a {level}"),
        RuleName::NoKsBelowLevel => format!("ninguna prueba KS tiene un valor p inferior a {level}"),
        RuleName::TooFewRows => match (decision.batch.never_seen_rows, decision.policy.needed_rows()) {
            (Some(found), Some(needed)) => format!(
                "{} filas no se habían visto nunca, y un entrenamiento necesita {}",
                voice.count(found),
                voice.count(needed)
            ),
            _ => "hay muy pocas filas nunca vistas".to_owned(),
        },
        RuleName::BatchAgain => "un turno anterior terminó con exactamente las mismas filas".to_owned(),
        RuleName::FirstRun => "todavía no hay referencia".to_owned(),
        RuleName::MovedAndCosts => format!(
            "un efecto en una columna que importa queda por encima de {} con todo su intervalo, y el error \
             del modelo subió más de un {}, con certeza más que nada",
            least_effect(voice),
            voice.percent(decision.policy.error_rise_over)
        ),
        RuleName::ErrorAlone => format!(
            "el error del modelo subió más de un {}, con certeza más que nada, sea lo que sea lo que cambió",
            voice.percent(decision.policy.error_rise_alone)
        ),
        RuleName::NothingMoved => format!(
            "ningún efecto en una columna que importa queda por encima de {} con todo su intervalo, y el error \
             del modelo no subió más de un {}",
            least_effect(voice),
            voice.percent(decision.policy.error_rise_alone)
        ),
        RuleName::MovedButCheap => format!(
            "un entrenamiento necesita que el error suba más de un {}, con certeza más que nada",
            voice.percent(decision.policy.error_rise_over)
        ),
        RuleName::CostUnknown => "un entrenamiento necesita saber cuánto cuesta el cambio".to_owned(),
        RuleName::UnknownSegments => format!(
            "más del {} de las filas está en segmentos que el modelo apenas conoce",
            voice.percent(decision.policy.new_share_ask)
        ),
        RuleName::CauseAnswered => "entrenar por un cambio que ya tiene respuesta no traería nada nuevo".to_owned(),
        RuleName::Cooldown => format!(
            "entre dos entrenamientos deben pasar {} lotes",
            voice.count(decision.policy.cooldown.unwrap_or_default())
        ),
        RuleName::BudgetSpent => match decision.policy.budget {
            Some(budget) => format!(
                "a lo sumo {} entrenamientos en {} lotes",
                voice.count(budget.trainings),
                voice.count(budget.batches)
            ),
            None => "ya hubo bastantes entrenamientos".to_owned(),
        },
        RuleName::Own(_) => format!("`{}`", decision.rule.condition),
    };
    format!(
        "Decisión: {}. Política `{}`, regla `{}`: {condition}.",
        action(decision.action),
        decision.policy.name.as_str(),
        decision.rule.name.as_str()
    )
}

fn counterfactuals(voice: &Voice<'_>) -> Option<String> {
    let (opening, ways) = ways(voice)?;
    Some(format!("{opening}: {}.", ways.join("; o bien ")))
}

/// The ways to another decision, and what they lead to.
fn ways(voice: &Voice<'_>) -> Option<(&'static str, Vec<String>)> {
    let ways: Vec<String> = told_ways(voice.decision).map(|one| way(voice, one)).collect();
    if ways.is_empty() {
        return None;
    }
    let other = told_ways(voice.decision).next()?.action;
    let opening = match (other.trains(), ways.len()) {
        (false, 1) if voice.decision.action == Action::StopAndAsk => {
            "No se habría preguntado a nadie si esto hubiera sido distinto"
        }
        (false, _) if voice.decision.action == Action::StopAndAsk => {
            "No se habría preguntado a nadie si algo de esto hubiera sido distinto (lo más cercano primero)"
        }
        (false, 1) if other == Action::StopAndAsk => "Se habría preguntado a una persona si esto hubiera sido distinto",
        (false, _) if other == Action::StopAndAsk => {
            "Otra acción si algo de esto hubiera sido distinto (lo más cercano primero)"
        }
        (false, 1) => "No se habría entrenado si esto hubiera sido distinto",
        (false, _) => "No se habría entrenado si algo de esto hubiera sido distinto (lo más cercano primero)",
        (true, 1) => "Se habría entrenado si esto hubiera sido distinto",
        (true, _) => "Se habría entrenado si algo de esto hubiera sido distinto (lo más cercano primero)",
    };
    Some((opening, ways))
}

/// One way to another decision: all of its conditions.
fn way(voice: &Voice<'_>, way: &Counterfactual) -> String {
    let (told, others) = told_conditions(&way.conditions);
    let mut conditions: Vec<String> = told.iter().map(|one| condition(voice, one)).collect();
    if !others.is_empty() {
        conditions.push(format!("también lo demás que supera su límite en {}", voice.columns(others.into_iter())));
    }
    match conditions.len() {
        1 => conditions.remove(0),
        _ => format!("todo esto: {}", conditions.join(", y ")),
    }
}

fn condition(voice: &Voice<'_>, condition: &Condition) -> String {
    let column = condition.column.as_deref().map(|name| voice.column(name)).unwrap_or_default();
    let comparison = match condition.comparison {
        Comparison::AtMost => "a lo sumo",
        Comparison::Above => "por encima de",
        Comparison::AtLeast => "al menos",
        Comparison::Below => "por debajo de",
    };
    match (condition.quantity, condition.effect) {
        (Quantity::EffectLow, Some(effect)) => {
            let size = |x| voice.size(effect, x);
            let mut text = format!(
                "{} de {column}, extremo inferior {comparison} {} (fue {})",
                effect_word(effect),
                size(condition.needed),
                size(condition.observed)
            );
            if let (Some(value), Some(needed)) = (condition.value, condition.value_needed) {
                text += &format!(", es decir, unos {} medidos en vez de {}", size(needed), size(value));
            }
            text
        }
        (Quantity::ErrorRise, _) => format!(
            "el cambio del error del modelo {comparison} {} (fue {})",
            voice.signed_percent(condition.needed),
            voice.signed_percent(condition.observed)
        ),
        (Quantity::UnknownSegmentShare, _) => format!(
            "la proporción de filas en segmentos que el modelo apenas conoce {comparison} {} (fue {})",
            voice.percent(condition.needed),
            voice.percent(condition.observed)
        ),
        (quantity, _) if !matches!(quantity, Quantity::KsPValue | Quantity::NeverSeenRows) => format!(
            "`{}` {comparison} {} (fue {})",
            quantity.as_str(),
            voice.value(condition.needed),
            voice.value(condition.observed)
        ),
        (Quantity::NeverSeenRows, _) => format!(
            "filas nunca vistas {comparison} {} (hubo {})",
            voice.value(condition.needed),
            voice.value(condition.observed)
        ),
        _ => format!(
            "el valor p de {column} {comparison} {} (fue {})",
            voice.value(condition.needed),
            voice.p_value(condition.observed)
        ),
    }
}

fn not_reasons(voice: &Voice<'_>) -> Option<String> {
    let decision = voice.decision;
    let mut parts = Vec::new();
    if !decision.not_reasons.is_empty() {
        let columns: Vec<String> = decision
            .not_reasons
            .iter()
            .map(|one| {
                format!(
                    "{} {} de {}",
                    voice.column(&one.column),
                    voice.size(one.effect, one.value),
                    voice.size(one.effect, one.bound)
                )
            })
            .collect();
        parts.push(format!("Se miró y no es motivo (mayor efecto frente a su límite): {}.", columns.join("; ")));
    }
    if let Some(new) = decision.batch.never_seen_rows.filter(|_| decision.rule.name != RuleName::TooFewRows) {
        parts.push(format!(
            "Que {} de sus {} filas no se hubieran visto nunca no es motivo por sí solo.",
            voice.count(new),
            voice.count(decision.batch.rows)
        ));
    }
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn irrelevant(voice: &Voice<'_>) -> Option<String> {
    let decision = voice.decision;
    let parts: Vec<String> = decision
        .irrelevant
        .iter()
        .filter_map(|cause| {
            let change = cause.changes.first()?;
            let weight = cause.weight.map(|weight| format!(", peso {}", voice.percent(weight))).unwrap_or_default();
            Some(format!("{} ({}{weight})", what(voice, cause, change), times_bound(voice, change.times_bound)))
        })
        .collect();
    (!parts.is_empty()).then(|| {
        format!(
            "Cambió, pero el modelo apenas mira ahí (una columna importa desde un peso de {}): {}.",
            voice.percent(decision.policy.relevant_share),
            parts.join("; ")
        )
    })
}

fn unseen(voice: &Voice<'_>) -> Option<String> {
    let parts: Vec<String> = voice
        .decision
        .unseen
        .iter()
        .map(|one| {
            let size = |x| voice.size(one.effect, x);
            format!(
                "{} ({} podría llegar a {}, límite {}; se ve con seguridad desde {})",
                voice.column(&one.column),
                effect_word(one.effect),
                size(one.high),
                size(one.bound),
                size(one.visible_from)
            )
        })
        .collect();
    (!parts.is_empty()).then(|| format!("Hay muy pocas filas para saber si esto cambió: {}.", parts.join("; ")))
}

fn other_references(voice: &Voice<'_>) -> Option<String> {
    let parts: Vec<String> = voice
        .decision
        .other_references
        .iter()
        .map(|other| {
            let against = format!("frente a {}", reference(other.kind)).replace(" a el ", " al ");
            let mut text = format!("{against} ({}) ", rows(voice, other.rows));
            text += &match (other.largest_times_bound, other.largest_column.as_deref()) {
                (Some(times), Some(column)) => {
                    let verb = if voice.beside_one(times).is_some() { "queda" } else { "es" };
                    let size = times_bound(voice, times);
                    format!("el mayor efecto {verb} {size}, en {}", voice.column(column))
                }
                _ => "no se pudo medir nada".to_owned(),
            };
            text
        })
        .collect();
    (!parts.is_empty()).then(|| format!("Como comparación, sin voto: {}.", parts.join("; ")))
}

fn absent(voice: &Voice<'_>) -> Option<String> {
    let report = &voice.decision.report;
    let mut parts = Vec::new();
    for (names, side) in [(&report.only_in_reference, "la referencia"), (&report.only_in_current, "las filas actuales")]
    {
        if !names.is_empty() {
            parts.push(format!("solo en {side}: {}", voice.columns(names.iter().map(String::as_str))));
        }
    }
    (!parts.is_empty()).then(|| format!("No se pudo probar: {}.", parts.join("; ")))
}

fn capitalised(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}
