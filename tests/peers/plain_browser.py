"""A browser as plain as one can be: cookies, redirects, forms. It knows no provider and runs no scripts."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

REDIRECTS_MAX = 10
ANSWER_WITHIN_SECONDS = 30


@dataclass
class Form:
    """A form: where it leads, what it sends, and which button sends what more."""

    action: str
    method: str
    fields: dict = field(default_factory=dict)
    names: dict = field(default_factory=dict)
    buttons: dict = field(default_factory=dict)


class Page(HTMLParser):
    """What the browser stands on: a page, or an address at which it stopped because an application takes over there."""

    def __init__(self, response, location=None):
        super().__init__()
        self.url = response.url
        self.status = response.status_code
        self.location = location
        self.id = None
        self.forms = []
        self.words = []
        self._open = None
        self.feed(response.text)

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        if tag == "body":
            self.id = attributes.get("id")
        elif tag == "form":
            self._open = Form(attributes.get("action") or self.url, attributes.get("method") or "get")
            self.forms.append(self._open)
        elif tag == "input" and self._open and "name" in attributes:
            self._open.names[attributes.get("id")] = attributes["name"]
            if attributes.get("type") != "checkbox" or "checked" in attributes:
                self._open.fields[attributes["name"]] = attributes.get("value") or ""
        elif tag == "button" and self._open and "id" in attributes:
            pair = {attributes["name"]: attributes.get("value") or ""} if "name" in attributes else {}
            self._open.buttons[attributes["id"]] = pair

    def handle_endtag(self, tag):
        if tag == "form":
            self._open = None

    def handle_data(self, data):
        self.words.extend(data.split())

    def describe(self):
        """For who reads why a test failed."""
        if self.location:
            return f"the way to {self.location}"
        return f"{self.status} {self.id} at {self.url}: {' '.join(self.words)[:500]}"


class PlainBrowser:
    """Follows redirects up to the addresses that begin with one of `applications`, which it does not open."""

    def __init__(self, applications, verify):
        self.applications = applications
        self.session = requests.Session()
        self.session.verify = verify
        self.session.trust_env = False

    def open(self, url):
        return self._go("GET", url)

    def press(self, page, button_id, **typed):
        """Fills in fields by their ids and presses the button."""
        form = next((form for form in page.forms if button_id in form.buttons), None)
        assert form, f"no form with the button {button_id} on {page.describe()}"
        named = {form.names[field_id]: text for field_id, text in typed.items()}
        sent = {**form.fields, **form.buttons[button_id], **named}
        return self._go(form.method.upper(), urljoin(page.url, form.action), sent)

    def _go(self, method, url, sent=None):
        for _ in range(REDIRECTS_MAX):
            response = self.session.request(
                method, url, data=sent, allow_redirects=False, timeout=ANSWER_WITHIN_SECONDS
            )
            location = response.headers.get("Location")
            if not location:
                return Page(response)
            assert response.status_code == 303, f"{response.status_code} from {url} may repeat the POST at {location}"
            method, url, sent = "GET", urljoin(url, location), None
            if any(url.startswith(application) for application in self.applications):
                return Page(response, location=url)
        raise AssertionError(f"more than {REDIRECTS_MAX} redirects, the last one to {url}")
