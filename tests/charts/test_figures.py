"""Dashboards and alert rules ask for metrics that there are, by labels and values that they have."""

import itertools
import json
import re
import unittest

import promql_parser as promql
import yaml

import dashboards as written_dashboards
import figures
from helm import CASES, CHART, only, render

RULES = CHART / "files/alerts.yaml"
DASHBOARDS = sorted((CHART / "files/dashboards").glob("*.json"))


def rules() -> list[dict]:
    return [rule for group in yaml.safe_load(RULES.read_text())["groups"] for rule in group["rules"]]


def panels(dashboard: dict) -> list[dict]:
    return [panel for panel in dashboard["panels"] if panel["type"] != "row"]


def dashboards() -> list[dict]:
    return [json.loads(path.read_text()) for path in DASHBOARDS]


def expressions() -> list[str]:
    """Everything that is asked for, by alerts, panels and variables."""
    found = [rule["expr"] for rule in rules()]
    for dashboard in dashboards():
        found += [target["expr"] for panel in panels(dashboard) for target in panel["targets"]]
        for variable in dashboard["templating"]["list"]:
            found += re.findall(r"label_values\((.*), \w+\)", variable.get("definition", ""))
    return found


class Expressions(unittest.TestCase):
    def test_every_expression_is_promql(self):
        self.assertGreater(len(expressions()), 50)
        for expression in expressions():
            with self.subTest(expression):
                figures.parsed(expression)
        with self.assertRaises(ValueError):
            figures.parsed("rate(doorward_storage_available[5m]")

    def test_every_metric_exists(self):
        exported = figures.exported()
        for expression in expressions():
            for asked in figures.asked(figures.parsed(expression)):
                self.assertIn(asked.name, exported, expression)

    def test_every_label_exists(self):
        exported = figures.exported()
        for expression in expressions():
            tree = figures.parsed(expression)
            for asked in figures.asked(tree):
                labels = {name for name, _, _ in asked.matchers} | figures.grouped_by(tree)
                self.assertLessEqual(labels, exported[asked.name].labels, expression)

    def test_a_counter_is_asked_for_its_growth(self):
        for expression in expressions():
            for asked in figures.asked(figures.parsed(expression)):
                grows = asked.name.endswith(figures.GROWING)
                self.assertEqual(asked.is_range, grows, expression)

    def test_every_metric_is_shown_somewhere(self):
        exported = figures.exported()
        asked = [a for e in expressions() for a in figures.asked(figures.parsed(e))]
        shown = {exported[selector.name].metric for selector in asked}
        unseen = {series.metric for series in exported.values()} - shown
        self.assertEqual(unseen, set(), "give each a line in tests/charts/dashboards.py, and run it")


class Alerts(unittest.TestCase):
    def test_each_says_what_happens_and_what_to_do(self):
        names = [rule["alert"] for rule in rules()]
        self.assertEqual(len(names), len(set(names)))
        self.assertGreater(len(names), 10)
        for rule in rules():
            self.assertRegex(rule["alert"], r"^Doorward[A-Z][A-Za-z]+$")
            self.assertLessEqual(set(rule), {"alert", "expr", "for", "labels", "annotations"})
            self.assertRegex(rule.get("for", "0s"), r"^[0-9]+(s|m|h)$")
            self.assertIn(rule["labels"]["severity"], ("critical", "warning"))
            self.assertEqual(set(rule["annotations"]), {"summary", "description"})

    def test_each_names_only_labels_that_its_expression_leaves(self):
        exported = figures.exported()
        for rule in rules():
            tree = figures.parsed(rule["expr"])
            (first, *_) = figures.asked(tree)
            left = figures.grouped_by(tree) or exported[first.name].labels
            text = " ".join(rule["annotations"].values())
            self.assertLessEqual(set(re.findall(r"\$labels\.(\w+)", text)), left, rule["alert"])

    def test_the_operator_is_given_the_same_rules(self):
        given = only(render(CASES["three with everything"]), "PrometheusRule")["spec"]
        self.assertEqual(given, yaml.safe_load(RULES.read_text()))

    def test_the_monitor_finds_the_management_port_of_every_node(self):
        objects = render(CASES["three with everything"])
        monitor = only(objects, "ServiceMonitor")["spec"]
        found = [
            o
            for o in objects
            if o["kind"] == "Service" and monitor["selector"]["matchLabels"].items() <= o["metadata"]["labels"].items()
        ]
        self.assertEqual([o["metadata"]["name"] for o in found], ["doorward-nodes"])
        ports = [port["name"] for port in found[0]["spec"]["ports"]]
        self.assertEqual([endpoint["port"] for endpoint in monitor["endpoints"]], ports)


class Dashboards(unittest.TestCase):
    def test_they_are_what_is_written_down(self):
        committed = {path.name: path.read_text() for path in DASHBOARDS}
        self.assertEqual(committed, written_dashboards.texts(), "python3 tests/charts/dashboards.py writes them")

    def test_every_panel_says_what_it_shows_and_asks_the_chosen_source(self):
        for dashboard in dashboards():
            ids = [panel["id"] for panel in dashboard["panels"]]
            self.assertEqual(len(ids), len(set(ids)))
            for panel in panels(dashboard):
                self.assertTrue(panel["title"] and panel["description"], panel["id"])
                for asker in [panel, *panel["targets"]]:
                    self.assertEqual(asker["datasource"]["uid"], "${datasource}", panel["title"])

    def test_every_panel_shows_the_nodes_that_were_chosen(self):
        for dashboard in dashboards():
            for panel in panels(dashboard):
                for target in panel["targets"]:
                    for asked in figures.asked(figures.parsed(target["expr"])):
                        chosen = {name for name, op, _ in asked.matchers if op == promql.MatchOp.Re}
                        self.assertEqual(chosen, {"job", "instance"}, panel["title"])
                    legend = set(re.findall(r"{{(\w+)}}", target["legendFormat"]))
                    left = figures.grouped_by(figures.parsed(target["expr"])) - {"le"}
                    self.assertEqual(legend, left, panel["title"])

    def test_no_two_panels_lie_over_each_other(self):
        def cells(panel: dict) -> set:
            at = panel["gridPos"]
            self.assertLessEqual(at["x"] + at["w"], 24)
            columns, rows = range(at["x"], at["x"] + at["w"]), range(at["y"], at["y"] + at["h"])
            return set(itertools.product(columns, rows))

        for dashboard in dashboards():
            for one, other in itertools.combinations(dashboard["panels"], 2):
                self.assertFalse(cells(one) & cells(other), (one["title"], other["title"]))

    def test_grafana_finds_each_in_a_map_of_its_own(self):
        objects = render(CASES["single with everything"])
        for path in DASHBOARDS:
            found = only(objects, "ConfigMap", f"doorward-{path.stem}")
            self.assertEqual(found["metadata"]["labels"]["grafana_dashboard"], "1")
            self.assertEqual(json.loads(found["data"][path.name]), json.loads(path.read_text()))
