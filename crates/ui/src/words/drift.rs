words! {
    /// The drift explorer.
    DriftWords {
        title: "Drift", "Deriva";
        lead: "How any batch differs from another, column by column. This only looks: no decision rests on it.", "En qué difiere un lote de otro, columna por columna. Aquí solo se mira: ninguna decisión depende de ello.";
        reference: "Reference (the past)", "Referencia (el pasado)";
        current: "Current", "Actual";
        training: "what the model was trained on", "con lo que se entrenó el modelo";
        batch_option: "Batch {n}, {rows} rows, {day}", "Lote {n}, {rows} filas, {day}";
        compare: "Compare", "Comparar";
        swap: "Swap", "Intercambiar";
        none: "No batch yet", "Aún no hay lotes";
        none_text: "Once two batches have come, any two of them can be compared here.", "Cuando hayan llegado dos lotes, aquí se podrán comparar.";
        one: "Only one batch yet", "Solo hay un lote";
        one_text: "There is nothing to compare it with. The next batch is compared with this one, and here any two can be.", "No hay con qué compararlo. El próximo lote se comparará con este, y aquí podrán compararse dos cualesquiera.";
        trouble: "These two cannot be compared", "Estos dos no se pueden comparar";
        no_training: "Batch {n} was not compared with a model's training rows. Choose a batch as the reference.", "El lote {n} no se comparó con las filas de entrenamiento de un modelo. Elija un lote como referencia.";
        same: "Reference and current are the same batch: nothing can differ.", "La referencia y lo actual son el mismo lote: nada puede diferir.";
        of_decision: "From the record of the decision about batch {n}: nothing was computed anew.", "Del registro de la decisión sobre el lote {n}: no se calculó nada de nuevo.";
        summary: "{drifted} of {tested} columns changed by more than their bound", "{drifted} de {tested} columnas cambiaron más que su límite";
        summary_more: "{reference} rows against {current}. Effects in multiples of the size from which on a change counts; a change counts when its whole interval lies beyond. All intervals hold together in {level} of cases.", "{reference} filas frente a {current}. Efectos en múltiplos del tamaño desde el que un cambio cuenta; un cambio cuenta cuando todo su intervalo lo supera. Todos los intervalos se cumplen a la vez en el {level} de los casos.";
        columns: "Columns, largest change first", "Columnas, primero el mayor cambio";
        column: "Column", "Columna";
        times: "× bound", "× límite";
        interval: "¼ to 16 × bound", "de ¼ a 16 × el límite";
        interval_of: "{value} times its bound, between {low} and {high}", "{value} veces su límite, entre {low} y {high}";
        not_measured: "could not be measured", "no se pudo medir";
        weight: "weight {share} in the model", "peso {share} en el modelo";
        changed: "changed", "cambió";
        not_shown: "not shown to have changed", "no consta que cambiara";
        more_levels: "and {n} more values", "y {n} valores más";
        whole: "All columns in one picture", "Todas las columnas en una imagen";
        pages: "Pages of columns", "Páginas de columnas";
        previous: "Columns before", "Columnas anteriores";
        next: "Columns after", "Columnas siguientes";
        only_reference: "Only in the reference: {names}.", "Solo en la referencia: {names}.";
        only_current: "Only in the current rows: {names}.", "Solo en las filas actuales: {names}.";
        no_column: "There is no column {name} on both sides.", "No hay una columna {name} en ambos lados.";
        why: "Why batch {n} was decided so", "Por qué se decidió así sobre el lote {n}";
    }
}
