//! The words of pages: one table, in which every text stands in each language.
//!
//! `{}` stands for what is filled in, in the order of the sentence. There are no figures in here: they come from records.

use tidewheel_drift::Lang;

macro_rules! words {
    ($($name:ident: $english:literal, $spanish:literal;)+) => {
        /// The words of pages in one language.
        #[derive(Debug)]
        #[allow(missing_docs, reason = "each is its text")]
        pub struct Words { $(pub $name: &'static str,)+ }

        const ENGLISH: Words = Words { $($name: $english,)+ };
        const SPANISH: Words = Words { $($name: $spanish,)+ };

        /// Every text in English and in Spanish.
        pub const PAIRS: &[(&str, &str)] = &[$(($english, $spanish),)+];
    };
}

impl Words {
    /// Those of a language.
    pub fn of(lang: Lang) -> &'static Self {
        match lang {
            Lang::En => &ENGLISH,
            Lang::Es => &SPANISH,
        }
    }
}

/// Puts values into the places of a text.
pub(crate) fn fill(text: &str, values: &[&str]) -> String {
    let mut parts = text.split("{}");
    let mut filled = parts.next().unwrap_or_default().to_owned();
    for (place, part) in parts.enumerate() {
        filled += values.get(place).copied().unwrap_or_default();
        filled += part;
    }
    filled
}

words! {
    code: "en", "es";

    // What a page is.
    record: "Decision record", "Registro de la decisión";
    drift_report: "Drift report", "Informe de deriva";
    on_this_page: "On this page", "En esta página";
    made_by: "Made by Tidewheel. Every figure on this page is one of the record.",
        "Hecho por Tidewheel. Cada cifra de esta página está en el registro.";
    footing: "Grey is the past (reference), blue the present (current), amber the bound from which on a change counts.",
        "El gris es el pasado (referencia), el azul el presente (actual), el ámbar el límite desde el que un cambio cuenta.";

    // Actions.
    baseline: "Train the first model", "Entrenar el primer modelo";
    retrain: "Train again", "Volver a entrenar";
    shadow_train: "Train and compare", "Entrenar y comparar";
    skip: "No training", "No entrenar";
    stop_and_ask: "Ask a person", "Preguntar a una persona";
    drifted: "Drift found", "Hay deriva";
    steady: "No drift found", "No hay deriva";

    // What stands above the headline.
    batch: "batch", "lote";
    decided: "decided", "decidido";
    in_production: "model in production", "modelo en producción";
    version: "version {}", "versión {}";
    led_to: "led to", "llevó a";
    project: "project", "proyecto";

    // Figures below the headline.
    changed_columns: "Columns that changed", "Columnas que cambiaron";
    of_count: "of {} that matter to the model", "de {} que importan al modelo";
    of_tested: "of {} compared", "de {} comparadas";
    largest_change: "Largest change", "Mayor cambio";
    times_bound: "its bound, in {}", "su límite, en {}";
    error_change: "Model's error", "Error del modelo";
    error_estimated: "Model's error, estimated", "Error del modelo, estimado";
    between: "between {} and {}", "entre {} y {}";
    never_seen: "Rows never seen before", "Filas nunca vistas";
    of_rows: "of {} rows", "de {} filas";
    rows: "Rows", "Filas";
    in_reference: "{} in the reference", "{} en la referencia";
    rule: "Rule", "Regla";
    tolerated: "tolerated: {}", "tolerado: {}";

    // Sections.
    causes: "What changed, and how sure that is", "Qué cambió y con qué certeza";
    causes_lead: "Each line is the largest change of one column: a dot with its interval, in multiples of the size from which on it counts. A change counts when the whole interval lies beyond its bound.",
        "Cada línea es el mayor cambio de una columna: un punto con su intervalo, en múltiplos del tamaño desde el que cuenta. Un cambio cuenta cuando todo el intervalo supera su límite.";
    nothing_counts: "No change counts: no interval lies wholly beyond its bound.",
        "Ningún cambio cuenta: ningún intervalo supera por completo su límite.";
    reasons: "The causes, strongest first", "Las causas, primero la más fuerte";
    relation_of: "{} and what it depends on", "{} y aquello de que depende";
    further_causes: "Further causes", "Otras causas";
    with_interval: "{} ({} to {}), bound {}", "{} (de {} a {}), límite {}";
    over_chance: "chance alone gives {}", "el azar por sí solo da {}";
    cost: "What it costs", "Lo que cuesta";
    from_to_error: "From the hold-out's error to the batch's", "Del error en las filas reservadas al del lote";
    mix_lead: "How much of the difference comes from other segments in the batch, and how much from changes inside segments.",
        "Cuánto de la diferencia viene de otros segmentos en el lote y cuánto de cambios dentro de los segmentos.";
    error_by_segment: "The change of the error, segment by segment", "El cambio del error, segmento por segmento";
    error_axis: "change of the model's error", "cambio del error del modelo";
    error_on_scale: "mean error, scale {}", "error medio, escala {}";
    error_plain: "mean error", "error medio";
    hold_out: "hold-out", "filas reservadas";
    this_batch: "this batch", "este lote";
    all_rows: "All rows", "Todas las filas";
    like_with_like: "Like with like", "Entre iguales";
    shown_rise: "certainly changed", "cambió con certeza";
    not_shown: "not certain", "no es seguro";
    other_mix: "other mix of {}", "otra mezcla de {}";
    inside: "inside {}", "dentro de {}";
    inside_new: "inside {}, new", "dentro de {}, nuevo";
    inside_others: "inside all others", "dentro de todos los demás";
    without_segment: "rows without a segment", "filas sin segmento";
    other_segments: "All others", "Todos los demás";
    cost_of_columns: "How much of the difference each shift explains", "Cuánto de la diferencia explica cada cambio";
    cost_of_columns_note: "Columns move together, so these shares overlap and need not add up.",
        "Las columnas se mueven juntas, así que estas partes se solapan y no tienen por qué sumar el total.";
    explains: "explains", "explica";
    of_difference: "of the difference", "de la diferencia";
    bias: "On average, what was less what the model said went {} → {} (difference between {} and {}). Below zero the model says too much, above zero too little.",
        "En promedio, lo que fue menos lo que dijo el modelo pasó de {} → {} (diferencia entre {} y {}). Bajo cero el modelo dice de más, sobre cero dice de menos.";
    target_mean: "Where the target went", "Adónde fue el objetivo";
    mean_before: "mean before", "media anterior";
    mean_now: "mean now", "media actual";
    segments: "Segment by segment", "Segmento por segmento";
    segment: "Segment", "Segmento";
    before: "Before", "Antes";
    now: "Now", "Ahora";
    by_mix: "By mix", "Por mezcla";
    by_inside: "Inside", "Dentro";
    new: "new", "nuevo";
    otherwise: "What would have had to be different", "Qué habría tenido que ser distinto";
    asked: "The rules that were asked, in order", "Las reglas consultadas, en orden";
    asked_lead: "The first that holds decides, unless a brake stops its training.",
        "Decide la primera que se cumple, salvo que un freno detenga su entrenamiento.";
    does_it_hold: "Holds", "Se cumple";
    beyond_bins: "In pictures of numbers, the first and the last bin also hold what lies beyond the limits of the reference.",
        "En las figuras de números, la primera y la última barra contienen también lo que queda más allá de los límites de la referencia.";
    action: "Action", "Acción";
    observed: "What the rules looked at", "Lo que miraron las reglas";
    quantity: "Quantity", "Cantidad";
    observed_value: "Observed", "Observado";
    held_against: "Held against", "Comparado con";
    not_reasons: "What was not a reason", "Lo que no fue una razón";
    not_reasons_lead: "Looked at, and certainly within its bound.", "Se miró, y con certeza está dentro de su límite.";
    irrelevant: "Changed, but the model hardly looks there", "Cambió, pero el modelo apenas lo mira";
    irrelevant_lead: "A column matters from a weight of {} on.", "Una columna importa desde un peso de {}.";
    unseen: "What could not be seen", "Lo que no se pudo ver";
    unseen_lead: "With this many rows these changes could lie on either side of their bounds.",
        "Con esta cantidad de filas, estos cambios podrían estar a un lado u otro de su límite.";
    may_reach: "May be as large as", "Puede llegar a";
    surely_seen: "Surely seen from", "Se ve con seguridad desde";
    references: "Against other references", "Frente a otras referencias";
    references_lead: "Shown for comparison; they had no say.", "Se muestran para comparar; no decidieron.";
    reference: "Reference", "Referencia";
    times_of_bound: "Effect, × bound", "Efecto, × límite";
    columns_over: "Columns beyond their bound", "Columnas más allá de su límite";
    largest: "Largest effect", "Mayor efecto";
    small_p: "Tests with a small p-value", "Pruebas con valor p pequeño";
    none: "none", "ninguna";
    in_column: "{} × its bound, {}", "{} × su límite, {}";
    examples: "Rows that show it", "Filas que lo muestran";
    examples_lead: "What the model said, and what it was.", "Lo que dijo el modelo y lo que fue.";
    predicted: "Model says", "El modelo dice";
    actual: "It was", "Fue";
    later: "What happened afterwards", "Qué pasó después";
    later_axis: "error of the new version against the former one, on the same rows",
        "error de la versión nueva frente a la anterior, en las mismas filas";
    as_before: "no change", "sin cambio";
    answer: "The answer of a person", "La respuesta de una persona";
    who: "Who", "Quién";
    said: "Said", "Dijo";
    why: "Why", "Por qué";
    when: "When", "Cuándo";
    evidence: "All effects and tests", "Todos los efectos y pruebas";
    evidence_lead: "For those who want to check: every figure that was measured.",
        "Para quien quiera comprobarlo: cada cifra que se midió.";
    all_effects: "Every effect", "Todos los efectos";
    all_tests: "Every test", "Todas las pruebas";
    reading: "What the measures mean", "Qué significan las medidas";
    column: "Column", "Columna";
    measure: "Measure", "Medida";
    value: "Value", "Valor";
    interval: "Interval", "Intervalo";
    bound: "Bound", "Límite";
    over: "Beyond its bound", "Más allá de su límite";
    test: "Test", "Prueba";
    statistic: "Statistic", "Estadístico";
    p_value: "p-value", "Valor p";
    p_adjusted: "Adjusted p", "p ajustado";
    method: "Method", "Método";
    exact: "exact", "exacto";
    asymptotic: "asymptotic", "asintótico";
    p_note: "A p-value says how surprising a difference is, not how large it is: with many rows it is small for differences that do not matter. No decision by effects rests on one.",
        "Un valor p dice cuán sorprendente es una diferencia, no cuán grande es: con muchas filas es pequeño para diferencias que no importan. Ninguna decisión por efectos descansa en uno.";
    inputs: "Inputs", "Entradas";
    inputs_lead: "Contents are named by their hash: the same rows have the same one.",
        "Los contenidos se nombran por su huella: las mismas filas tienen la misma.";
    batch_hash: "Batch", "Lote";
    champion: "Model in production", "Modelo en producción";
    training_rows: "{}, trained on {} rows", "{}, entrenada con {} filas";
    training_hashes: "Its training batches", "Sus lotes de entrenamiento";
    reference_rows: "Reference rows", "Filas de referencia";
    current_rows: "Current rows", "Filas actuales";
    policy: "Policy", "Política";
    level: "Chance that any interval misses", "Probabilidad de que falle algún intervalo";
    schema: "Version of the record", "Versión del registro";
    run: "Run", "Ejecución";
    effect_over: "a change counts from {} times its bound on", "un cambio cuenta desde {} veces su límite";
    effect_over_bound: "a change counts from its bound on", "un cambio cuenta desde su límite";
    rise_over: "a change costs from a rise of the error by {} on", "un cambio cuesta desde una subida del error del {}";
    rise_alone: "the error alone trains from a rise by {} on", "el error por sí solo entrena desde una subida del {}";
    min_rows: "a training needs {} rows never seen before", "un entrenamiento necesita {} filas nunca vistas";
    p_below: "a test counts with a p-value below {}", "una prueba cuenta con un valor p inferior a {}";

    // The drift report.
    drift_headline: "{} of {} columns changed by more than their bounds", "{} de {} columnas cambiaron más que su límite";
    drift_headline_one: "The one column that was compared changed by more than its bound", "La única columna comparada cambió más que su límite";
    drift_headline_none: "No column changed by more than its bound", "Ninguna columna cambió más que su límite";
    all_columns: "Column by column", "Columna por columna";
    kind: "Kind", "Clase";
    numeric: "numbers", "números";
    categorical: "categories", "categorías";
    verdict: "Verdict", "Veredicto";
    changed: "changed", "cambió";
    within: "within its bound", "dentro de su límite";
    cannot_tell: "too few rows to tell", "faltan filas para saberlo";
    not_measured: "not measured", "sin medir";
    missing_values: "Missing", "Faltan";
    pictures: "Distributions", "Distribuciones";
    classifier: "All columns together", "Todas las columnas juntas";
    classifier_lead: "Can a classifier tell the two sides apart? One half: it cannot; one: always.",
        "¿Puede un clasificador distinguir los dos lados? Un medio: no puede; uno: siempre.";
    auc: "Area under the ROC curve", "Área bajo la curva ROC";
    gave_away: "Given away by", "Los delatan";
    pairs: "Columns that go together", "Columnas que van juntas";
    pairs_lead: "Rank correlations before and now.", "Correlaciones de rangos antes y ahora.";
    pair: "Pair", "Par";
    one_side: "Only on one side", "Solo en un lado";
    one_side_lead: "Columns without a counterpart could not be compared.", "Las columnas sin pareja no se pudieron comparar.";
    only_reference: "Only in the reference", "Solo en la referencia";
    only_current: "Only in the current rows", "Solo en las filas actuales";
    notes: "Notes", "Notas";
    and_others: "{} and others", "{} y otras";

    // One column.
    histogram: "Share of rows by value", "Proporción de filas por valor";
    functions: "Share of rows up to each value", "Proporción de filas hasta cada valor";
    shares_of_values: "Shares of the values that moved most", "Proporciones de los valores que más cambiaron";
    both_sides: "Both sides", "Los dos lados";
    no_test: "No test fits this column.", "Ninguna prueba sirve para esta columna.";
    levels_new: "Values that the reference never had", "Valores que la referencia nunca tuvo";
    levels_gone: "Values that are gone", "Valores que ya no aparecen";
    levels_share: "{}, on {} of the rows", "{}, en el {} de las filas";
    and_more: "and {} more", "y {} más";
    mean: "Mean", "Media";
    deviation: "Standard deviation", "Desviación estándar";
    least: "Least", "Mínimo";
    p01: "First percentile", "Primer percentil";
    p25: "First quartile", "Primer cuartil";
    median: "Median", "Mediana";
    p75: "Third quartile", "Tercer cuartil";
    p99: "Last percentile", "Último percentil";
    most: "Most", "Máximo";
    values_that_occur: "Values that occur", "Valores que aparecen";

    // Effects.
    distance: "distance", "distancia";
    tails: "excess beyond the limits", "exceso más allá de los límites";
    category_distance: "distance of the mixes", "distancia entre mezclas";
    new_levels: "excess of new values", "exceso de valores nuevos";
    missing: "difference of missing values", "diferencia de valores faltantes";
    correlation: "difference of the correlations", "diferencia de correlaciones";
    distance_means: "how far the values have to be moved to turn one distribution into the other, in standard deviations",
        "cuánto hay que mover los valores para convertir una distribución en la otra, en desviaciones estándar";
    tails_means: "how many more rows than by chance lie beyond the limits that hold nearly all of the reference",
        "cuántas filas más que por azar quedan más allá de los límites que contienen casi toda la referencia";
    category_distance_means: "how different the shares of the values are, on a scale from none to all, less what chance gives",
        "cuán distintas son las proporciones de los valores, en una escala de nada a todo, menos lo que da el azar";
    new_levels_means: "the share of rows with values that the reference has never had, less what chance gives",
        "la proporción de filas con valores que la referencia nunca tuvo, menos lo que da el azar";
    missing_means: "the change of the share of rows without a value", "el cambio de la proporción de filas sin valor";
    correlation_means: "the change of how strongly two columns rise and fall together",
        "el cambio de la fuerza con que dos columnas suben y bajan juntas";
    ks: "Kolmogorov-Smirnov", "Kolmogórov-Smirnov";
    chi_square: "chi-square", "ji cuadrado";

    // Charts.
    effects_finding: "{} of {} effects lie beyond their bound", "{} de {} efectos están más allá de su límite";
    share_of_rows: "share of rows", "proporción de filas";
    share_up_to: "share of rows up to here", "proporción de filas hasta aquí";
    medians: "medians", "medianas";
    side_reference: "reference, {} rows", "referencia, {} filas";
    side_current: "current, {} rows", "actual, {} filas";
    reference_word: "reference", "referencia";
    current_word: "current", "actual";
    missing_share: "share of missing values", "proporción de valores faltantes";
    rank_correlation: "rank correlation", "correlación de rangos";

    // From evidence to rule.
    nothing_compared: "Nothing was compared", "No se comparó nada";
    no_column_changed: "No column that matters changed", "No cambió ninguna columna que importe";
    columns_changed: "{} of {} columns that matter changed", "Cambiaron {} de {} columnas que importan";
    more_causes: "further causes: {}", "otras causas: {}";
    times_its_bound: "{}: {} × its bound", "{}: {} × su límite";
    error_by: "error {}", "error {}";
    against: "{}: {}, held against {}", "{}: {}, comparado con {}";

    // What rules look at.
    q_effect: "largest certain change, in multiples of its bound", "mayor cambio seguro, en múltiplos de su límite";
    q_error_rise: "rise of the model's error", "subida del error del modelo";
    q_error_rise_low: "the same, at least", "lo mismo, como mínimo";
    q_never_seen_rows: "rows never seen before", "filas nunca vistas";
    q_rows: "rows of the batch", "filas del lote";
    q_unknown_segment_share: "share of rows in segments that the model hardly knows", "proporción de filas en segmentos que el modelo apenas conoce";
    q_batches_since_training: "batches since the last training", "lotes desde el último entrenamiento";
    q_last_promoted_effect: "largest certain change against the batch of the last promotion", "mayor cambio seguro frente al lote de la última promoción";
    q_trailing_effect: "largest certain change against the last batches", "mayor cambio seguro frente a los últimos lotes";
    q_effect_low: "{} of {}, at least", "{} de {}, como mínimo";
    q_ks_p_value: "p-value of {}", "valor p de {}";

    // References.
    r_training: "the model's training rows", "las filas de entrenamiento del modelo";
    r_last_promoted: "the batch of the last promotion", "el lote de la última promoción";
    r_trailing_window: "the batches before it", "los lotes anteriores";
    r_previous_batch: "the batch before it", "el lote anterior";
    r_file: "the reference file", "el archivo de referencia";

    // Rules.
    batch_again: "The very same rows were seen before", "Son exactamente las filas de antes";
    first_run: "There is nothing to compare with yet", "Todavía no hay con qué comparar";
    too_few_rows: "Too few rows that were never seen before", "Muy pocas filas nunca vistas";
    unknown_segments: "Too many rows in segments that the model hardly knows", "Demasiadas filas en segmentos que el modelo apenas conoce";
    moved_and_costs: "Something that matters moved, and the model's error rose", "Algo que importa se movió, y el error del modelo subió";
    error_alone: "The model's error rose, whatever moved", "El error del modelo subió, se haya movido lo que se haya movido";
    nothing_moved: "Nothing that matters moved", "No se movió nada que importe";
    moved_but_cheap: "Something moved, but it does not cost enough", "Algo se movió, pero no cuesta lo suficiente";
    cost_unknown: "Something moved, and its cost is not known", "Algo se movió, y no se sabe cuánto cuesta";
    cause_answered: "Brake: every cause has been answered already", "Freno: todas las causas ya tienen respuesta";
    cooldown: "Brake: the last training was too short a time ago", "Freno: el último entrenamiento fue hace muy poco";
    budget_spent: "Brake: there were enough trainings lately", "Freno: ya hubo bastantes entrenamientos hace poco";
    relevant_column_drifted: "A column that matters changed by more than its bound", "Una columna que importa cambió más que su límite";
    no_relevant_column_drifted: "No column that matters changed by more than its bound", "Ninguna columna que importe cambió más que su límite";
    ks_below_level: "A test has a small p-value", "Una prueba tiene un valor p pequeño";
    no_ks_below_level: "No test has a small p-value", "Ninguna prueba tiene un valor p pequeño";
    own_rule: "The project's own rule {}", "La regla propia {} del proyecto";

    // Notes.
    n_type_changed: "{} in the reference, {} now: compared as categories", "{} en la referencia, {} ahora: comparados como categorías";
    n_no_values_reference: "no value in the reference: only missing shares were compared", "sin valores en la referencia: solo se compararon los faltantes";
    n_no_values_current: "no value in the current rows: only missing shares were compared", "sin valores en las filas actuales: solo se compararon los faltantes";
    n_constant: "the reference holds one value: the distance is the share of rows with another", "la referencia tiene un solo valor: la distancia es la proporción de filas con otro";
    n_nearly_constant: "nearly all of the reference is one value: only the tails can show a change", "casi toda la referencia es un solo valor: solo las colas pueden mostrar un cambio";
    n_few_values: "{} values on the smaller side; the distance needs {} to be told from chance", "{} valores en el lado menor; la distancia necesita {} para distinguirse del azar";
    n_infinite: "{} infinite values in the reference, {} now: they count as beyond every limit", "{} valores infinitos en la referencia, {} ahora: cuentan como más allá de todo límite";
    n_approximate: "more than {} values on a side: a sketch stands for them, and ranks may be off a little", "más de {} valores en un lado: un resumen los representa, y los rangos pueden desviarse un poco";
    n_rare_levels: "{} rare values were taken as one by the chi-square test", "{} valores raros se tomaron como uno en la prueba de ji cuadrado";

    // Small ones.
    quotes: "“{}”", "«{}»";
    yes: "yes", "sí";
    no: "no", "no";
    to: "to", "a";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_take_the_same_values_and_hold_no_figures() {
        for (english, spanish) in PAIRS {
            assert_eq!(english.matches("{}").count(), spanish.matches("{}").count(), "{english}");
            assert!(!english.is_empty() && !spanish.is_empty());
            assert!(!format!("{english}{spanish}").contains(|c: char| c.is_ascii_digit()), "{english}");
            assert!(!english.contains(['<', '&', '`']) && !spanish.contains(['<', '&', '`']), "{english}");
        }
    }

    #[test]
    fn values_go_into_their_places() {
        assert_eq!(fill("{} of {}", &["a", "b"]), "a of b");
        assert_eq!(fill("{}, {}", &["a"]), "a, ");
        assert_eq!(fill("plain", &["a"]), "plain");
        assert_eq!(fill("{}", &["{}"]), "{}");
    }
}
