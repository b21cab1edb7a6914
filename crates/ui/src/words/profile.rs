words! {
    /// A column over time.
    ProfileWords {
        title: "A column over time", "Una columna en el tiempo";
        lead_numbers: "{name}: median {first} in batch {from}, {last} in batch {to}.", "{name}: mediana {first} en el lote {from}, {last} en el lote {to}.";
        lead_levels: "{name}: {first} values in batch {from}, {last} in batch {to}.", "{name}: {first} valores en el lote {from}, {last} en el lote {to}.";
        lead_yes: "{name}: {first} yes in batch {from}, {last} in batch {to}.", "{name}: {first} sí en el lote {from}, {last} en el lote {to}.";
        column: "Column", "Columna";
        show: "Show", "Mostrar";
        median: "Median, and the middle half of the rows", "Mediana, y la mitad central de las filas";
        share_yes: "Share of yes", "Proporción de sí";
        levels: "The most frequent values", "Los valores más frecuentes";
        missing: "Missing", "Ausentes";
        none_missing: "No value is missing in any of these batches.", "No falta ningún valor en ninguno de estos lotes.";
        missing_lead: "Share of the clean rows without a value.", "Proporción de las filas limpias sin valor.";
        main_lead: "Clean rows of each batch; at most the newest {n} batches.", "Filas limpias de cada lote; como máximo los {n} lotes más nuevos.";
        batch: "batch", "lote";
        share_of_rows: "share of rows", "proporción de filas";
        from_to: "{first} in batch {from}, {last} in batch {to}", "{first} en el lote {from}, {last} en el lote {to}";
        table: "Batch by batch", "Lote por lote";
        rows: "Rows", "Filas";
        range: "Lowest and highest", "Mínimo y máximo";
        half: "Middle half", "Mitad central";
        middle: "Median", "Mediana";
        distinct: "Values", "Valores";
        most: "Most frequent", "El más frecuente";
        yes: "Yes", "Sí";
        lacking: "not in this batch", "no está en este lote";
        gone: "The rows of {n} batches cannot be read; they are left out.", "Las filas de {n} lotes no se pueden leer; se omiten.";
        empty: "No batch yet", "Aún no hay lotes";
        empty_text: "When batches have arrived, each column is followed here from batch to batch.", "Cuando hayan llegado lotes, aquí se sigue cada columna de un lote a otro.";
        no_column: "No batch has a column of that name", "Ningún lote tiene una columna con ese nombre";
        no_column_text: "Choose one of the columns of the project.", "Elija una de las columnas del proyecto.";
    }
}
