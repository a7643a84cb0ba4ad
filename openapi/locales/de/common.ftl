# Jede Seite.
brand = Doorward
title-with-problem = Fehler: { $title }
new-tab = (öffnet sich in einem neuen Tab)
signed-in-as = Angemeldet als
client-terms = Nutzungsbedingungen von { $client }
client-policy = Datenschutzerklärung von { $client }

# Wie lange jemand warten muss; ergänzt einen Satz.
wait-minutes = { $minutes ->
    [one] in einer Minute
   *[other] in { $minutes } Minuten
}
wait-hours = { $hours ->
    [one] in einer Stunde
   *[other] in { $hours } Stunden
}
