docs-title = API documentation
docs-lead = Every operation, and a place to try it: press “Authorize” and sign in, or give the token of an operator.
docs-problems = Problems
docs-problems-lead = What the APIs answer when they refuse (RFC 9457). A code never changes its meaning.
docs-noscript = This page is drawn by a script. The same, for programs and readers without one, is openapi.json.
docs-signed-in = You are signed in. This window may be closed.
