// Goes on once the pages of the applications have loaded, or have failed to: the browser waits for them before it says that
// this page has. How long that may take, the header of the page says.
"use strict";

(() => {
  const onward = document.getElementById("signing-out-onward");
  const go = () => window.location.replace(onward.href);
  if (document.readyState === "complete") go();
  else window.addEventListener("load", go);
})();
