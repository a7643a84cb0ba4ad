"""That the doorward.toml which the chart writes is one, and says what the values say."""

import json
import re
import tomllib
import unittest

import jsonschema

import program
import schema
from helm import CASES, CHART, CONFIG, RELEASE, SINGLE, THREE, in_each_case, helm, over, render, toml, with_values


class TheFile(unittest.TestCase):
    @in_each_case
    def test_the_schema_of_the_configuration_accepts_it(self, _, objects):
        rules = json.loads(schema.CONFIG_SCHEMA.read_text())
        jsonschema.Draft202012Validator(rules).validate(tomllib.loads(toml(objects)))

    @in_each_case
    def test_doorward_finds_no_fault_in_it(self, _, objects):
        done = program.check(toml(objects), "doorward-0")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_doorward_finds_a_fault_where_there_is_one(self):
        text = toml(render(SINGLE))
        self.assertNotEqual(program.check(text + "\nunknown = 1\n", "doorward-0").returncode, 0)
        self.assertNotEqual(program.check(text, "a" * 33).returncode, 0)

    def test_every_value_arrives_as_it_was_given(self):
        written = tomllib.loads(toml(render(CASES["single with everything"])))
        for section, keys in CONFIG.items():
            for key, value in keys.items():
                arrived = written[section][key]
                self.assertEqual((type(arrived), arrived), (type(value), value), f"{section}.{key}")

    def test_a_value_that_is_taken_back_is_the_default(self):
        written = tomllib.loads(toml(render(over(SINGLE, {"config": {"log": {"format": None}}}))))
        self.assertNotIn("log", written)

    def test_text_cannot_become_another_key(self):
        odd = 'a"\n[log]\nlevel = "trace"\n\\'
        values = over(THREE, {"storage": {"surreal": {"username": odd}}})
        written = tomllib.loads(toml(render(values)))
        self.assertEqual(written["surreal"]["username"], odd)
        self.assertEqual(written["log"], {"format": "json"})

    def test_the_database_is_reached_as_the_values_say(self):
        surreal = tomllib.loads(toml(render(CASES["three with everything"])))["surreal"]
        expected = {
            "url": "wss://surrealdb.database.svc:8000",
            "namespace": "ours",
            "username": "doorward",
            "password_file": "/etc/doorward/database/password",
            "ca_file": "/etc/doorward/database-ca/ca.crt",
            "live": False,
            "deadline": "2s",
        }
        self.assertEqual(surreal, expected)
        plain = tomllib.loads(toml(render(CASES["three in clear text"])))["surreal"]
        self.assertNotIn("ca_file", plain)
        self.assertNotIn("surreal", tomllib.loads(toml(render(SINGLE))))


class TheValues(unittest.TestCase):
    def test_config_takes_every_key_that_the_chart_does_not_decide(self):
        written = json.loads(schema.VALUES_SCHEMA.read_text())["properties"]["config"]
        self.assertEqual(written, schema.config_property(), "python tests/charts/schema.py writes it")

    def test_every_table_of_the_schema_refuses_what_it_does_not_know(self):
        def tables(rule: object):
            if isinstance(rule, dict):
                if "properties" in rule:
                    yield rule
                for part in rule.values():
                    yield from tables(part)

        found = list(tables(json.loads(schema.VALUES_SCHEMA.read_text())))
        self.assertGreater(len(found), 30)
        for table in found:
            self.assertIs(table["additionalProperties"], False, list(table["properties"]))


class TheNotes(unittest.TestCase):
    def notes(self, values: dict) -> str:
        done = with_values(values, "install", RELEASE, str(CHART), "--dry-run=client")
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout.split("NOTES:\n", 1)[1]

    def test_they_name_commands_that_there_are(self):
        commands = re.findall(r"-- doorward (\w+)", self.notes(SINGLE))
        self.assertEqual(commands, ["bootstrap", "doctor"])
        for command in commands:
            done = program.run(command, "--help")
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn("--config", done.stdout)

    def test_they_warn_of_what_is_open(self):
        self.assertNotIn("WARNING", self.notes(THREE))
        said = self.notes(CASES["three in clear text"])
        self.assertIn("WARNING: without the network policy", said)
        self.assertIn("WARNING: config.surreal.danger_plain_ws", said)

    def test_they_hold_no_secret(self):
        values = CASES["three with everything"]
        for secret in (values["masterKey"]["value"], values["storage"]["surreal"]["password"]["value"]):
            self.assertNotIn(secret, self.notes(values))


class ThePackage(unittest.TestCase):
    def test_it_can_be_packed_and_shown(self):
        done = helm("show", "chart", str(CHART))
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("apiVersion: v2", done.stdout)

    def test_it_is_of_the_release_of_the_program(self):
        done = program.run("--version")
        (version,) = re.findall(r"\d+\.\d+\.\d+\S*", done.stdout)
        said = helm("show", "chart", str(CHART)).stdout
        self.assertIn(f"\nappVersion: {version}\n", said.replace('"', ""))
