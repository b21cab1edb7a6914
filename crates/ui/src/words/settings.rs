words! {
    /// Settings.
    SettingsWords {
        title: "Settings", "Ajustes";
        project: "Project", "Proyecto";
        system: "System", "Sistema";
        project_lead: "The checked project file, with the origin of each value. It is changed in the file; nothing is changed here.", "El archivo del proyecto, verificado, con el origen de cada valor. Se cambia en el archivo; aquí no se cambia nada.";
        system_lead: "What the program is connected to, and whether that works.", "A qué está conectado el programa, y si eso funciona.";
        views: "Views", "Vistas";
        counts: "{set} of {all} values are set, {over} of them over the file", "{set} de {all} valores están fijados, {over} de ellos por encima del archivo";
        key: "Key", "Clave";
        value: "Value", "Valor";
        origin: "Origin", "Origen";
        from_default: "default", "predeterminado";
        from_file: "file", "archivo";
        from_environment: "environment: {name}", "entorno: {name}";
        from_flag: "flag: {name}", "opción: {name}";
        not_set: "not set", "sin fijar";
        rules: "When to train: policy “{name}”", "Cuándo entrenar: política «{name}»";
        rules_lead: "Asked from top to bottom for each batch; the first that holds decides. Where none holds, nothing is trained.", "Se preguntan de arriba abajo para cada lote; decide la primera que se cumple. Si ninguna se cumple, no se entrena.";
        rule: "Rule", "Regla";
        when: "When", "Cuando";
        then: "Then", "Entonces";
        rules_before: "The first batch always trains; a batch that came before is always skipped. A cooldown, a spent budget or an answered cause stops a training.", "El primer lote siempre entrena; un lote repetido siempre se omite. Una pausa, un presupuesto agotado o una causa ya respondida detienen un entrenamiento.";
        none: "This server was not told where its values come from", "A este servidor no se le dijo de dónde vienen sus valores";
        none_text: "The program that serves hands the checked project file over; this one did not.", "El programa que sirve entrega el archivo verificado; este no lo hizo.";
        connections: "Connections", "Conexiones";
        program: "Program", "Programa";
        database: "Database", "Base de datos";
        objects: "Objects", "Objetos";
        source: "Source", "Fuente";
        listens: "Listens at", "Escucha en";
        model: "Model in use", "Modelo en uso";
        no_model: "none is loaded", "ninguno cargado";
        loop_: "Loop", "Ciclo";
        loop_here: "turned from these pages and from the command line", "se ejecuta desde estas páginas y desde la línea de comandos";
        loop_elsewhere: "turned from the command line only", "se ejecuta solo desde la línea de comandos";
        metrics: "Metrics", "Métricas";
        metrics_text: "for Prometheus", "para Prometheus";
        api: "API", "API";
        api_text: "calls, their fields and what they answer", "llamadas, sus campos y sus respuestas";
        checks: "Health checks", "Comprobaciones";
        checks_lead: "What “tidewheel doctor” looks at: the file, the database, that an object can be written and read, the model, the source.", "Lo que mira «tidewheel doctor»: el archivo, la base de datos, que un objeto se puede escribir y leer, el modelo, la fuente.";
        check_now: "Check now", "Comprobar ahora";
        cannot_check: "This server cannot check; use tidewheel doctor", "Este servidor no puede comprobar; use tidewheel doctor";
        not_checked: "Not checked yet", "Aún sin comprobar";
        not_checked_text: "A check writes one small object, reads it and removes it; it asks the source for nothing.", "Una comprobación escribe un objeto pequeño, lo lee y lo borra; no pide nada a la fuente.";
        checked_at: "Checked at {at}", "Comprobado a las {at}";
        too_slow: "The checks gave no answer within {n} seconds.", "Las comprobaciones no respondieron en {n} segundos.";
        check: "Check", "Comprobación";
        state: "State", "Estado";
        found: "Found", "Resultado";
        what_to_do: "What to do", "Qué hacer";
        works: "works", "funciona";
        mind: "look", "atención";
        fails: "fails", "falla";
        not_yet: "Users, tokens and a schedule are not settings yet: the server listens on this machine only, unless it is told otherwise, and asks nobody who they are.", "Usuarios, credenciales y horario aún no son ajustes: el servidor escucha solo en esta máquina, salvo que se le diga otra cosa, y no pregunta a nadie quién es.";
    }
}
