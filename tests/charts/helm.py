"""The chart as helm renders it, for a matrix of values."""

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
CHART = ROOT / "charts/doorward"
EXAMPLES = ROOT / "charts/examples"
RELEASE = "doorward"

# Long enough for any machine; nothing here waits for anything but helm itself.
SECONDS_MAX = 120

IMAGE = {"image": {"repository": "registry.example/doorward"}}

MASTER_KEY = "bWFzdGVyLWtleS1vZi1hLXRlc3QtYW5kLW5vLW90aGU"
PASSWORD = "a password of a test"


def over(*layers: dict) -> dict:
    """Later layers over earlier ones, table by table, as helm lays values over each other."""
    merged: dict = {}
    for layer in layers:
        for key, value in layer.items():
            both = isinstance(value, dict) and isinstance(merged.get(key), dict)
            merged[key] = over(merged[key], value) if both else value
    return merged


def example(name: str) -> dict:
    return over(yaml.safe_load((EXAMPLES / f"{name}.yaml").read_text()), IMAGE)


SINGLE = example("single")
THREE = example("three")

# What Doorward would be given if everything were said, with a value of each type.
CONFIG = {
    "listen": {
        "forwarded_from": ["10.0.0.0/8", "fd00::/8"],
        "connections_max": 1000000,
        "drain": "90s",
        "danger_plain_http": False,
    },
    "lockout": {"failures_max": 5},
    "passwords": {"hash_memory_max": "1GiB", "bcrypt_cost_min": 12},
    "storage": {"cache_size": "64MiB"},
    "tokens": {"access_token_lifetime": "5m"},
    "keys": {"algorithms": ["RS256", "EdDSA"]},
    "log": {"format": "text", "level": "debug"},
}

EVERYTHING = {
    "ingress": {"enabled": True, "className": "public", "annotations": {"a": "b"}, "tlsSecret": "tls"},
    "metrics": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "rules": {"enabled": True, "labels": {"release": "prometheus"}},
        "dashboards": {"enabled": True},
    },
    "config": CONFIG,
    "resources": {"limits": {"memory": "2Gi"}},
    "masterKey": {"existingSecret": "", "value": MASTER_KEY},
    "bind": "[::]",
    "image": {"digest": "sha256:" + "0" * 64, "pullSecrets": ["pull"]},
    "podLabels": {"team": "identity"},
    "podAnnotations": {"note": "x"},
    "nodeSelector": {"disk": "ssd"},
    "tolerations": [{"key": "a", "operator": "Exists"}],
    "priorityClassName": "high",
}

CASES = {
    "single": SINGLE,
    "three": THREE,
    "single with everything": over(
        SINGLE,
        EVERYTHING,
        {
            "storage": {"volume": {"storageClassName": "fast", "accessMode": "ReadWriteOncePod"}},
            "service": {"type": "NodePort"},
            "networkPolicy": {
                "extraEgress": [
                    {"to": [{"ipBlock": {"cidr": "10.1.0.0/16"}}], "ports": [{"port": 25, "protocol": "TCP"}]}
                ]
            },
        },
    ),
    "three with everything": over(
        THREE,
        EVERYTHING,
        {
            "nodes": 5,
            "config": {"surreal": {"namespace": "ours", "live": False, "deadline": "2s"}},
            "storage": {
                "surreal": {
                    "password": {"existingSecret": "", "value": PASSWORD},
                    "ca": {"existingConfigMap": "", "existingSecret": "ca"},
                }
            },
        },
    ),
    "three before the copy": over(THREE, {"copyFrom": {"claim": "data-single-0"}}),
    "three in clear text": over(
        THREE,
        {
            "tls": {"existingSecret": ""},
            "config": {
                "listen": {"forwarded_from": ["10.0.0.0/8"]},
                "surreal": {"danger_plain_ws": True},
            },
            "storage": {"surreal": {"url": "ws://surrealdb", "ca": {"existingConfigMap": ""}}},
            "networkPolicy": {"enabled": False},
            "disruptionBudget": {"enabled": False},
        },
    ),
}


class Refused(Exception):
    """What helm said of values that it does not render."""


def binary() -> str:
    helm = os.environ.get("HELM") or shutil.which("helm")
    if not helm:
        raise RuntimeError("there is no helm: tests/run builds it, or name one in HELM")
    return helm


def helm(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), *arguments], capture_output=True, text=True, timeout=SECONDS_MAX, check=False
    )


def with_values(values: dict, *arguments: str) -> subprocess.CompletedProcess:
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values, file)
        file.flush()
        return helm(*arguments, "--values", file.name)


@functools.lru_cache(maxsize=None)
def _rendered(values: str, *arguments: str) -> str:
    done = with_values(json.loads(values), "template", RELEASE, str(CHART), *arguments)
    if done.returncode != 0:
        raise Refused(done.stderr)
    return done.stdout


def render(values: dict, *arguments: str) -> list[dict]:
    """Every object of the release.

    Raises Refused with what helm said.
    """
    text = _rendered(json.dumps(values), *arguments)
    return [document for document in yaml.safe_load_all(text) if document]


def only(objects: list[dict], kind: str, name: str | None = None) -> dict:
    """The one object of this kind, and name where there are several."""
    found = [o for o in objects if o["kind"] == kind and name in (None, o["metadata"]["name"])]
    if len(found) != 1:
        raise AssertionError(f"{len(found)} of {kind} {name or ''}")
    return found[0]


def stateful_set(objects: list[dict]) -> dict:
    return only(objects, "StatefulSet")["spec"]


def pod(objects: list[dict]) -> dict:
    return stateful_set(objects)["template"]["spec"]


def container(objects: list[dict]) -> dict:
    (found,) = pod(objects)["containers"]
    return found


def toml(objects: list[dict]) -> str:
    return only(objects, "ConfigMap", RELEASE)["data"]["doorward.toml"]


def in_each_case(promise):
    """A promise about one rendering, asked of each of the matrix."""

    @functools.wraps(promise)
    def asked(test):
        for name, values in CASES.items():
            with test.subTest(name):
                promise(test, values, render(values))

    return asked
