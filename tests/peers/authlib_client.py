"""The whole life of a sign-in with Authlib: its own requests and verification; the pages by a plain browser.

Takes what `doorward dev --print json` printed on stdin, and as its argument which client it is.
"""

import json
import os
import sys
from urllib.parse import parse_qs, urlsplit

provider = json.load(sys.stdin)
if provider["issuer"].startswith("http:"):
    # Read by Authlib when it is imported and used: without it, it refuses plain http.
    os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.base_client import BaseApp, OAuth2Mixin, OAuthError, OpenIDMixin  # noqa: E402
from authlib.integrations.requests_client import OAuth2Session  # noqa: E402
from authlib.oauth2.rfc7523 import ClientSecretJWT, PrivateKeyJWT  # noqa: E402
from authlib.oidc.core import CodeIDToken  # noqa: E402
from authlib.oidc.discovery import OpenIDProviderMetadata, get_well_known_url  # noqa: E402
from authlib.oidc.rpinitiated import OpenIDProviderMetadata as LogoutMetadata  # noqa: E402
from joserfc.jwk import ECKey  # noqa: E402
from requests import HTTPError  # noqa: E402

from plain_browser import PlainBrowser  # noqa: E402

REDIRECT_URI = "https://app.example/callback"
ON_A_DEVICE = "http://127.0.0.1:5555/callback"
AFTER_LOGOUT = "http://127.0.0.1/"
STANDARD_CLAIMS = """
    name given_name family_name middle_name nickname preferred_username profile picture website email email_verified
    gender birthdate zoneinfo locale phone_number phone_number_verified address updated_at
""".split()
MAX_AGE = 600


class RelyingParty(OAuth2Mixin, OpenIDMixin, BaseApp):
    """Authlib's client, put together as its integrations for web frameworks do."""

    client_cls = OAuth2Session

    def _on_update_token(self, token, refresh_token=None, access_token=None):
        """Nothing is kept here: each step says which tokens it uses."""


def says(promise):
    print(f"ok: {promise}", flush=True)


def private_key(client):
    return client["client_id"], ECKey.import_key(client["key"])


def relying_party(kind):
    client_id, client_secret, method = {
        "confidential": lambda: (provider["client_id"], provider["client_secret"], "client_secret_basic"),
        "public": lambda: (provider["public_client_id"], None, "none"),
        "private_key_jwt": lambda: (*private_key(provider[kind]), kind),
        "client_secret_jwt": lambda: (provider[kind]["client_id"], provider[kind]["client_secret"], kind),
    }[kind]()
    headers = {"kid": provider[kind]["kid"]} if kind == "private_key_jwt" else None
    return RelyingParty(
        framework=None,
        client_id=client_id,
        client_secret=client_secret,
        server_metadata_url=get_well_known_url(provider["issuer"], external=True),
        client_auth_methods=[PrivateKeyJWT(headers=headers, alg="ES256"), ClientSecretJWT()],
        client_kwargs={
            "scope": "openid profile email address phone",
            "token_endpoint_auth_method": method,
            # Basic, where nothing is said.
            "revocation_endpoint_auth_method": method,
            "code_challenge_method": "S256",
            "verify": trusted(),
            # An authority or a proxy of the environment goes before what is given here.
            "trust_env": False,
            "default_timeout": 30,
        },
    )


def trusted():
    """The one authority that is believed over https."""
    return provider["ca_file"] or True


def redeem(app, asked, location, redirect_uri=REDIRECT_URI):
    """Exchanges a code; Authlib compares `state`, and `iss` is compared here (RFC 9207)."""
    answer = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
    assert answer.get("iss") == provider["issuer"], location
    if "error" in answer:
        raise OAuthError(answer["error"], answer.get("error_description"))
    return app.fetch_access_token(
        redirect_uri=redirect_uri,
        authorization_response=location,
        state=asked["state"],
        code_verifier=asked["code_verifier"],
    )


def verified(app, asked, tokens):
    """The claims of the ID token: signature by JWKS, issuer, audience, lifetime, nonce and at_hash."""
    options = {
        "iss": {"essential": True, "value": provider["issuer"]},
        "aud": {"essential": True, "value": app.client_id},
        "nonce": {"essential": True},
        "auth_time": {"essential": True},
        "at_hash": {"essential": True},
    }
    return app.parse_id_token(tokens, asked["nonce"], claims_options=options, claims_cls=CodeIDToken, leeway=5)


def sign_in(app, browser, **parameters):
    """Signs in through the pages, up to the application's address."""
    asked = app.create_authorization_url(REDIRECT_URI, **parameters)
    login = browser.open(asked["url"])
    assert login.id == "login-page", login.describe()
    credentials = {"username": provider["username"], "password": provider["password"]}
    page = browser.press(login, "login-submit", **credentials)
    if page.id == "consent-page":
        page = browser.press(page, "consent-allow")
    assert page.location, page.describe()
    return asked, page.location


def silently(app, browser, redirect_uri=REDIRECT_URI):
    """Asks without a page; the answer comes at once."""
    asked = app.create_authorization_url(redirect_uri, prompt="none")
    page = browser.open(asked["url"])
    assert page.location, page.describe()
    return asked, page.location


def refresh(app, refresh_token):
    metadata = app.load_server_metadata()
    with app._get_oauth_client(**metadata) as session:
        return session.refresh_token(metadata["token_endpoint"], refresh_token=refresh_token)


def is_refused(error, call, *arguments):
    try:
        given = call(*arguments)
    except OAuthError as refused:
        assert refused.error == error, refused
    else:
        raise AssertionError(f"expected {error}, but was given {sorted(given)}")


