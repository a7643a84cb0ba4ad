// An application of another site: where answers arrive, and whence forms are sent to the provider unasked.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

const VERIFIER = "a-code-verifier-that-nobody-needs-to-guess-0123456789";
const CODE_CHALLENGE = createHash("sha256").update(VERIFIER).digest("base64url");

/**
 * The parameters of an authorization request of the confidential client. A public one would be asked for consent each
 * time, as these addresses are those of programs on the machine.
 */
export function request(provider, redirectUri, more = {}) {
  return {
    client_id: provider.client_id,
    response_type: "code",
    redirect_uri: redirectUri,
    scope: "openid profile",
    state: "a state",
    nonce: "a nonce",
    code_challenge: CODE_CHALLENGE,
    code_challenge_method: "S256",
    ...more,
  };
}

export function authorize(provider, parameters) {
  return `${provider.issuer}/oauth2/authorize?${new URLSearchParams(parameters)}`;
}

/** The request with which `act` brings the browser to the application; what led there can be read from it. */
export async function arrival(page, redirectUri, act) {
  // Nobody on this machine opens the scheme of an installed application: there the request ends.
  const end = redirectUri.startsWith("http") ? "requestfinished" : "requestfailed";
  const [arrived] = await Promise.all([page.waitForEvent(end, (asked) => asked.url().startsWith(redirectUri)), act()]);
  return arrived;
}

/**
 * A server on 127.0.0.1, which is another site than localhost.
 *
 * `/callback` is where answers arrive, also as a form; with `onward` it sends the browser on to there. `/sends?to=..` sends the rest of
 * its query there as a form, at once. `/guarded` holds a form under the policy of its query, whose answer leads to its
 * other parameter `to`.
 */
export async function application({ onward } = {}) {
  const server = createServer((request, response) => {
    const url = new URL(request.url, "http://127.0.0.1");
    const to = url.searchParams.get("to");
    response.setHeader("content-type", "text/html; charset=utf-8");
    if (request.method === "POST" && to) {
      response.writeHead(303, { location: to }).end();
    } else if (url.pathname === "/sends") {
      url.searchParams.delete("to");
      response.end(`${form(to, url.searchParams)}<script>document.forms[0].submit()</script>`);
    } else if (url.pathname === "/guarded") {
      response.setHeader("content-security-policy", url.searchParams.get("policy"));
      response.end(form(url.href, new URLSearchParams()));
    } else if (onward && url.pathname === "/callback") {
      response.writeHead(302, { location: onward }).end();
    } else {
      response.end('<!doctype html><html lang="en"><title>Application</title><body id="application"><h1>Back');
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const origin = `http://127.0.0.1:${server.address().port}`;
  return { origin, callback: `${origin}/callback`, close: () => server.close() };
}

function form(action, fields) {
  const inputs = [...fields].map(([name, value]) => `<input name="${escaped(name)}" value="${escaped(value)}">`);
  return `<!doctype html><title>A form</title><form method="post" action="${escaped(action)}">
    ${inputs.join("")}<button id="send">Send</button></form>`;
}

function escaped(text) {
  return text.replaceAll("&", "&amp;").replaceAll('"', "&quot;").replaceAll("<", "&lt;");
}
