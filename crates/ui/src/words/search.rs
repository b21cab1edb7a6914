words! {
    /// Search.
    SearchWords {
        title: "Search", "Buscar";
        lead: "Found for “{query}”.", "Encontrado para «{query}».";
        lead_none: "Batches, versions, runs, columns and settings are found by name.", "Los lotes, versiones, ejecuciones, columnas y ajustes se encuentran por su nombre.";
        what: "What", "Qué";
        name: "Name", "Nombre";
        column: "Column", "Columna";
        setting: "Setting", "Ajuste";
        version: "Version", "Versión";
        turn: "Turn", "Turno";
        nothing: "Nothing was found for “{query}”", "No se encontró nada para «{query}»";
        again: "Search for", "Buscar";
    }
}
