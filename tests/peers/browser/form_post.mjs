// The page of `form_post` in Chromium: its own lines send the form and nothing stops it, on to a third origin too; who runs
// no scripts presses its button; and nobody who comes back finds the answer in it.

import assert from "node:assert/strict";
import { application, arrival, authorize, request } from "./application.mjs";
import { visit } from "./visit.mjs";

const ALL = "code id_token token";
const FORM = ["code", "access_token", "token_type", "expires_in", "scope", "id_token"];
/** The state of the browser is told where it is kept in a cookie that frames may read. */
const form = ({ issuer }) => [...FORM, ...(issuer.startsWith("https:") ? ["session_state"] : []), "state", "iss"];

export async function formPost({ provider, browser, looks }) {
  const home = await application();
  const app = await application({ onward: `${home.origin}/home` });
  const person = await visit(browser, looks);
  const runsNoScripts = looks.includes("without-scripts");
  const { page } = person;
  const asks = (more) => request(provider, app.callback, { response_type: ALL, response_mode: "form_post", ...more });

  const goesOn = async (act) => {
    if (!runsNoScripts) return arrival(page, app.callback, act);
    await act();
    await person.look("form-post-page");
    return arrival(page, app.callback, () => page.click("#form-post-submit", { noWaitAfter: true }));
  };

  await page.goto(authorize(provider, asks({ prompt: "consent" })));
  await person.signIn(provider);
  await person.shows("consent-page");
  const allowed = await goesOn(() => page.click("#consent-allow", { noWaitAfter: !runsNoScripts }));
  isPosted(provider, allowed, app.callback);
  await page.waitForURL(`${home.origin}/home`);

  const silent = await goesOn(() => page.goto(authorize(provider, asks({ prompt: "none" })), { waitUntil: "commit" }));
  isPosted(provider, silent, app.callback);
  await page.waitForURL(`${home.origin}/home`);

  const refused = asks({ prompt: "none login" });
  const told = await goesOn(() => page.goto(authorize(provider, refused), { waitUntil: "commit" }));
  const fields = new URLSearchParams(told.postData());
  assert.deepEqual([fields.get("error"), fields.get("state")], ["invalid_request", "a state"]);
  await person.end();
  for (const one of [app, home]) one.close();
}

/** The request that Chromium made at the application: a form, with nothing in its address. */
function isPosted(provider, arrived, callback) {
  assert.deepEqual([arrived.method(), arrived.url()], ["POST", callback]);
  assert.match(arrived.headers()["content-type"], /^application\/x-www-form-urlencoded/);
  const fields = new URLSearchParams(arrived.postData());
  assert.deepEqual([...fields.keys()], form(provider));
  assert.deepEqual([fields.get("state"), fields.get("iss")], ["a state", provider.issuer]);
}
