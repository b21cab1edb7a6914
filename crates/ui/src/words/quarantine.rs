words! {
    /// The rows that were refused.
    QuarantineWords {
        title: "Quarantine", "Cuarentena";
        lead: "{rows} rows of {batches} batches were refused, {share} of the new ones. Most often broken: “{rule}”.", "Se rechazaron {rows} filas de {batches} lotes, el {share} de las nuevas. La regla más incumplida: «{rule}».";
        lead_none: "No row has been refused.", "No se ha rechazado ninguna fila.";
        matrix: "Which rule refused how many", "Qué regla rechazó cuántas";
        matrix_lead: "Rows by the first rule that each one broke. A figure leads to its rows. A rule stands in the project file, under the key below it: change it there and the next batches are judged by it.", "Filas según la primera regla que incumplió cada una. Una cifra lleva a sus filas. Cada regla está en el archivo del proyecto, en la clave que se indica: cámbiela allí y los lotes siguientes se juzgarán con ella.";
        rule: "Rule", "Regla";
        all_batches: "Together", "Juntos";
        all_rules: "Refused", "Rechazadas";
        older: "Older batches", "Lotes anteriores";
        newer: "Newer batches", "Lotes posteriores";
        shown: "Batches {from} to {to} of {all}", "Lotes {from} a {to} de {all}";
        required: "{column}: must not be missing", "{column}: no puede faltar";
        min: "{column}: at least {bound}", "{column}: al menos {bound}";
        max: "{column}: at most {bound}", "{column}: como mucho {bound}";
        above: "{column}: more than {bound}", "{column}: más de {bound}";
        allowed: "{column}: one of {values}", "{column}: uno de {values}";
        allowed_some: "{column}: one of the values allowed", "{column}: uno de los valores permitidos";
        a_number: "{column}: a number", "{column}: un número";
        a_date: "{column}: a date", "{column}: una fecha";
        a_boolean: "{column}: yes or no", "{column}: sí o no";
        a_category: "{column}: a text", "{column}: un texto";
        holds: "{rule}", "{rule}";
        and_more: "{values} and {n} more", "{values} y {n} más";
        rows: "Refused rows", "Filas rechazadas";
        rows_of_batch: "Refused rows of batch {n}", "Filas rechazadas del lote {n}";
        rows_lead: "As they were received; what broke the rule is marked.", "Tal como se recibieron; lo que incumplió la regla está marcado.";
        some_rows: "Rows {from} to {to} of {all}", "Filas {from} a {to} de {all}";
        place: "Row", "Fila";
        value: "Value", "Valor";
        missing: "missing", "ausente";
        refused_cell: "refused", "rechazado";
        download: "As CSV", "Como CSV";
        every_batch: "All batches", "Todos los lotes";
        every_rule: "All rules", "Todas las reglas";
        filter: "Show", "Mostrar";
        earlier_page: "Previous rows", "Filas anteriores";
        later_page: "Next rows", "Filas siguientes";
        none_match: "No refused row is like that.", "Ninguna fila rechazada es así.";
        empty: "Nothing in quarantine", "Nada en cuarentena";
        empty_text: "Rows that break a rule of the project file appear here, with the rule and the value that broke it. They are never trained on.", "Las filas que incumplen una regla del archivo del proyecto aparecen aquí, con la regla y el valor que la incumplió. Nunca se entrena con ellas.";
    }
}
