"""What the rendered objects promise: what is reached from where, as whom it runs, how it starts and stops."""

import hashlib
import re
import tomllib
import unittest

import jsonschema
import kubernetes_validate
import yaml

import definitions
import schema
from helm import (
    CASES,
    CHART,
    MASTER_KEY,
    PASSWORD,
    SINGLE,
    THREE,
    container,
    in_each_case,
    only,
    over,
    pod,
    render,
    stateful_set,
    toml,
    with_values,
)

# The oldest that Chart.yaml allows, and the newest whose schema is had.
KUBERNETES = ("1.30", "1.37")
RELEASE = {"app.kubernetes.io/name": "doorward", "app.kubernetes.io/instance": "doorward"}
NODES = {**RELEASE, "app.kubernetes.io/component": "node"}


class Manifests(unittest.TestCase):
    def test_helm_finds_nothing_to_complain_of(self):
        for name, values in CASES.items():
            with self.subTest(name):
                done = with_values(values, "lint", "--strict", str(CHART))
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    @in_each_case
    def test_kubernetes_knows_every_field(self, _, objects):
        ours = [o for o in objects if not o["apiVersion"].startswith("monitoring.coreos.com/")]
        self.assertGreaterEqual(len(ours), 5)
        for found in ours:
            for version in KUBERNETES:
                kubernetes_validate.validate(found, version, strict=True)

    def test_a_field_that_kubernetes_does_not_know_is_noticed(self):
        budget = only(render(SINGLE), "PodDisruptionBudget")
        wrong = over(budget, {"spec": {"maxUnavailabel": 1}})
        with self.assertRaises(kubernetes_validate.ValidationError):
            kubernetes_validate.validate(wrong, KUBERNETES[-1], strict=True)

    @in_each_case
    def test_the_operator_of_prometheus_knows_every_field(self, values, objects):
        theirs = [o for o in objects if o["apiVersion"].startswith("monitoring.coreos.com/")]
        self.assertEqual(len(theirs), 2 if "metrics" in values else 0)
        for found in theirs:
            definitions.validate(found)
            with self.assertRaises(jsonschema.ValidationError):
                definitions.validate(over(found, {"spec": {"unknown": 1}}))

    @in_each_case
    def test_every_selector_finds_the_pods(self, _, objects):
        labels = stateful_set(objects)["template"]["metadata"]["labels"]
        self.assertLessEqual(NODES.items(), labels.items())
        self.assertEqual(stateful_set(objects)["selector"]["matchLabels"], NODES)
        for found in objects:
            match found["kind"]:
                case "Service":
                    self.assertEqual(found["spec"]["selector"], NODES)
                case "PodDisruptionBudget":
                    self.assertEqual(found["spec"]["selector"]["matchLabels"], NODES)
                case "NetworkPolicy":
                    self.assertEqual(found["spec"]["podSelector"]["matchLabels"], RELEASE)
        for spread in pod(objects).get("topologySpreadConstraints", []):
            self.assertEqual(spread["labelSelector"]["matchLabels"], NODES)


class Secrets(unittest.TestCase):
    def test_a_secret_is_made_only_of_what_was_given(self):
        for name in ("single", "three", "three in clear text"):
            self.assertEqual([o for o in render(CASES[name]) if o["kind"] == "Secret"], [])
        both = [o for o in render(CASES["three with everything"]) if o["kind"] == "Secret"]
        given = [(o["metadata"]["name"], o["stringData"]) for o in both]
        expected = [("doorward-database", {"password": PASSWORD}), ("doorward-master-key", {"master-key": MASTER_KEY})]
        self.assertEqual(sorted(given), expected)

    def test_the_master_key_outlives_the_release_and_is_not_replaced(self):
        secret = only(render(CASES["single with everything"]), "Secret")
        self.assertEqual(secret["metadata"]["annotations"]["helm.sh/resource-policy"], "keep")
        self.assertIs(secret["immutable"], True)

    @in_each_case
    def test_no_secret_stands_anywhere_else(self, _, objects):
        others = yaml.safe_dump([o for o in objects if o["kind"] != "Secret"])
        self.assertNotIn(MASTER_KEY, others)
        self.assertNotIn(PASSWORD, others)
        for variable in container(objects)["env"]:
            self.assertNotIn("value", variable)
            self.assertNotIn("secretKeyRef", variable["valueFrom"])

    @in_each_case
    def test_secrets_are_files_that_only_the_group_may_read(self, _, objects):
        secrets = [v["secret"] for v in pod(objects)["volumes"] if "secret" in v]
        self.assertGreater(len(secrets), 0)
        for secret in secrets:
            self.assertEqual(secret["defaultMode"], 0o440)


