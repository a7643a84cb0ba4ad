form-post-title = Gleich geschafft
form-post-lead = Es geht zurück zu { $destination }. Wenn nichts geschieht, drücken Sie den Knopf.
form-post-submit = Weiter
