words! {
    /// What stands on several pages.
    Common {
        batch: "Batch", "Lote";
        batch_n: "Batch {n}", "Lote {n}";
        train: "Train", "Entrenar";
        retrain: "Retrain", "Reentrenar";
        shadow_train: "Train in shadow", "Entrenar en sombra";
        skip: "Skip", "Omitir";
        ask: "Ask", "Preguntar";
        failed: "Failed", "Falló";
        running: "Running", "En curso";
        cancelled: "Cancelled", "Cancelada";
        promoted: "{version} promoted", "{version} promovida";
        rejected: "{version} rejected: {reason}", "{version} rechazada: {reason}";
        stays: "{version} stays", "{version} se queda";
        waits: "waits for your answer", "espera su respuesta";
        production: "Production", "Producción";
        as_table: "as table", "como tabla";
        interval: "95 % interval", "intervalo del 95 %";
        between: "{low} to {high}", "{low} a {high}";
    }
}