class Reach(unittest.TestCase):
    @in_each_case
    def test_the_public_reaches_the_public_port_only(self, _, objects):
        (port,) = only(objects, "Service", "doorward")["spec"]["ports"]
        self.assertEqual(port["targetPort"], "public")
        (management,) = only(objects, "Service", "doorward-nodes")["spec"]["ports"]
        self.assertEqual(management["targetPort"], "management")
        self.assertEqual(only(objects, "Service", "doorward-nodes")["spec"]["clusterIP"], "None")
        self.assertEqual(len([o for o in objects if o["kind"] == "Service"]), 2)

    def test_the_ingress_leads_the_host_of_the_issuer_to_the_public_port(self):
        objects = render(CASES["single with everything"])
        spec = only(objects, "Ingress")["spec"]
        (rule,) = spec["rules"]
        self.assertEqual(rule["host"], "id.example.org")
        (path,) = rule["http"]["paths"]
        backend = path["backend"]["service"]
        self.assertEqual(backend, {"name": "doorward", "port": {"name": "public"}})
        self.assertEqual(spec["tls"], [{"hosts": ["id.example.org"], "secretName": "tls"}])

    def test_a_port_of_the_issuer_is_not_in_the_host_of_the_ingress(self):
        objects = render(over(SINGLE, {"issuer": "https://id.example.org:8443"}))
        (rule,) = only(objects, "Ingress")["spec"]["rules"]
        self.assertEqual(rule["host"], "id.example.org")

    @in_each_case
    def test_who_may_reach_what_is_told_apart(self, values, objects):
        if not values.get("networkPolicy", {}).get("enabled", True):
            self.assertEqual([o for o in objects if o["kind"] == "NetworkPolicy"], [])
            return
        spec = only(objects, "NetworkPolicy")["spec"]
        self.assertEqual(spec["policyTypes"], ["Ingress", "Egress"])
        public, management = spec["ingress"]
        self.assertEqual(public["from"], values["networkPolicy"]["public"]["from"])
        self.assertEqual([p["port"] for p in public["ports"]], ["public"])
        monitoring = {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}
        self.assertEqual(management["from"], [{"namespaceSelector": monitoring}])
        self.assertEqual([p["port"] for p in management["ports"]], ["management"])

    def test_one_node_on_a_volume_asks_nobody(self):
        self.assertEqual(only(render(SINGLE), "NetworkPolicy")["spec"]["egress"], [])

    def test_nodes_on_a_database_ask_it_and_for_its_name_and_nothing_else(self):
        names, database = only(render(THREE), "NetworkPolicy")["spec"]["egress"]
        self.assertEqual({(p["port"], p["protocol"]) for p in names["ports"]}, {(53, "UDP"), (53, "TCP")})
        self.assertTrue(all(names["to"]))
        self.assertEqual(database["ports"], [{"port": 8000, "protocol": "TCP"}])
        self.assertEqual(database["to"], THREE["networkPolicy"]["database"]["to"])

    def test_further_ways_out_are_those_that_were_given(self):
        values = CASES["single with everything"]
        _, further = only(render(values), "NetworkPolicy")["spec"]["egress"]
        self.assertEqual([further], values["networkPolicy"]["extraEgress"])

    def test_the_port_of_the_database_follows_its_url(self):
        for url, port in (("ws://a", 80), ("wss://a", 443), ("wss://[fd00::1]:9000", 9000), ("wss://[fd00::1]", 443)):
            given = {"storage": {"surreal": {"url": url}}, "config": {"surreal": {"danger_plain_ws": True}}}
            objects = render(over(THREE, given))
            _, database = only(objects, "NetworkPolicy")["spec"]["egress"]
            self.assertEqual(database["ports"][0]["port"], port, url)


