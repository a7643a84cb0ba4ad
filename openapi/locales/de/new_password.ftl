new-password-title = Neues Passwort wählen
new-password-lead = Ihr bisheriges darf nicht mehr benutzt werden. Danach geht es weiter zu { $client }.
new-password-label = Neues Passwort
new-password-hint = Höchstens 1.024 Zeichen, und nicht das bisherige. Auf allen anderen Geräten müssen Sie sich neu anmelden.
new-password-submit = Speichern und weiter

new-password-empty-title = Es fehlt noch etwas
new-password-empty = Geben Sie das Passwort ein, das Sie von jetzt an benutzen möchten.
new-password-too-long-title = Das ist zu lang
new-password-too-long = Wählen Sie ein Passwort mit höchstens 1.024 Zeichen.
new-password-same-title = Das ist Ihr bisheriges Passwort
new-password-same = Wählen Sie ein anderes.