def is_dead(app, tokens):
    try:
        app.userinfo(token=tokens)
    except HTTPError as refused:
        assert refused.response.status_code == 401, refused
    else:
        raise AssertionError("userinfo answers to a token that was revoked")


def refreshes(app, tokens):
    fresh = refresh(app, tokens["refresh_token"])
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert fresh["access_token"] != tokens["access_token"]
    app.userinfo(token=fresh)
    says("a refresh gives another refresh token and an access token that works")

    again = refresh(app, tokens["refresh_token"])
    assert again["refresh_token"] == fresh["refresh_token"]
    says("whoever lost the answer and asks again in time is given the same successor")

    assert refresh(app, fresh["refresh_token"])["refresh_token"] != fresh["refresh_token"]
    says("the successor refreshes too")


def is_asked_for_on_a_device(app, browser):
    """Any program of the machine could listen there, and a public client has nothing to prove who it is with."""
    is_refused("consent_required", redeem, app, *silently(app, browser, ON_A_DEVICE))
    for time in ["first", "second"]:
        asked = app.create_authorization_url(ON_A_DEVICE)
        page = browser.open(asked["url"])
        assert page.id == "consent-page", f"{time} time: {page.describe()}"
        allowed = browser.press(page, "consent-allow")
        verified(app, asked, redeem(app, asked, allowed.location, ON_A_DEVICE))
    says("on a device the person is asked each time, and prompt=none answers consent_required")


def codes_work_once(app, browser):
    asked, location = silently(app, browser)
    tokens = redeem(app, asked, location)
    is_refused("invalid_grant", redeem, app, asked, location)
    is_dead(app, tokens)
    is_refused("invalid_grant", refresh, app, tokens["refresh_token"])
    says("a code that is used again gives nothing, and takes back what it gave before")


def at(endpoint, app, token):
    """What an endpoint beside the token endpoint answers to the client about a token."""
    metadata = app.load_server_metadata()
    with app._get_oauth_client(**metadata) as session:
        call = {"introspection": session.introspect_token, "revocation": session.revoke_token}[endpoint]
        return call(metadata[f"{endpoint}_endpoint"], token=token)


def takes_back(app, browser, kind):
    asked, location = silently(app, browser)
    tokens = redeem(app, asked, location)
    fresh = refresh(app, tokens["refresh_token"])
    assert at("revocation", app, tokens["access_token"]).status_code == 200
    is_dead(app, tokens)
    app.userinfo(token=fresh)
    says("an access token that is revoked goes alone")

    told = at("introspection", app, fresh["access_token"])
    if kind == "public":
        assert told.status_code == 401, told.text
    else:
        assert told.json()["active"] is True and told.json()["iss"] == provider["issuer"], told.text
        assert at("introspection", app, tokens["access_token"]).json() == {"active": False}
    assert at("revocation", app, fresh["refresh_token"]).status_code == 200
    is_dead(app, fresh)
    is_refused("invalid_grant", refresh, app, fresh["refresh_token"])
    if kind != "public":
        assert at("introspection", app, fresh["refresh_token"]).json() == {"active": False}
    says("a refresh token that is revoked takes everything with it")


def logs_out(app, browser, tokens):
    out = app.create_logout_url(post_logout_redirect_uri=AFTER_LOGOUT, id_token_hint=tokens["id_token"])
    page = browser.open(out["url"])
    assert page.location == f"{AFTER_LOGOUT}?state={out['state']}", page.describe()
    says("a logout with the ID token asks nothing and comes back with its state")

    is_refused("login_required", redeem, app, *silently(app, browser))
    says("after it, prompt=none answers login_required")

    is_dead(app, tokens)
    is_refused("invalid_grant", refresh, app, tokens["refresh_token"])
    says("tokens that were given for the session end with it")

    login = browser.open(app.create_authorization_url(REDIRECT_URI)["url"])
    assert login.id == "login-page", login.describe()
    says("and the next sign-in asks for the password")


def main(kind):
    app = relying_party(kind)
    metadata = app.load_server_metadata()
    OpenIDProviderMetadata(metadata).validate(metadata_classes=[LogoutMetadata])
    assert metadata["issuer"] == provider["issuer"]
    says("discovery is read and valid")

    browser = PlainBrowser([REDIRECT_URI, ON_A_DEVICE, AFTER_LOGOUT], trusted())
    asked, location = sign_in(app, browser, max_age=MAX_AGE)
    tokens = redeem(app, asked, location)
    claims = verified(app, asked, tokens)
    says("the code becomes tokens; the ID token is verified by signature, nonce, audience and at_hash")

    userinfo = app.userinfo(token=tokens)
    assert userinfo["sub"] == claims["sub"]
    missing = [name for name in STANDARD_CLAIMS if name not in userinfo]
    assert not missing, missing
    says("userinfo tells every standard claim, of the same person")

    refreshes(app, tokens)

    asked, location = silently(app, browser)
    silent = verified(app, asked, redeem(app, asked, location))
    assert (silent["sub"], silent["auth_time"]) == (claims["sub"], claims["auth_time"])
    says("prompt=none gives a code while the session lives")

    if kind == "public":
        is_asked_for_on_a_device(app, browser)

    asked, location = sign_in(app, browser, prompt="login")
    tokens = redeem(app, asked, location)
    again = verified(app, asked, tokens)
    assert again["sub"] == claims["sub"] and again["auth_time"] >= claims["auth_time"]
    says("prompt=login asks again although the session lives")

    codes_work_once(app, browser)
    takes_back(app, browser, kind)
    logs_out(app, browser, tokens)


if __name__ == "__main__":
    main(sys.argv[1])
