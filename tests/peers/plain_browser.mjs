// A browser as plain as one can be: cookies, redirects, forms. It knows no provider and runs no scripts.

const REDIRECTS_MAX = 10;
const ANSWER_WITHIN_MS = 30_000;

const TAG = /<(\/?)([a-z][a-z0-9]*)((?:\s+[^\s=>"'/]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s>"']+))?)*)\s*\/?>/gi;
const ATTRIBUTE = /([^\s=>"'/]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+)))?/g;
const ENTITIES = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** What the browser stands on: a page, or an address at which it stopped because an application takes over there. */
export class Page {
  constructor(url, response, html) {
    this.url = url;
    this.status = response.status;
    this.location = null;
    this.html = html;
    this.tags = [...html.matchAll(TAG)].map(([, closes, name, attributes]) => ({
      name: name.toLowerCase(),
      closes: closes === "/",
      attributes: attributesOf(attributes),
    }));
    this.id = this.tags.find((tag) => tag.name === "body")?.attributes.id;
  }

  /** The form in which the button with this id stands: where it leads, what it sends, the button included. */
  form(buttonId) {
    let form = null;
    for (const { name, closes, attributes } of this.tags) {
      if (name === "form") {
        if (form?.hasButton) break;
        form = closes ? null : { ...attributes, fields: new Map(), ids: new Map(), hasButton: false };
      } else if (form && name === "input" && attributes.name) {
        const isUnchecked = attributes.type === "checkbox" && !("checked" in attributes);
        form.ids.set(attributes.id, attributes.name);
        if (!isUnchecked) form.fields.set(attributes.name, attributes.value ?? "");
      } else if (form && name === "button" && attributes.id === buttonId) {
        form.hasButton = true;
        if (attributes.name) form.fields.set(attributes.name, attributes.value ?? "");
      }
    }
    if (!form?.hasButton) throw new Error(`no form with the button ${buttonId} on ${this.describe()}`);
    return form;
  }

  describe() {
    if (this.location) return `the way to ${this.location}`;
    const text = this.html.replace(/<[^>]*>/g, " ").replace(/\s+/g, " ");
    return `${this.status} ${this.id ?? "a page without id"} at ${this.url}: ${text.slice(0, 500)}`;
  }
}

/** Follows redirects up to the addresses that begin with one of `applications`, which it does not open. */
export class PlainBrowser {
  #cookies = new Map();
  #applications;

  constructor(applications) {
    this.#applications = applications;
  }

  open(url) {
    return this.#go(new URL(url), { method: "GET" });
  }

  /** Fills in fields by their ids and presses the button. */
  press(page, buttonId, typed = {}) {
    const form = page.form(buttonId);
    for (const [id, text] of Object.entries(typed)) {
      if (!form.ids.has(id)) throw new Error(`no field ${id} on ${page.describe()}`);
      form.fields.set(form.ids.get(id), text);
    }
    const body = new URLSearchParams([...form.fields]);
    return this.#go(new URL(form.action ?? page.url, page.url), { method: form.method ?? "GET", body });
  }

  async #go(url, { method, body }) {
    for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects += 1) {
      const response = await fetch(url, {
        method: method.toUpperCase(),
        body,
        headers: { cookie: this.#cookiesFor(url), accept: "text/html" },
        redirect: "manual",
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const page = new Page(url.href, response, await response.text());
      this.#keep(url, response.headers.getSetCookie());
      const location = response.headers.get("location");
      if (!location) return page;
      if (response.status !== 303) throw new Error(`${response.status} from ${url} may repeat the POST at ${location}`);
      [url, method, body] = [new URL(location, url), "GET", undefined];
      if (this.#applications.some((application) => url.href.startsWith(application))) {
        page.location = url.href;
        return page;
      }
    }
    throw new Error(`more than ${REDIRECTS_MAX} redirects, the last one to ${url}`);
  }

  #cookiesFor(url) {
    const of = [...this.#cookies.values()].filter(({ host, secure }) => {
      return host === url.hostname && (!secure || url.protocol === "https:");
    });
    return of.map(({ name, value }) => `${name}=${value}`).join("; ");
  }

  #keep(url, headers) {
    for (const header of headers) {
      const [pair, ...attributes] = header.split(";").map((part) => part.trim());
      const [name, value] = [pair.slice(0, pair.indexOf("=")), pair.slice(pair.indexOf("=") + 1)];
      const has = (text) => attributes.some((attribute) => attribute.toLowerCase() === text);
      if (has("max-age=0")) this.#cookies.delete(name);
      else this.#cookies.set(name, { name, value, host: url.hostname, secure: has("secure") });
    }
  }
}

function attributesOf(text) {
  const read = [...text.matchAll(ATTRIBUTE)].map(([, name, ...values]) => {
    return [name.toLowerCase(), decoded(values.find((value) => value !== undefined) ?? "")];
  });
  return Object.fromEntries(read);
}

function decoded(text) {
  return text.replace(/&(?:#x([0-9a-f]+)|#([0-9]+)|([a-z]+));/gi, (whole, hex, decimal, name) => {
    if (name) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(hex ? Number.parseInt(hex, 16) : Number(decimal));
  });
}
