// Goes on once the pages of the applications have loaded, or have failed to: the browser waits for them before it says that
// this page has. One that never answers is waited for no longer than this.
"use strict";

(() => {
  const WAIT_MAX_MS = 5_000;
  const onward = document.getElementById("signing-out-onward");
  const go = () => window.location.replace(onward.href);
  if (document.readyState === "complete") go();
  else window.addEventListener("load", go);
  window.setTimeout(go, WAIT_MAX_MS);
})();
