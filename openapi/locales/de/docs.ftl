docs-title = API-Dokumentation
docs-lead = Jede Operation und ein Ort, sie auszuprobieren: „Authorize“ drücken und sich anmelden, oder das Token eines Betreibers angeben.
docs-problems = Probleme
docs-problems-lead = Was die APIs antworten, wenn sie ablehnen (RFC 9457). Ein Code ändert seine Bedeutung nie.
docs-noscript = Diese Seite wird von einem Skript gezeichnet. Dasselbe für Programme und für Leser ohne Skript ist openapi.json.
docs-signed-in = Sie sind angemeldet. Dieses Fenster kann geschlossen werden.