class Confinement(unittest.TestCase):
    @in_each_case
    def test_it_is_not_root_and_has_no_right_that_it_does_not_need(self, _, objects):
        whole, own = pod(objects)["securityContext"], container(objects)["securityContext"]
        self.assertIs(whole["runAsNonRoot"], True)
        self.assertGreater(min(whole["runAsUser"], whole["runAsGroup"], whole["fsGroup"]), 0)
        for context in (whole, own):
            self.assertEqual(context["seccompProfile"], {"type": "RuntimeDefault"})
        self.assertIs(own["readOnlyRootFilesystem"], True)
        self.assertIs(own["allowPrivilegeEscalation"], False)
        self.assertIs(own["privileged"], False)
        self.assertEqual(own["capabilities"], {"drop": ["ALL"]})
        for host in ("hostNetwork", "hostPID", "hostIPC"):
            self.assertNotIn(host, pod(objects))

    @in_each_case
    def test_it_cannot_ask_the_cluster(self, _, objects):
        self.assertIs(pod(objects)["automountServiceAccountToken"], False)
        self.assertIs(only(objects, "ServiceAccount")["automountServiceAccountToken"], False)
        kinds = {o["kind"] for o in objects}
        self.assertFalse(kinds & {"Role", "RoleBinding", "ClusterRole", "ClusterRoleBinding"})

    @in_each_case
    def test_variables_of_other_objects_do_not_reach_it(self, _, objects):
        self.assertIs(pod(objects)["enableServiceLinks"], False)

    @in_each_case
    def test_it_writes_to_its_volume_only(self, _, objects):
        mounts = container(objects)["volumeMounts"]
        writable = [m["mountPath"] for m in mounts if not m.get("readOnly")]
        self.assertEqual(writable, ["/var/lib/doorward"])

    @in_each_case
    def test_every_volume_is_mounted_and_every_mount_has_its_volume(self, _, objects):
        volumes = [v["name"] for v in pod(objects)["volumes"]]
        claims = stateful_set(objects).get("volumeClaimTemplates", [])
        volumes += [claim["metadata"]["name"] for claim in claims]
        mounts = [m["name"] for m in container(objects)["volumeMounts"]]
        self.assertEqual(sorted(volumes), sorted(mounts))

    @in_each_case
    def test_every_file_that_is_configured_is_mounted(self, _, objects):
        mounts = [m["mountPath"] + "/" for m in container(objects)["volumeMounts"]]
        files = re.findall(r'"(/[^"]+)"', toml(objects)) + container(objects)["command"][-1:]
        self.assertGreater(len(files), 2)
        for file in files:
            self.assertTrue(any(file.startswith(mount) for mount in mounts), file)
        for volume in pod(objects)["volumes"]:
            if items := volume.get("secret", {}).get("items"):
                self.assertTrue(any(f.endswith("/" + items[0]["path"]) for f in files), volume)


