sign-in-title = Anmelden
sign-in-lead = und weiter zu { $client }
sign-in-again-title = Bitte kurz bestätigen
sign-in-again-asked = { $client } möchte, dass Sie Ihr Passwort noch einmal eingeben, obwohl Sie schon angemeldet sind.
sign-in-again-too-old = { $client } verlangt eine frische Anmeldung, und Ihre letzte liegt zu lange zurück.

sign-in-username = Benutzername, E-Mail-Adresse oder Telefonnummer
sign-in-username-fixed = Ihr Konto
sign-in-password = Passwort
sign-in-remember-me = Angemeldet bleiben
sign-in-remember-me-hint = Nicht auf Geräten, die auch andere benutzen.
sign-in-submit = Anmelden
sign-in-again-submit = Weiter

sign-in-wrong-title = Das hat nicht geklappt
sign-in-wrong = Der Benutzername oder das Passwort stimmt nicht. Prüfen Sie beides und versuchen Sie es noch einmal.
sign-in-locked-title = Zu viele Versuche
sign-in-locked = Zum Schutz des Kontos ist die Anmeldung vorübergehend gesperrt. Versuchen Sie es { $wait } noch einmal.
sign-in-locked-help = Die Sperre endet von selbst. Wenn Sie nicht warten können, bitten Sie die Betreiber dieser Anmeldung, sie aufzuheben.
sign-in-busy-title = Einen Moment bitte
sign-in-busy = Gerade melden sich sehr viele Menschen an. Ihre Eingaben sind nicht das Problem: Versuchen Sie es in ein paar Sekunden noch einmal.
sign-in-empty-title = Es fehlt noch etwas
sign-in-empty = Füllen Sie aus, was unten markiert ist.
sign-in-empty-username = Geben Sie Benutzername, E-Mail-Adresse oder Telefonnummer ein
sign-in-empty-password = Geben Sie Ihr Passwort ein
