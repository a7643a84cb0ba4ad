// Forms that another site sends to the provider: the browser leaves the cookies out of a POST (`SameSite=Lax`), and
// takes them along when it is answered by a redirect to the same address.

import assert from "node:assert/strict";
import { application, arrival, authorize, request } from "./application.mjs";
import { visit } from "./visit.mjs";

export async function crossSite({ provider, browser }) {
  const app = await application();
  const person = await visit(browser);
  const { page } = person;
  const sends = (path, parameters) => {
    const query = new URLSearchParams({ ...parameters, to: `${provider.issuer}${path}` });
    return page.goto(`${app.origin}/sends?${query}`, { waitUntil: "commit" });
  };

  await page.goto(authorize(provider, request(provider, app.callback)));
  await person.shows("login-page");
  await person.signIn(provider);
  await person.shows("consent-page");
  await arrival(page, app.callback, () => page.click("#consent-allow"));

  const silent = request(provider, app.callback, { prompt: "none" });
  const answered = await arrival(page, app.callback, () => sends("/oauth2/authorize", silent));
  assert.ok(new URL(answered.url()).searchParams.get("code"), `the session is forgotten: ${answered.url()}`);
  await isSentOnToItself(answered.redirectedFrom(), "/oauth2/authorize");

  const [asksToSignOut] = await Promise.all([
    page.waitForRequest((asked) => new URL(asked.url()).pathname === "/logout"),
    sends("/oauth2/logout", { client_id: provider.public_client_id }),
  ]);
  await isSentOnToItself(asksToSignOut.redirectedFrom(), "/oauth2/logout");
  await page.waitForURL(/\/logout\?/);
  await person.shows("logout-page");

  await page.goto(authorize(provider, silent));
  const stays = new URL(page.url()).searchParams;
  assert.ok(stays.get("code"), `another site signed the person out: ${page.url()}`);

  await page.goBack();
  await person.shows("logout-page");
  await person.press("#logout-confirm");
  await person.shows("logged-out-page");
  await person.end();
  app.close();
}

/** The way to `last` was a POST without the cookies of the session, sent on to the same address with them. */
async function isSentOnToItself(last, path) {
  const sent = last.redirectedFrom();
  assert.deepEqual([sent.method(), last.method()], ["POST", "GET"]);
  for (const asked of [sent, last]) assert.equal(new URL(asked.url()).pathname, path);
  assert.equal((await sent.response()).status(), 303);
  assert.doesNotMatch((await sent.allHeaders()).cookie ?? "", /doorward_session/);
  assert.match((await last.allHeaders()).cookie ?? "", /doorward_session/);
}
