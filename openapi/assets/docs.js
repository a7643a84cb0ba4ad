// Draws the documentation of the API, and lets its reader sign in: by the code flow with PKCE, as a public client of this
// provider. Nothing is fetched from elsewhere, and nothing is kept when the page is left.
"use strict";

(() => {
  const place = document.getElementById("docs");
  const ui = SwaggerUIBundle({
    domNode: place,
    url: place.dataset.document,
    oauth2RedirectUrl: place.dataset.redirect,
    deepLinking: true,
    displayRequestDuration: true,
    docExpansion: "list",
    filter: true,
    persistAuthorization: false,
    showExtensions: true,
    syntaxHighlight: { activated: true, theme: "agate" },
    tryItOutEnabled: true,
    validatorUrl: null,
    onComplete: () => {
      ui.initOAuth({
        clientId: place.dataset.client,
        usePkceWithAuthorizationCodeGrant: true,
        scopes: "openid",
      });
      document.body.dataset.ready = "true";
    },
  });
})();
