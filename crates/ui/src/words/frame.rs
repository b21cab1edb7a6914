words! {
    /// What surrounds every page.
    FrameWords {
        skip_to_content: "Skip to the content", "Ir al contenido";
        main: "Main", "Principal";
        where_you_are: "Where you are", "Dónde está";
        overview: "Overview", "Resumen";
        decisions: "Decisions", "Decisiones";
        loop_: "Loop", "Ciclo";
        pipeline: "Pipeline", "Flujo";
        data: "Data", "Datos";
        drift: "Drift", "Deriva";
        models_group: "Models", "Modelos";
        models: "Models", "Modelos";
        experiments: "Experiments", "Experimentos";
        serving: "Serving", "Servicio";
        predict: "Predict", "Predecir";
        monitoring: "Monitoring", "Supervisión";
        settings: "Settings", "Ajustes";
        more: "More", "Más";
        waiting: "{n} waiting", "{n} en espera";
        in_production: "{version} in production", "{version} en producción";
        nothing_in_production: "no model in production", "ningún modelo en producción";
        keys: "keys", "teclas";
        search: "Search", "Buscar";
        search_hint: "v6, batch 9, a run's id, a column …", "v6, lote 9, id de una ejecución, una columna …";
        search_none: "Nothing is called that. A version is v6, a batch is batch 9.", "Nada se llama así. Una versión es v6, un lote es lote 9.";
        language: "Language", "Idioma";
        theme: "Switch between light and dark", "Cambiar entre claro y oscuro";
        live: "Live", "En vivo";
        stale: "Last update {time}", "Última actualización {time}";
        not_live: "Not live", "Sin conexión";
        copied: "Copied", "Copiado";
        copy_refused: "The browser refused to copy", "El navegador no permitió copiar";
        keyboard: "Keyboard", "Teclado";
        key_go: "then a letter goes to a page", "y una letra abre una página";
        key_rows: "next and previous row", "fila siguiente y anterior";
        key_decisions: "older and newer", "anterior y siguiente";
        key_theme: "light or dark", "claro u oscuro";
        key_help: "these keys", "estas teclas";
        close: "Close", "Cerrar";
        times: "Times in UTC", "Horas en UTC";
        drawn_at: "Drawn at {time}", "Generada a las {time}";
        cancel: "Cancel", "Cancelar";
    }
}
