"""What the chart does not render, and that it says why."""

import unittest

from helm import CHART, MASTER_KEY, PASSWORD, SINGLE, THREE, Refused, over, render


class WhatIsRefused(unittest.TestCase):
    def refused(self, values: dict, *said: str, arguments: tuple = ()) -> str:
        with self.assertRaises(Refused) as caught:
            render(values, *arguments)
        text = str(caught.exception)
        for words in said:
            self.assertIn(words, text)
        return text

    def test_everything_that_is_missing_is_named_at_once(self):
        said = self.refused({}, "image.repository", "issuer", "masterKey", "tls.existingSecret")
        self.assertIn("networkPolicy.public.from", said)
        missing = ["storage.surreal.url", "storage.surreal.username", "storage.surreal.password"]
        self.refused({"storage": {"engine": "surreal"}}, *missing, "networkPolicy.database.to")

    def test_there_is_no_default_master_key(self):
        for values in (SINGLE, THREE):
            none = over(values, {"masterKey": {"existingSecret": ""}})
            self.refused(none, "masterKey: give exactly one")
            both = over(values, {"masterKey": {"existingSecret": "a", "value": MASTER_KEY}})
            self.refused(both, "masterKey: give exactly one")

    def test_there_is_no_default_password_of_the_database(self):
        def password(existing: str, value: str) -> dict:
            given = {"existingSecret": existing, "value": value}
            return over(THREE, {"storage": {"surreal": {"password": given}}})

        self.refused(password("", ""), "storage.surreal.password: give exactly one")
        self.refused(password("a", PASSWORD), "storage.surreal.password: give exactly one")

    def test_the_values_of_the_chart_hold_no_secret(self):
        text = (CHART / "values.yaml").read_text()
        self.assertEqual(text.count('value: ""'), 2)
        self.assertEqual(text.count("value:"), 2)

    def test_a_master_key_is_32_bytes(self):
        for value in (MASTER_KEY[:-1], MASTER_KEY + "A", MASTER_KEY[:-1] + "="):
            masterkey = {"masterKey": {"existingSecret": "", "value": value}}
            self.refused(over(SINGLE, masterkey), "/masterKey/value")

    def test_redb_is_for_one_node(self):
        self.refused(over(SINGLE, {"nodes": 2}), "nodes: redb is for one node")
        self.refused(over(SINGLE, {"copyFrom": {"claim": "data-a-0"}}), "copyFrom.claim")

    def test_passwords_do_not_cross_a_network_in_clear_text_unsaid(self):
        said = "tls.existingSecret, config.listen.forwarded_from"
        self.refused(over(SINGLE, {"config": {"listen": {"forwarded_from": []}}}), said)
        self.refused(over(THREE, {"tls": {"existingSecret": ""}}), said)
        self.refused(over(THREE, {"issuer": "http://id.example.org"}), "issuer: make it https")

    def test_the_password_of_the_database_does_not_either(self):
        plain = over(THREE, {"storage": {"surreal": {"url": "ws://surrealdb:8000"}}})
        self.refused(plain, "storage.surreal.url: use wss://")
        render(over(plain, {"config": {"surreal": {"danger_plain_ws": True}}}))

    def test_a_policy_without_peers_would_let_everybody_in(self):
        for peers in ("public", "management"):
            policy = {"networkPolicy": {peers: {"from": []}}}
            self.refused(over(THREE, policy), f"networkPolicy.{peers}.from")
        policy = {"networkPolicy": {"database": {"to": []}}}
        self.refused(over(THREE, policy), "networkPolicy.database.to")
        for rule in ({"to": [], "ports": [{"port": 1}]}, {"to": [{"ipBlock": {"cidr": "::/0"}}], "ports": []}):
            policy = {"networkPolicy": {"extraEgress": [rule]}}
            self.refused(over(THREE, policy), "/networkPolicy/extraEgress")

    def test_a_pod_whose_name_is_no_name_of_a_node_is_refused(self):
        render(over(SINGLE, {"nameOverride": "a" * 30}))
        self.refused(over(SINGLE, {"nameOverride": "a" * 31}), "/nameOverride")
        self.refused(over(THREE, {"nodes": 11, "nameOverride": "a" * 30}), "nameOverride")
        for name in ("1a", "a.b", "A", "a-"):
            self.refused(over(SINGLE, {"nameOverride": name}), "nameOverride")

    def test_memory_that_the_configuration_may_pass_is_refused(self):
        render(over(SINGLE, {"resources": {"limits": {"memory": "352Mi"}}}))
        little = {"resources": {"limits": {"memory": "351Mi"}}}
        self.refused(over(SINGLE, little), "resources.limits.memory: give at least 352Mi")
        render(over(THREE, {"resources": {"limits": {"memory": "320Mi"}}}))
        hashes = {"config": {"passwords": {"hash_memory_max": "2GiB"}}}
        self.refused(over(SINGLE, hashes), "give at least 2144Mi")

    def test_a_budget_that_lets_every_node_go_is_refused(self):
        render(over(THREE, {"disruptionBudget": {"maxUnavailable": 2}}))
        every = {"disruptionBudget": {"maxUnavailable": 3}}
        self.refused(over(THREE, every), "disruptionBudget.maxUnavailable")

    def test_one_port_is_not_for_both(self):
        self.refused(over(SINGLE, {"ports": {"management": 8080}}), "ports: give management")

    def test_one_authority_is_enough(self):
        ca = {"storage": {"surreal": {"ca": {"existingSecret": "a"}}}}
        self.refused(over(THREE, ca), "storage.surreal.ca")

    def test_a_misspelt_value_is_refused(self):
        for values in (
            {"imag": {}},
            {"image": {"tagg": "1"}},
            {"storage": {"surreal": {"usr": "a"}}},
            {"config": {"lissen": {}}},
            {"config": {"log": {"levle": "info"}}},
            {"networkPolicy": {"public": {"from": [{"namespaceSelektor": {}}]}}},
        ):
            self.refused(over(SINGLE, values), "additional properties")

    def test_what_the_chart_decides_is_not_configured_beside_it(self):
        for section, key, value in (
            ("listen", "address", ["0.0.0.0:1"]),
            ("listen", "tls_key_file", "/a"),
            ("management", "listen", "0.0.0.0:1"),
            ("master_key", "file", "/a"),
            ("node", "name", "a"),
            ("issuer", "url", "https://a"),
            ("storage", "path", "/a"),
            ("surreal", "password_file", "/a"),
        ):
            self.refused(over(SINGLE, {"config": {section: {key: value}}}), "additional properties")

    def test_a_value_outside_its_limits_is_refused(self):
        for values, where in (
            ({"nodes": 0}, "/nodes"),
            ({"issuer": "https://a/b"}, "/issuer"),
            ({"user": {"id": 0}}, "/user/id"),
            ({"config": {"lockout": {"failures_max": 0}}}, "/config/lockout/failures_max"),
            ({"config": {"listen": {"drain": "soon"}}}, "/config/listen/drain"),
            ({"storage": {"surreal": {"url": "http://a"}}}, "/storage/surreal/url"),
            ({"storage": {"surreal": {"url": "wss://root:root@a"}}}, "/storage/surreal/url"),
        ):
            self.refused(over(SINGLE, values), where)

    def test_a_cluster_without_the_pause_before_sigterm_is_refused(self):
        self.refused(SINGLE, "kubeVersion", arguments=("--kube-version", "1.29.9"))
        render(SINGLE, "--kube-version", "1.30.0")
