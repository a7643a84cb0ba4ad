// A new developer, from /docs alone: signs in, creates a client, gets a token with it, revokes it, and finds the refusal of
// the revoked token in the audit log. Nothing is fetched from anywhere else.

import assert from "node:assert/strict";
import { visit } from "./visit.mjs";

const ADDRESS = "/docs";

export async function docs({ provider, browser, looks }) {
  const person = await visit(browser, looks);
  const { page, context } = person;
  const foreign = [];
  await context.route("**", (route) => {
    const { origin, protocol } = new URL(route.request().url());
    if (origin === provider.issuer || protocol === "data:") return route.continue();
    foreign.push(route.request().url());
    return route.abort();
  });

  await page.goto(`${provider.issuer}/`);
  await person.press(`a[href="${provider.issuer}${ADDRESS}"]`);
  await page.waitForSelector("body[data-ready]");
  await person.shows("docs-page");
  await person.picture("docs-page");

  await signIn(person, provider);
  await person.picture("signed-in");

  const created = await run(person, "create_client", {
    body: {
      client_name: "From the documentation",
      token_endpoint_auth_method: "client_secret_post",
      grant_types: ["client_credentials"],
      scope: "example:read",
    },
  });
  assert.equal(created.status, 201, created.text);
  const { client_id, client_secret } = created.json;
  const client = { client_id, client_secret };

  const given = await run(person, "exchange_token", { form: { grant_type: "client_credentials", ...client } });
  assert.equal(given.status, 200, given.text);
  const token = given.json.access_token;
  const holds = await run(person, "introspect_token", { form: { token, ...client } });
  assert.equal(holds.json.active, true, holds.text);
  const revoked = await run(person, "revoke_token", { form: { token, ...client } });
  assert.equal(revoked.status, 200, revoked.text);
  const holdsNot = await run(person, "introspect_token", { form: { token, ...client } });
  assert.deepEqual(holdsNot.json, { active: false }, holdsNot.text);

  const refused = await run(person, "post_userinfo", { form: { access_token: token } });
  assert.equal(refused.status, 401, refused.text);
  const { refusal_id } = refused.json;
  const found = await run(person, "find_refusal", { parameters: { request_id: refusal_id } });
  assert.equal(found.status, 200, found.text);
  const audited = await run(person, "list_audit_entries", { parameters: { request_id: refusal_id } });
  assert.equal(audited.json.items.length, 1, audited.text);
  assert.equal(audited.json.items[0].act, "refused", audited.text);
  await person.picture("found");

  // What Chromium notes of answers that are refusals.
  person.forgive(/status of 401/);
  assert.deepEqual(foreign, []);
  await person.end();
}

/** Presses Authorize, chooses every permission, and signs in in the window that opens. */
async function signIn(person, provider) {
  const { page, context } = person;
  await page.click(".auth-wrapper .btn.authorize");
  const scheme = page.locator(".auth-container", { hasText: "sign_in" });
  await scheme.locator(".scopes h2 a", { hasText: "select all" }).click();
  const [window] = await Promise.all([
    context.waitForEvent("page"),
    scheme.locator(".auth-btn-wrapper .authorize").click(),
  ]);
  await window.waitForSelector("#username");
  await window.fill("#username", provider.username);
  await window.fill("#password", provider.password);
  await window.click("#login-submit");
  await window.waitForSelector("#consent-allow");
  await Promise.all([window.waitForEvent("close"), window.click("#consent-allow")]);
  await scheme.getByText("Logout").waitFor();
  await page.click(".modal-ux .btn-done");
}

/** Fills in an operation and executes it; what was answered. */
async function run(person, id, { body, form = {}, parameters = {} }) {
  const { page } = person;
  const operation = page.locator(`.opblock[id$="-${id}"]`);
  const opened = operation.locator(".opblock-body");
  if (!(await opened.isVisible())) await operation.locator(".opblock-summary-control").click();
  await opened.waitFor();
  if (body) await operation.locator("textarea.body-param__text").fill(JSON.stringify(body));
  for (const [name, value] of Object.entries({ ...form, ...parameters })) {
    const row = operation.locator(`tr[data-param-name="${name}"], tr[data-property-name="${name}"]`);
    await row.locator("input[type=text], textarea").first().fill(value);
  }
  const clear = operation.locator(".btn-clear");
  if (await clear.isVisible()) await clear.click();
  const [response] = await Promise.all([
    page.waitForResponse((response) => response.request().resourceType() === "fetch"),
    operation.locator(".execute").click(),
  ]);
  const text = await response.text();
  await operation.locator(".live-responses-table").waitFor();
  assert.match(await operation.locator(".curl").innerText(), /curl -X/);
  const isJson = text.startsWith("{");
  return { status: response.status(), text, json: isJson ? JSON.parse(text) : null };
}
