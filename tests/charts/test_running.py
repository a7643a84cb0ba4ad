"""Processes that run with the configuration of the chart: as one node, and as three on a real SurrealDB."""

import re
import unittest

import promql_parser as promql

import figures
import program
from helm import CASES, SINGLE, container, only, over, render, toml
from test_figures import expressions

# What one node on a volume without a certificate does not export, and what nodes on SurrealDB do not.
NOT_ON_REDB = {
    "doorward_http_certificate_reloads_total",
    "doorward_storage_conflicts_total",
    "doorward_storage_reconnections_total",
    "doorward_storage_round_trips_total",
}
# What is counted is there from the first time on, and nothing of it happens before anybody comes.
ONCE_IT_HAPPENS = {
    "doorward_events_total",
    "doorward_password_rehashes_total",
    "doorward_refusals_total",
    "doorward_tokens_issued_total",
    "doorward_traces_steps_total",
}
NOT_ON_SURREAL = {
    "doorward_http_certificate_reloads_total",
    "doorward_storage_group_batches_count",
    "doorward_storage_group_batches_sum",
    "doorward_storage_reopenings_total",
}


def on_database(port: int) -> dict:
    place = {"url": f"ws://127.0.0.1:{port}", "username": "root"}
    return over(CASES["three in clear text"], {"storage": {"surreal": place}})


class Running(unittest.TestCase):
    def every_series_is_there(self, text: str, but: set):
        there = set()
        for name, labels in re.findall(r"^((?:doorward|process)_\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
            there.add(name)
            there |= {(name, label, value) for label, value in re.findall(r'(\w+)="([^"]*)"', labels)}
        missing = set()
        for expression in expressions():
            for asked in figures.asked(figures.parsed(expression)):
                if asked.name in but | ONCE_IT_HAPPENS:
                    continue
                if asked.name not in there:
                    missing.add(asked.name)
                    continue
                for label, op, value in asked.matchers:
                    if op == promql.MatchOp.Equal and (asked.name, label, value) not in there:
                        missing.add(f"{asked.name} with {label} {value}")
        self.assertEqual(sorted(missing), [])

    def test_probes_and_metrics_are_where_the_chart_says_and_nowhere_else(self):
        objects = render(SINGLE)
        probes = ("startupProbe", "livenessProbe", "readinessProbe")
        paths = {container(objects)[probe]["httpGet"]["path"] for probe in probes}
        monitor = only(render(CASES["single with everything"]), "ServiceMonitor")
        paths.add(monitor["spec"]["endpoints"][0]["path"])
        with program.serving(toml(objects), "doorward-0") as (node,):
            for path in sorted(paths):
                self.assertEqual(node.ask(node.management, path)[0], 200, path)
                self.assertEqual(node.ask(node.public, path)[0], 404, path)
            self.assertEqual(node.stop(), 0)

    def test_every_series_that_is_asked_for_is_there(self):
        with program.serving(toml(render(SINGLE)), "doorward-0") as (node,):
            # What tells of requests is there with the first of them.
            node.ask(node.public, "/oauth2/jwks")
            _, text = node.ask(node.management, "/metrics")
        self.every_series_is_there(text, NOT_ON_REDB)

    def test_three_nodes_start_at_once_on_a_database_that_is_empty(self):
        with program.database() as port:
            objects = render(on_database(port))
            with program.serving(toml(objects), "doorward-0", "doorward-1", "doorward-2") as nodes:
                for node in nodes:
                    path = container(objects)["readinessProbe"]["httpGet"]["path"]
                    self.assertEqual(node.ask(node.management, path)[0], 200)
                nodes[0].ask(nodes[0].public, "/oauth2/jwks")
                _, text = nodes[0].ask(nodes[0].management, "/metrics")
                self.every_series_is_there(text, NOT_ON_SURREAL)
                self.assertEqual([node.stop() for node in nodes], [0, 0, 0])

    def test_one_node_grows_to_three_by_the_job_of_the_chart(self):
        with program.place() as at, program.database() as port:
            with program.serving_in(at, toml(render(SINGLE)), "doorward-0") as process:
                node = program.heard(process)
                _, keys = node.ask(node.public, "/oauth2/jwks")
                self.assertEqual(node.stop(), 0)
            (at.root / "var/lib/doorward").rename(at.root / "var/lib/doorward-from")
            objects = render(over(on_database(port), {"copyFrom": {"claim": "data-doorward-0"}}))
            at.configure(toml(objects))
            (copying,) = only(objects, "Job")["spec"]["template"]["spec"]["containers"]
            done = program.run(*[at.inside(argument) for argument in copying["command"][1:]])
            self.assertEqual(done.returncode, 0, done.stderr)
            with program.serving(toml(objects), "many-0", "many-1", "many-2") as nodes:
                self.assertEqual([node.ask(node.public, "/oauth2/jwks")[1] for node in nodes], [keys] * 3)
