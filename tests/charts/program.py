"""Doorward itself, as it was built: what it says of a configuration, and a process that runs with it."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

from helm import MASTER_KEY, PASSWORD, ROOT

SECONDS_MAX = 60


def binary() -> str:
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    found = os.environ.get("DOORWARD", str(target / "debug/doorward"))
    if not Path(found).is_file():
        raise RuntimeError(f"{found} is not there: cargo build, or name one in DOORWARD")
    return found


def database_binary() -> str:
    cache = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
    built = cache / "doorward/target-database/debug/surrealdb-process"
    found = os.environ.get("SURREALDB_PROCESS", str(built))
    if not Path(found).is_file():
        raise RuntimeError(f"{found} is not there: tests/run builds it, or name one in SURREALDB_PROCESS")
    return found


def environment(**more: str) -> dict:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("DOORWARD")}
    return {**ours, **more}


def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [binary(), *arguments],
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
        env=environment(**variables),
    )


def check(toml: str, node: str) -> subprocess.CompletedProcess:
    """`doorward config check` of this file, in a pod of this name."""
    with tempfile.NamedTemporaryFile("w", suffix=".toml") as file:
        file.write(toml)
        file.flush()
        return run("config", "check", "--config", file.name, DOORWARD_NODE__NAME=node)


class Node:
    """A process that answers."""

    def __init__(self, process: subprocess.Popen, public: int, management: int):
        self.process = process
        self.public = public
        self.management = management

    def ask(self, port: int, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=SECONDS_MAX) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            return refused.code, ""

    def stop(self) -> int:
        """SIGTERM; the code it ends with."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(SECONDS_MAX)


@contextlib.contextmanager
def serving(toml: str, *names: str):
    """Nodes of these names that answer, started at once."""
    with contextlib.ExitStack() as stack:
        begun = [stack.enter_context(_begun(toml, name)) for name in names]
        yield [heard(process) for process in begun]


class Place:
    """A folder that stands for the root of a pod, with the secrets where they are mounted."""

    def __init__(self, directory: str):
        self.root = Path(directory)
        for mount in ("etc/doorward/master-key", "etc/doorward/database", "etc/doorward/config", "var/lib/doorward"):
            (self.root / mount).mkdir(parents=True)
        (self.root / "etc/doorward/master-key/key").write_text(MASTER_KEY + "\n")
        (self.root / "etc/doorward/database/password").write_text(PASSWORD + "\n")

    def inside(self, text: str) -> str:
        """The same paths below this folder, and ports that are free."""
        text = re.sub(r"(?<![\w.])/(etc|var)/", rf"{self.root}/\1/", text)
        return re.sub(r'"0\.0\.0\.0:\d+"', '"127.0.0.1:0"', text)

    def configure(self, toml: str) -> str:
        """Writes doorward.toml where the chart mounts it."""
        file = self.root / "etc/doorward/config/doorward.toml"
        file.write_text(self.inside(toml))
        return str(file)


@contextlib.contextmanager
def place():
    with tempfile.TemporaryDirectory() as directory:
        yield Place(directory)


@contextlib.contextmanager
def serving_in(at: Place, toml: str, node: str):
    """`doorward serve` with this file: the process, which may not answer yet."""
    command = [binary(), "serve", "--config", at.configure(toml)]
    variables = environment(DOORWARD_NODE__NAME=node)
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=variables) as process:
        try:
            yield process
        finally:
            process.kill()


@contextlib.contextmanager
def _begun(toml: str, node: str):
    with place() as at, serving_in(at, toml, node) as process:
        yield process


def heard(process: subprocess.Popen) -> Node:
    """Waits until it answers."""
    said = []
    for line in process.stderr:
        said.append(line)
        if "requests are answered" in line:
            told = json.loads(line)
            ports = [re.findall(r":(\d+)", told[key])[-1] for key in ("public", "management")]
            return Node(process, *map(int, ports))
    raise AssertionError("it did not start: " + "".join(said))


@contextlib.contextmanager
def database():
    """A SurrealDB of its own, of user root; its port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as directory:
        command = [database_binary(), "start", "--no-banner", "--bind", f"127.0.0.1:{port}"]
        command += ["--username", "root", "--password", PASSWORD, f"surrealkv://{directory}/rows"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            try:
                said = []
                for line in process.stdout:
                    said.append(line)
                    if "Started web server" in line:
                        break
                else:
                    raise AssertionError("the database did not start: " + "".join(said))
                # What it says further must go somewhere, or it would wait for its reader.
                threading.Thread(target=process.stdout.read, daemon=True).start()
                yield port
            finally:
                process.kill()
