"""Whether the program does what its OpenAPI document says: schemathesis asks everything that the document allows, and much
that it does not. No answer is a 5xx, and none is one that the document does not have.

Takes what `doorward dev --print json` printed on stdin.
"""

import json
import os
import pathlib
import subprocess
import sys

EXAMPLES_MAX = 40

# What may take from us the right to ask on is asked last: limits for everybody, and what operators may do.
LAST = [
    "replace_settings",
    "restore_settings_version",
    "replace_operator",
    "rotate_operator_token",
    "delete_operator",
]

provider = json.load(sys.stdin)
here = pathlib.Path(__file__).parent
command = [
    pathlib.Path(sys.executable).parent / "schemathesis",
    f"--config-file={here / 'documented.toml'}",
    "run",
    f"{provider['issuer']}/openapi.json",
    f"--max-examples={EXAMPLES_MAX}",
    # The same questions each time: what is red once stays red until it is mended.
    "--seed=1",
    "--no-color",
    "--generation-database=none",
]
environment = {**os.environ, "DOORWARD_ADMIN_TOKEN": provider["admin_token"]}
for choice in ["--exclude-operation-id", "--include-operation-id"]:
    chosen = [argument for operation in LAST for argument in (choice, operation)]
    ended = subprocess.run([*command, *chosen], env=environment, cwd=os.environ["SCREENSHOTS"], check=False)
    if ended.returncode != 0:
        sys.exit(ended.returncode)
