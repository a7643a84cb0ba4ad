// Chromium holds every address that a form leads to against the page's `form-action`, one redirect after another. Here
// forms of the provider lead to another origin, from there on to a third one, and to a scheme of an installed application.

import assert from "node:assert/strict";
import { application, arrival, authorize, request } from "./application.mjs";
import { visit } from "./visit.mjs";

const INSTALLED = "com.example.app:/callback";

export async function policy({ provider, browser }) {
  const app = await application();
  await blocksWhatIsNotNamed(browser, app);
  for (const redirectUri of [app.callback, INSTALLED]) await leadsTo(redirectUri, provider, browser);
  await leadsThrough(app, provider, browser);
  app.close();
}

/** An application that takes the answer at one address and sends the browser on to another origin. */
async function leadsThrough(app, provider, browser) {
  const home = `${app.origin}/home`;
  const gate = await application({ onward: home });
  const person = await visit(browser);
  const arrives = (buttonId) => arrival(person.page, home, () => person.page.click(buttonId, { noWaitAfter: true }));
  const comesThrough = (arrived, path) => {
    const answered = arrived.redirectedFrom();
    assert.ok(answered.url().startsWith(gate.callback), answered.url());
    isGranted(provider, answered, path);
  };

  await person.page.goto(authorize(provider, request(provider, gate.callback, { prompt: "consent" })));
  await person.signIn(provider);
  await person.shows("consent-page");
  comesThrough(await arrives("#consent-allow"), "/consent");
  await person.page.waitForURL(home);

  await person.page.goto(authorize(provider, request(provider, gate.callback, { prompt: "login" })));
  await person.page.fill("#password", provider.password);
  comesThrough(await arrives("#login-submit"), "/login");
  await person.page.waitForURL(home);
  await person.end();
  gate.close();
}

async function leadsTo(redirectUri, provider, browser) {
  const person = await visit(browser);
  const asks = async (prompt, pageId) => {
    await person.openTab();
    await person.page.goto(authorize(provider, request(provider, redirectUri, { prompt })));
    await person.shows(pageId);
  };
  const arrives = (buttonId) => {
    return arrival(person.page, redirectUri, () => person.page.click(buttonId, { noWaitAfter: true }));
  };

  await asks("consent", "login-page");
  await person.signIn(provider);
  await person.shows("consent-page");
  isGranted(provider, await arrives("#consent-allow"), "/consent");

  await asks("login", "login-page");
  await person.page.fill("#password", provider.password);
  isGranted(provider, await arrives("#login-submit"), "/login");

  await asks("consent", "consent-page");
  const denied = await arrives("#consent-deny");
  assert.equal(new URL(denied.url()).searchParams.get("error"), "access_denied");
  await person.end();
}

/** The request that Chromium made at the application, straight from a form of ours. */
function isGranted(provider, arrived, path) {
  const answer = new URL(arrived.url()).searchParams;
  assert.ok(answer.get("code"), arrived.url());
  assert.equal(answer.get("iss"), provider.issuer);
  const sent = arrived.redirectedFrom();
  assert.deepEqual([sent.method(), new URL(sent.url()).pathname], ["POST", path]);
}

/** So that the silence of the others says something: Chromium does stop such a form, and it is seen here. */
async function blocksWhatIsNotNamed(browser, app) {
  for (const to of ["http://localhost:9/callback", INSTALLED]) {
    const person = await visit(browser);
    const query = new URLSearchParams({ policy: "form-action 'self'", to });
    await person.page.goto(`${app.origin}/guarded?${query}`);
    const complaint = person.page.waitForEvent("console");
    await person.page.click("#send", { noWaitAfter: true });
    assert.match((await complaint).text(), /form-action 'self'/);
    person.forgive(/form-action 'self'/);
    await person.end();
  }
}
