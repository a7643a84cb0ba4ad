// Tells a client's page, which has this one in a frame, whether the browser is still in the state that the client was told
// of (OpenID Connect Session Management 1.0 §3.2). It reads one cookie, which opens nothing, and asks nobody.
"use strict";

(() => {
  const COOKIE = "__Host-doorward_state=";

  const browserState = () => {
    const found = document.cookie.split("; ").find((cookie) => cookie.startsWith(COOKIE));
    return found ? found.slice(COOKIE.length) : "";
  };

  const hash = async (text) => {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
    return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
  };

  const answer = async (message, origin) => {
    const parts = typeof message === "string" && message.length < 512 ? message.split(" ") : [];
    const [clientId, sessionState] = parts;
    const [told, salt] = (sessionState || "").split(".");
    if (parts.length !== 2 || !clientId || !told || !salt || origin === "null") return "error";
    const now = await hash(`${clientId} ${origin} ${browserState()} ${salt}`);
    return now === told ? "unchanged" : "changed";
  };

  window.addEventListener("message", async (event) => {
    if (!event.source || event.source === window) return;
    const target = event.origin === "null" ? "*" : event.origin;
    event.source.postMessage(await answer(event.data, event.origin), target);
  });
})();
