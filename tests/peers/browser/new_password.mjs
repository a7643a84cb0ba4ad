// What a person sees whose password must be replaced: the page, its problems, and the way on.

import assert from "node:assert/strict";
import { visit } from "./visit.mjs";

const NEW_PASSWORD = "another horse, another staple";

export async function newPassword({ provider, browser, looks }) {
  const person = await visit(browser, looks);
  const { page } = person;
  const username = `replaced-${looks.join("-")}@example.com`;
  const temporary = "for one day only";
  await makeAccount(page, provider, { username, temporary });

  await page.goto(`${provider.issuer}/demo`);
  await person.press("#demo-sign-in");
  await person.signIn({ username, password: temporary });
  await person.look("new-password-page");
  await person.seesWithoutScrolling("#new-password", "#new-password-submit");

  await page.fill("#new-password", temporary);
  await person.press("#new-password-submit");
  await person.look("new-password-page", "the-old-one-again");
  assert.equal(await page.inputValue("#new-password"), "");

  await page.fill("#new-password", NEW_PASSWORD);
  await person.press("#new-password-submit");
  await person.shows("consent-page");
  await person.press("#consent-allow");
  await person.end();
}

/** As an operator would: a password that must be replaced. */
async function makeAccount(page, { issuer, admin_token: token }, { username, temporary }) {
  const headers = { authorization: `Bearer ${token}` };
  const post = async (path, data) => {
    const answer = await page.request.post(`${issuer}/admin/v1${path}`, { headers, data });
    assert.ok(answer.ok(), await answer.text());
    return answer;
  };
  const made = await post("/accounts", { identifiers: [username] });
  const { account_id: account } = await made.json();
  await post(`/accounts/${account}/password`, { password: temporary, is_temporary: true });
}