class Life(unittest.TestCase):
    @in_each_case
    def test_probes_ask_the_management_port(self, _, objects):
        probes = {p: container(objects)[p]["httpGet"] for p in ("startupProbe", "livenessProbe", "readinessProbe")}
        live = {"path": "/health/live", "port": "management"}
        self.assertEqual(probes["startupProbe"], live)
        self.assertEqual(probes["livenessProbe"], live)
        self.assertEqual(probes["readinessProbe"], {"path": "/health/ready", "port": "management"})

    @in_each_case
    def test_ports_of_the_container_are_those_of_the_configuration(self, _, objects):
        config = tomllib.loads(toml(objects))
        ports = {p["name"]: p["containerPort"] for p in container(objects)["ports"]}
        (address,) = config["listen"]["address"]
        self.assertEqual(int(address.rsplit(":", 1)[1]), ports["public"])
        self.assertEqual(int(config["management"]["listen"].rsplit(":", 1)[1]), ports["management"])

    def test_a_pod_is_not_killed_before_it_has_drained(self):
        for drain, seconds in (("20s", 20), ("90s", 90), ("5m", 300), ("1500ms", 2), ("0s", 0)):
            objects = render(over(SINGLE, {"config": {"listen": {"drain": drain}}}))
            leave = container(objects)["lifecycle"]["preStop"]["sleep"]["seconds"]
            grace = pod(objects)["terminationGracePeriodSeconds"]
            self.assertEqual(grace, leave + seconds + 90, drain)
            self.assertGreater(leave, 0)

    def test_the_drain_that_is_counted_with_is_the_default_one(self):
        drain = yaml.safe_load(schema.CONFIG_SCHEMA.read_text())["properties"]["listen"]["properties"]["drain"]
        said = render(over(SINGLE, {"config": {"listen": {"drain": drain["default"]}}}))
        unsaid = pod(render(SINGLE))["terminationGracePeriodSeconds"]
        self.assertEqual(pod(said)["terminationGracePeriodSeconds"], unsaid)

    @in_each_case
    def test_nodes_are_updated_one_by_one(self, _, objects):
        spec = stateful_set(objects)
        self.assertEqual(spec["updateStrategy"], {"type": "RollingUpdate"})
        self.assertGreater(spec["minReadySeconds"], 0)

    def test_at_most_one_node_is_taken_away_at_once(self):
        for values in (SINGLE, THREE):
            self.assertEqual(only(render(values), "PodDisruptionBudget")["spec"]["maxUnavailable"], 1)
        held = over(SINGLE, {"disruptionBudget": {"maxUnavailable": 0}})
        self.assertEqual(only(render(held), "PodDisruptionBudget")["spec"]["maxUnavailable"], 0)

    def test_a_change_of_configuration_or_password_starts_the_nodes_again(self):
        def annotations(values: dict) -> dict:
            return stateful_set(render(values))["template"]["metadata"]["annotations"]

        before = CASES["three with everything"]
        self.assertEqual(annotations(before)["doorward/config"], hashlib.sha256(toml(render(before)).rstrip("\n").encode()).hexdigest())
        other = over(before, {"config": {"log": {"level": "warn"}}})
        self.assertNotEqual(annotations(before)["doorward/config"], annotations(other)["doorward/config"])
        other = over(before, {"storage": {"surreal": {"password": {"value": "another"}}}})
        self.assertNotEqual(annotations(before)["doorward/database"], annotations(other)["doorward/database"])


