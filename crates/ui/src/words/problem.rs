words! {
    /// What went wrong.
    ProblemWords {
        not_found: "There is no such page", "No existe esa página";
        not_found_text: "Nothing stands at {path}. Versions are at /ui/models/6, decisions at /ui/decisions/9, runs at /ui/runs and their id.", "No hay nada en {path}. Las versiones están en /ui/models/6, las decisiones en /ui/decisions/9, las ejecuciones en /ui/runs y su id.";
        missing: "There is no {what}", "No existe: {what}";
        failed: "This page could not be made", "No se pudo generar esta página";
        failed_text: "What failed: {reason}. Predictions go on as before; try again in a moment.", "Qué falló: {reason}. Las predicciones siguen como antes; inténtelo de nuevo en un momento.";
        refused: "This was not done", "Esto no se hizo";
        request: "Request", "Petición";
        home: "Overview", "Resumen";
        again: "Try again", "Intentar de nuevo";
        back: "Back", "Volver";
    }
}
