# Jede Seite.
brand = Doorward
title-with-problem = Fehler: { $title }
new-tab = (öffnet sich in einem neuen Tab)
signed-in-as = Angemeldet als
back-to-client = Zurück zu { $client }
to-first-page = Zur Startseite
client-terms = Nutzungsbedingungen von { $client }
client-policy = Datenschutzerklärung von { $client }

# Wie lange jemand warten muss; ergänzt einen Satz.
wait-seconds = { $seconds ->
    [one] in einer Sekunde
   *[other] in { $seconds } Sekunden
}
wait-minutes = { $minutes ->
    [one] in einer Minute
   *[other] in { $minutes } Minuten
}
wait-hours = { $hours ->
    [one] in einer Stunde
   *[other] in { $hours } Stunden
}
