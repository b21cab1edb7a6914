words! {
    /// Past batches under another policy.
    ReplayWords {
        decisions: "Decisions", "Decisiones";
        title: "Under another policy", "Con otra política";
        lead: "Each batch decided about anew, over the evidence on record and with the model that was in production then. Nothing is trained, nothing is changed.", "Cada lote decidido de nuevo, con la evidencia registrada y con el modelo que estaba entonces en producción. No se entrena ni se cambia nada.";
        policy: "Policy", "Política";
        effect_over: "Effect over, × bound", "Efecto por encima de, × límite";
        rise_over: "Error rise over, %", "Subida del error por encima de, %";
        rise_alone: "Error rise that trains alone, %", "Subida del error que entrena por sí sola, %";
        min_rows: "Rows never seen, at least", "Filas nunca vistas, como mínimo";
        only_costly: "only of costly-drift", "solo de costly-drift";
        decide: "Decide again", "Decidir de nuevo";
        reset: "As in the project", "Como en el proyecto";
        summary: "{would} trainings instead of {was}; {changed} of {all} decisions change", "{would} entrenamientos en vez de {was}; cambian {changed} de {all} decisiones";
        summary_more: "Batches {from} to {to}. Cooldown and budget are left out: they rest on the trainings before.", "Lotes {from} a {to}. La pausa y el presupuesto se dejan fuera: dependen de los entrenamientos anteriores.";
        was: "It was", "Fue";
        would: "It would be", "Sería";
        changes: "changes", "cambia";
        difference: "Difference", "Diferencia";
        same: "the same", "igual";
        rule: "Because", "Porque";
        no_evidence: "nothing was compared", "no se comparó nada";
        list: "Decisions under both policies", "Decisiones con ambas políticas";
        older: "Older", "Anteriores";
        none: "No decision yet", "Aún no hay decisiones";
        none_text: "Once batches have been decided about, another policy can be tried on them here.", "Cuando se haya decidido sobre lotes, aquí se podrá probar otra política con ellos.";
        whole: "The whole course, with the models that the policy would have put into production, and the policy reference, at a command line:", "El curso completo, con los modelos que la política habría puesto en producción, y la política reference, en una línea de comandos:";
        wrong: "A number from {from} to {to}", "Un número de {from} a {to}";
    }
}
