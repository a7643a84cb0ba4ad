"""What the Prometheus operator says its objects are: its own definitions, which tests/charts/install fetches."""

import functools
import os
from pathlib import Path

import jsonschema
import yaml

FILES = {"ServiceMonitor": "servicemonitors.yaml", "PrometheusRule": "prometheusrules.yaml"}


def folder() -> Path:
    found = Path(os.environ.get("CRDS", "crds"))
    if not all((found / file).is_file() for file in FILES.values()):
        raise RuntimeError("the operator's definitions are not there: tests/run fetches them, or name their folder in CRDS")
    return found


@functools.lru_cache(maxsize=None)
def _validator(kind: str) -> jsonschema.Draft202012Validator:
    definition = yaml.safe_load((folder() / FILES[kind]).read_text())
    (version,) = [v for v in definition["spec"]["versions"] if v["storage"]]
    return jsonschema.Draft202012Validator(_strict(version["schema"]["openAPIV3Schema"]))


def _strict(rule: object) -> object:
    """Without this a misspelt field is dropped by the cluster in silence."""
    if isinstance(rule, list):
        return [_strict(part) for part in rule]
    if not isinstance(rule, dict):
        return rule
    strict = {key: _strict(part) for key, part in rule.items()}
    if isinstance(rule.get("properties"), dict) and rule.get("type") == "object":
        # Of metadata the definition says nothing, as every object has it.
        strict.setdefault("additionalProperties", False)
    return strict


def validate(found: dict) -> None:
    """Raises jsonschema.ValidationError."""
    _validator(found["kind"]).validate(found)
