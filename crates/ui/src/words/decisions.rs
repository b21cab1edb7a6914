words! {
    /// The list of decisions.
    DecisionsWords {
        title: "Decisions", "Decisiones";
        lead: "What was decided about each batch, and why. Newest first.", "Qué se decidió sobre cada lote, y por qué. Primero lo más nuevo.";
        replay: "Under another policy", "Con otra política";
        action: "Action", "Acción";
        cause: "Kind of cause", "Clase de causa";
        model: "Model version", "Versión del modelo";
        model_hint: "trained by it, or in production before it", "entrenada por ella, o en producción antes";
        any: "any", "cualquiera";
        column: "a column", "una columna";
        pair: "two columns together", "dos columnas juntas";
        segment: "a segment", "un segmento";
        relation: "the relation to the target", "la relación con el objetivo";
        without: "none", "ninguna";
        filter: "Filter", "Filtrar";
        clear: "Show all", "Mostrar todas";
        list: "Decisions, newest first", "Decisiones, primero la más nueva";
        when: "When (UTC)", "Cuándo (UTC)";
        decision: "Decision", "Decisión";
        because: "Because", "Porque";
        then: "Then", "Después";
        cost: "Cost of the drift", "Costo de la deriva";
        cost_more: "error of the model on the batch, line: tolerated", "error del modelo en el lote, línea: tolerado";
        cost_of: "error change {value}, between {low} and {high}, tolerated {bound}", "cambio del error {value}, entre {low} y {high}, tolerado {bound}";
        no_cost: "not measured", "sin medir";
        older: "Older", "Anteriores";
        newest: "Newest", "Más nuevas";
        none: "No decision yet", "Aún no hay decisiones";
        none_text: "Each batch that the loop meets is decided about: train, skip, or ask a person. The decisions and their reasons appear here.", "Sobre cada lote que llega se decide: entrenar, omitir o preguntar a una persona. Las decisiones y sus razones aparecerán aquí.";
        no_match: "No decision fits", "Ninguna decisión coincide";
        no_match_here: "None of the {n} decisions that were looked through fits. Older ones may.", "Ninguna de las {n} decisiones revisadas coincide. Puede que otras anteriores sí.";
        no_match_text: "Choose another action, cause or version.", "Elija otra acción, causa o versión.";
    }
}
