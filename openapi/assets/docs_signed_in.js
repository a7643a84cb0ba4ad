// Hands the answer of the authorization endpoint to the page that opened this window. An answer to another question than
// the one that was asked is handed to nobody.
"use strict";

(() => {
  const asked = window.opener && window.opener.swaggerUIRedirectOauth2;
  if (!asked) return;
  const answer = new URLSearchParams(window.location.search);
  const refuse = (message) => {
    asked.errCb({ authId: asked.auth.name, source: "auth", level: "error", message });
  };
  if (answer.get("state") !== asked.state) {
    refuse("The answer is not to the question that was asked.");
  } else if (answer.get("code")) {
    delete asked.state;
    asked.auth.code = answer.get("code");
    asked.callback({ auth: asked.auth, redirectUrl: asked.redirectUrl });
  } else {
    const said = answer.get("error_description") || "";
    refuse(`${answer.get("error") || "no code"} ${said}`.trim());
  }
  window.close();
})();
