"""What values.schema.json says of `config`: doorward.toml's own schema, without the keys that the chart decides.

Run by itself it writes that part of the file; the checks compare it.
"""

import json
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CONFIG_SCHEMA = ROOT / "config/schema.json"
VALUES_SCHEMA = ROOT / "charts/doorward/values.schema.json"

# What templates/_config.tpl writes, and DOORWARD_NODE__NAME.
DECIDED = {
    "issuer": {"url"},
    "listen": {"address", "tls_certificate_file", "tls_key_file"},
    "management": {"listen"},
    "master_key": {"file", "value"},
    "node": {"name"},
    "storage": {"engine", "path"},
    "surreal": {"url", "username", "password", "password_file", "ca_file"},
}


def config_property() -> dict:
    """The property `config` of the values: every section that has a key left, and no other."""
    sections = {}
    for name, section in json.loads(CONFIG_SCHEMA.read_text())["properties"].items():
        decided = DECIDED.get(name, set())
        keys = {key: rule for key, rule in section["properties"].items() if key not in decided}
        if keys:
            sections[name] = {**section, "properties": keys}
    return {"additionalProperties": False, "properties": sections, "type": "object"}


def write() -> None:
    schema = json.loads(VALUES_SCHEMA.read_text())
    schema["properties"]["config"] = config_property()
    VALUES_SCHEMA.write_text(json.dumps(schema, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    write()
