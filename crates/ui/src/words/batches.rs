words! {
    /// The batches.
    BatchesWords {
        title: "Batches", "Lotes";
        lead: "{batches} batches brought {rows} rows. {new} of them were new ({new_share}); of these {refused} were refused ({refused_share}).", "{batches} lotes trajeron {rows} filas. {new} de ellas eran nuevas ({new_share}); de estas se rechazaron {refused} ({refused_share}).";
        lead_one: "One batch brought {rows} rows. {new} of them were new ({new_share}); of these {refused} were refused ({refused_share}).", "Un lote trajo {rows} filas. {new} de ellas eran nuevas ({new_share}); de estas se rechazaron {refused} ({refused_share}).";
        quarantine: "Quarantine", "Cuarentena";
        profile: "A column over time", "Una columna en el tiempo";
        list: "What arrived", "Lo que llegó";
        list_lead: "Newest first. A row is new when no earlier batch held it; clean rows are the distinct ones that passed the rules, new or not.", "Primero los más nuevos. Una fila es nueva si ningún lote anterior la tenía; las filas limpias son las distintas que pasaron las reglas, nuevas o no.";
        rows: "Rows", "Filas";
        made_of: "Made of", "De qué se componen";
        clean: "Clean", "Limpias";
        refused: "Quarantined", "En cuarentena";
        refused_of: "{share} of new", "{share} de las nuevas";
        refused_usual: "usual is {usual}", "lo usual es {usual}";
        none_new: "no new rows", "ninguna fila nueva";
        accepted: "new and clean", "nuevas y limpias";
        quarantined: "quarantined", "en cuarentena";
        seen: "seen before", "ya vistas";
        bar_of: "{accepted} new and clean, {quarantined} quarantined, {seen} seen before", "{accepted} nuevas y limpias, {quarantined} en cuarentena, {seen} ya vistas";
        columns: "Columns", "Columnas";
        appeared: "new: {names}", "nuevas: {names}";
        gone: "gone: {names}", "ausentes: {names}";
        and_more: "{names} and {n} more", "{names} y {n} más";
        hash: "Content", "Contenido";
        decision: "Decision", "Decisión";
        run: "Run", "Ejecución";
        turn: "Turn {n}", "Turno {n}";
        older: "Older", "Anteriores";
        newer: "Newer", "Posteriores";
        shown: "Batches {from} to {to} of {all}", "Lotes {from} a {to} de {all}";
        empty: "No batch yet", "Aún no hay lotes";
        empty_text: "Every batch appears here when the loop has received it: how much of it was new, what was refused, and which columns it had.", "Cada lote aparece aquí cuando el ciclo lo recibe: cuánto era nuevo, qué se rechazó y qué columnas tenía.";
    }
}
