logout-title = Abmelden?
logout-lead = { $client } möchte Sie abmelden.
logout-what = Sie werden in diesem Browser bei Doorward abgemeldet. Anwendungen können Sie danach bitten, sich neu anzumelden.
logout-confirm = Abmelden
logout-stay = Angemeldet bleiben

signing-out-title = Sie werden abgemeldet
signing-out-lead = Die Anwendungen, die Sie benutzt haben, erfahren es gerade. Das dauert einen Augenblick.
signing-out-onward = Weiter
signing-out-frame = Eine Anwendung, die es gerade erfährt

logged-out-title = Sie sind abgemeldet
logged-out-lead = Sie können diese Seite jetzt verlassen.
logged-out-shared = Auf einem Gerät, das auch andere benutzen, schließen Sie außerdem den Browser.
