"""Every command line of the documentation, run as it stands there: each of them does what its operation says.

Takes what `doorward dev --print json` printed on stdin. What the lines call by a variable is made first: a client with a
secret, an account, an operator, somebody who has signed in, somebody who failed to.
"""

import base64
import hashlib
import json
import os
import re
import subprocess
import sys
from urllib.parse import parse_qs, urlencode, urlsplit

import requests

from plain_browser import PlainBrowser

REDIRECT_URI = "https://app.example/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
# Looks come before changes, and what takes away comes last.
METHODS = ["get", "post", "put", "delete"]
# What would take the ground from under the lines after it.
LATE = ["rotate_operator_token", "replace_settings", "restore_settings_version", "revoke"]
# Each is new, and the second of two would be refused: the example is somebody's already.
ONCE_MADE = {"create_account": 201, "create_client": 201, "create_operator": 201, "create_client_secret": 201}

# No browser keeps the cookie that it reads but over https.
ONLY_BY_HTTPS = ["check_session"]

provider = json.load(sys.stdin)
issuer = provider["issuer"]
session = requests.Session()
session.trust_env = False
session.headers["Authorization"] = f"Bearer {provider['admin_token']}"


def admin(method, path, body=None):
    answer = session.request(method, f"{issuer}/admin/v1{path}", json=body, headers={"If-Match": "*"}, timeout=30)
    assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
    return answer.json() if answer.text else None


def challenge():
    digest = hashlib.sha256(VERIFIER.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def ground():
    """The variables of all lines."""
    client = admin("POST", "/clients", {
        "client_name": "Command lines",
        "redirect_uris": [REDIRECT_URI],
        "token_endpoint_auth_method": "client_secret_basic",
        "grant_types": ["authorization_code", "client_credentials", "refresh_token"],
        "scope": "openid profile example:read",
        "consent": "skip",
    })
    secret = admin("POST", f"/clients/{client['client_id']}/secrets", {})
    admin("PUT", f"/clients/{client['client_id']}/settings", {})
    admin("PUT", "/settings", admin("GET", "/settings")["settings"])
    account = admin("POST", "/accounts", {"identifiers": ["commands@example.com"], "claims": {}})
    operator = admin("POST", "/operators", {"name": "Command lines", "permissions": ["clients:read"]})
    token = sign_in(client["client_id"], client["client_secret"])
    refused = requests.post(f"{issuer}/oauth2/userinfo", data={"access_token": "x"}, timeout=30)
    return {
        "ISSUER": issuer,
        "TOKEN": provider["admin_token"],
        "CLIENT_ID": client["client_id"],
        "CLIENT_SECRET": client["client_secret"],
        "SECRET_ID": secret["secret_id"],
        "REDIRECT_URI": REDIRECT_URI,
        "CODE_CHALLENGE": challenge(),
        "ACCESS_TOKEN": token,
        "ACCOUNT_ID": account["account_id"],
        "OPERATOR_ID": operator["operator_id"],
        "SESSION_ID": admin("GET", "/sessions")["items"][0]["session_id"],
        "LOCKOUT_ID": admin("GET", "/lockouts")["items"][0]["lockout_id"],
        "REQUEST_ID": refused.json()["refusal_id"],
        "NUMBER": "1",
    }


def sign_in(client_id, client_secret):
    """An access token of somebody who has signed in, after a wrong password."""
    asked = urlencode({
        "client_id": client_id,
        "redirect_uri": REDIRECT_URI,
        "response_type": "code",
        "scope": "openid profile",
        "code_challenge": challenge(),
        "code_challenge_method": "S256",
    })
    browser = PlainBrowser([REDIRECT_URI], provider["ca_file"] or True)
    page = browser.open(f"{issuer}/oauth2/authorize?{asked}")
    page = browser.press(page, "login-submit", username="nobody@example.com", password="wrong")
    page = browser.press(page, "login-submit", username=provider["username"], password=provider["password"])
    code = parse_qs(urlsplit(page.location).query)["code"][0]
    answer = requests.post(
        f"{issuer}/oauth2/token",
        auth=(client_id, client_secret),
        data={"grant_type": "authorization_code", "code": code, "redirect_uri": REDIRECT_URI, "code_verifier": VERIFIER},
        timeout=30,
    )
    return answer.json()["access_token"]


def lines():
    """Each operation with its command line, in the order in which they can be run."""
    document = requests.get(f"{issuer}/openapi.json", timeout=30).json()
    found = [
        (operation["operationId"], method, re.search(r"```sh\n(.*?)\n```", operation["description"], re.S)[1], path)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    ]
    # What applications call comes before what operators take back; of what is deleted the parts come before the whole.
    found.sort(key=lambda line: (METHODS.index(line[1]), line[3].startswith("/admin"), line[0] in LATE, -line[3].count("/"), line[0]))
    return [(operation, line) for operation, _, line, _ in found]


def main():
    environment = {**os.environ, **ground(), "no_proxy": "*"}
    red = 0
    for operation, line in lines():
        asked = f"{line} -o /dev/null -w '%{{http_code}}' --max-time 60"
        run = subprocess.run(["bash", "-euc", asked], env=environment, capture_output=True, text=True, check=False)
        is_there = issuer.startswith("https:") or operation not in ONLY_BY_HTTPS
        is_good = run.returncode == 0 and (run.stdout[:1] in ("2", "3") if is_there else run.stdout == "404")
        expected = ONCE_MADE.get(operation)
        is_good = is_good and (expected is None or run.stdout == str(expected))
        if not is_good:
            again = subprocess.run(["bash", "-euc", line], env=environment, capture_output=True, text=True, check=False)
            print(f"{operation}: {run.stdout} {run.stderr}\n{line}\n{again.stdout[:400]}")
            red += 1
    print(f"{len(lines())} command lines, {red} red")
    sys.exit(1 if red else 0)


main()