class Topologies(unittest.TestCase):
    def test_one_node_keeps_its_store_on_a_volume(self):
        spec = stateful_set(render(SINGLE))
        self.assertEqual(spec["replicas"], 1)
        (claim,) = spec["volumeClaimTemplates"]
        self.assertEqual(claim["metadata"]["name"], "data")
        self.assertEqual(claim["spec"]["resources"]["requests"]["storage"], "20Gi")
        self.assertNotIn("storageClassName", claim["spec"])
        kept = {"whenDeleted": "Retain", "whenScaled": "Retain"}
        self.assertEqual(spec["persistentVolumeClaimRetentionPolicy"], kept)

    def test_many_nodes_keep_nothing_and_stand_apart(self):
        objects = render(THREE)
        self.assertEqual(stateful_set(objects)["replicas"], 3)
        self.assertNotIn("volumeClaimTemplates", stateful_set(objects))
        (data,) = [v for v in pod(objects)["volumes"] if v["name"] == "data"]
        self.assertIn("emptyDir", data)
        spread = {s["topologyKey"]: s["whenUnsatisfiable"] for s in pod(objects)["topologySpreadConstraints"]}
        expected = {"kubernetes.io/hostname": "DoNotSchedule", "topology.kubernetes.io/zone": "ScheduleAnyway"}
        self.assertEqual(spread, expected)
        self.assertNotIn("topologySpreadConstraints", pod(render(SINGLE)))

    def test_a_node_has_the_name_of_its_pod(self):
        rule = yaml.safe_load(schema.CONFIG_SCHEMA.read_text())["properties"]["node"]["properties"]["name"]
        for values in (SINGLE, THREE, over(THREE, {"nodes": 99, "nameOverride": "a" * 29})):
            objects = render(values)
            (name,) = [v for v in container(objects)["env"] if v["name"] == "DOORWARD_NODE__NAME"]
            self.assertEqual(name["valueFrom"], {"fieldRef": {"fieldPath": "metadata.name"}})
            nodes = stateful_set(objects)["replicas"]
            for ordinal in range(nodes):
                self.assertRegex(f"{only(objects, 'StatefulSet')['metadata']['name']}-{ordinal}", rule["pattern"])

    def test_an_image_is_named_by_digest_tag_or_the_release(self):
        self.assertTrue(container(render(SINGLE))["image"].endswith("/doorward:0.1.0"))
        tagged = over(SINGLE, {"image": {"tag": "0.1.1"}})
        self.assertTrue(container(render(tagged))["image"].endswith("/doorward:0.1.1"))
        digest = CASES["single with everything"]
        self.assertIn("/doorward@sha256:", container(render(digest))["image"])


class Growing(unittest.TestCase):
    """From one node to several: the copy."""

    def setUp(self):
        self.objects = render(CASES["three before the copy"])
        self.job = only(self.objects, "Job")["spec"]["template"]

    def test_no_node_serves_before_the_copy_is_complete(self):
        self.assertEqual(stateful_set(self.objects)["replicas"], 0)
        self.assertEqual([o for o in render(THREE) if o["kind"] == "Job"], [])

    def test_the_copy_is_no_node(self):
        labels = self.job["metadata"]["labels"]
        self.assertFalse(NODES.items() <= labels.items())
        self.assertLessEqual(RELEASE.items(), labels.items(), "the network policy is about it too")

    def test_the_copy_may_do_no_more_than_a_node(self):
        (copying,) = self.job["spec"]["containers"]
        self.assertEqual(copying["securityContext"], container(self.objects)["securityContext"])
        for key in ("securityContext", "automountServiceAccountToken", "enableServiceLinks", "serviceAccountName"):
            self.assertEqual(self.job["spec"][key], pod(self.objects)[key])

    def test_it_reads_the_old_volume_and_the_configuration_of_the_nodes(self):
        volumes = {volume["name"]: volume for volume in self.job["spec"]["volumes"]}
        (copying,) = self.job["spec"]["containers"]
        mounts = {mount["name"]: mount["mountPath"] for mount in copying["volumeMounts"]}
        self.assertEqual(sorted(volumes), sorted(mounts))
        self.assertEqual(volumes["from"]["persistentVolumeClaim"], {"claimName": "data-single-0"})
        command = copying["command"]
        self.assertIn("--resume", command, "a second attempt goes on where the first was cut short")
        single = tomllib.loads(toml(render(SINGLE)))["storage"]["path"]
        (at,) = [m["mountPath"] for m in container(render(SINGLE))["volumeMounts"] if m["name"] == "data"]
        self.assertEqual(command[command.index("--data") + 1], single.replace(at, mounts["from"]))
        self.assertEqual(command[command.index("--to") + 1], container(self.objects)["command"][-1])
        self.assertEqual(volumes["config"], {v["name"]: v for v in pod(self.objects)["volumes"]}["config"])
