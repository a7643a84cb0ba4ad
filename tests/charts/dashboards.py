"""What the dashboards show: every metric of docs/metrics.md, in rows of panels.

Run by itself it writes charts/doorward/files/dashboards; the checks compare it.
"""

import json
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / "charts/doorward/files/dashboards"

SOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOSEN = 'job=~"$job", instance=~"$instance"'
WIDTH = 24


def now(metric: str, by: str = "instance") -> str:
    """A gauge."""
    return f"sum by ({by}) ({metric}{{{CHOSEN}}})"


def rate(metric: str, by: str = "instance") -> str:
    """A counter, a second."""
    return f"sum by ({by}) (rate({metric}{{{CHOSEN}}}[$__rate_interval]))"


def count(metric: str, by: str = "instance", within: str = "$__rate_interval") -> str:
    """A counter, in one step of the panel or within another time."""
    return f"sum by ({by}) (increase({metric}{{{CHOSEN}}}[{within}]))"


def quantile(share: float, metric: str, by: str = "instance") -> str:
    """What this share of a histogram is faster than."""
    return f"histogram_quantile({share}, sum by ({by}, le) (rate({metric}_bucket{{{CHOSEN}}}[$__rate_interval])))"


def mean(metric: str) -> str:
    return f"{rate(metric + '_sum')} / {rate(metric + '_count')}"


def lines(title: str, description: str, unit: str, **asked: str) -> dict:
    """A panel of lines; each is named by the labels that it is asked by, and a word where there are several."""
    return _panel("timeseries", title, description, unit, asked) | {
        "options": {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    }


def number(title: str, description: str, steps: list, **asked: str) -> dict:
    """A panel of numbers, coloured from each step on."""
    panel = _panel("stat", title, description, "short", asked) | {
        "options": {
            "colorMode": "background",
            "graphMode": "none",
            "reduceOptions": {"calcs": ["lastNotNull"], "values": False},
            "textMode": "value_and_name",
        }
    }
    colours = [{"color": colour, "value": value} for value, colour in steps]
    panel["fieldConfig"]["defaults"]["thresholds"] = {"mode": "absolute", "steps": colours}
    return panel


def _panel(kind: str, title: str, description: str, unit: str, asked: dict) -> dict:
    targets = [
        {"refId": chr(ord("A") + at), "datasource": SOURCE, "expr": expression, "legendFormat": _legend(word, expression)}
        for at, (word, expression) in enumerate(asked.items())
    ]
    return {
        "type": kind,
        "title": title,
        "description": description,
        "datasource": SOURCE,
        "fieldConfig": {"defaults": {"unit": unit, "min": 0}, "overrides": []},
        "targets": targets,
    }


def _legend(word: str, expression: str) -> str:
    by = expression.split("sum by (", 1)[1].split(")", 1)[0].split(", ")
    labels = [f"{{{{{label}}}}}" for label in by if label != "le"]
    return " ".join([*labels, *([word.replace("_", " ")] if word != "_" else [])])


SIGN_INS = {
    "At a glance": [
        number("Storage", "1 while a node serves reads and commits.", [(None, "red"), (1, "green")], _=now("doorward_storage_available")),
        number("Locks that fell", "On accounts, addresses and unknown identifiers, in the time shown.", [(None, "green")], _=count("doorward_lockout_locks_total", "subject", "$__range")),
        number("Passwords that wait", "Sign-ins that wait for their hash at this moment.", [(None, "green"), (50, "orange"), (150, "red")], _=now("doorward_password_hashes_waiting")),
        number("Panics", "Requests answered 500 because of a bug, in the time shown.", [(None, "green"), (1, "red")], _=count("doorward_http_panics_total", "instance", "$__range")),
    ],
    "What became of it": [
        lines("Sign-ins", "By what they came to; those that a lock refused are among the attempts below.", "reqps", _=rate("doorward_sign_ins_total", "outcome")),
        lines("Tokens given", "Answers of the token endpoint that gave tokens.", "reqps", _=rate("doorward_tokens_issued_total", "grant_type")),
        lines("Refusals", "By the path that refused and the code that it gave.", "reqps", _=rate("doorward_refusals_total", "route, error")),
        lines("Answers, 99 of 100 faster than", "From the head of a request to its answer.", "s", _=quantile(0.99, "doorward_http_request_seconds", "route")),
        lines("Answers, half faster than", "From the head of a request to its answer.", "s", _=quantile(0.5, "doorward_http_request_seconds", "route")),
        lines("Answers", "By class of status; cut where a request was given up.", "reqps", _=rate("doorward_http_request_seconds_count", "class")),
        lines("Everything that happened", "By kind of act, as the audit log has it.", "reqps", _=rate("doorward_events_total", "act")),
        lines("Sessions ended", "By somebody, and why; those that timed out are not among them.", "reqps", _=rate("doorward_sessions_ended_total", "reason")),
        lines("Logouts told to clients", "By what came of it; what is not taken is tried again for a day.", "reqps", _=rate("doorward_backchannel_logouts_total", "outcome")),
        lines("How long clients take to hear of a logout", "What half of them, and 99 of 100, are faster than.", "s", half=quantile(0.5, "doorward_backchannel_logout_seconds"), most=quantile(0.99, "doorward_backchannel_logout_seconds")),
        lines("Remembered revocations", "What is kept so that it is refused, and live sessions, as one node counts them now and then.", "short", _=now("doorward_census_rows", "of")),
    ],
    "Attempts and passwords": [
        lines("Attempts to prove who one is", "Let through to be verified, refused because of a lock, or refused because they could not be counted.", "reqps", _=rate("doorward_lockout_admissions_total", "outcome")),
        lines("Locks", "By whom they fell on.", "reqps", _=rate("doorward_lockout_locks_total", "subject")),
        lines("Sessions presented", "Cookies whose session was found, is over, or is unknown.", "reqps", _=rate("doorward_sessions_found_total", "outcome")),
        lines("One hash", "What half of them, and 99 of 100, are faster than.", "s", half=quantile(0.5, "doorward_password_hash_seconds", "algorithm"), most=quantile(0.99, "doorward_password_hash_seconds", "algorithm")),
        lines("Hashes", "Each is one password that was typed, or changed.", "reqps", _=rate("doorward_password_hash_seconds_count")),
        lines("Hashed anew", "Because the policy has moved on since the password was set.", "reqps", _=rate("doorward_password_rehashes_total")),
        lines("Waiting and given up", "Passwords that wait, and those that nobody waited for any more.", "short", waiting=now("doorward_password_hashes_waiting"), given_up=count("doorward_password_hashes_skipped_total")),
    ],
    "Limits and refusals": [
        lines("Requests by limit", "Admitted, refused, or held back until the nodes' next exchange.", "reqps", _=rate("doorward_limits_requests_total", "policy, outcome")),
        lines("Sent away early", "Because too many wait, or no place became free in time.", "reqps", _=rate("doorward_limits_shed_total", "reason")),
        lines("Under way", "Requests that are being answered.", "short", _=now("doorward_limits_requests_in_flight")),
        lines("Counted", "Addresses, clients and accounts that a node counts.", "short", _=now("doorward_limits_keys")),
        lines("Exchanges of what was admitted", "Between nodes, by what they came to.", "reqps", _=rate("doorward_limits_exchanges_total", "instance, outcome")),
        lines("Refusals to look up", "Written for operators, and those that were not, by why.", "reqps", written=rate("doorward_refusals_written_total"), not_kept=rate("doorward_refusals_dropped_total", "reason")),
    ],
    "The border": [
        lines("Connections open", "That hold a place; those of the management port apart.", "short", _=now("doorward_http_connections_open", "instance, border")),
        lines("Connections refused", "Before their first request.", "reqps", _=rate("doorward_http_connections_refused_total", "reason")),
        lines("Requests cut by time", "While they were read, by a slow endpoint, or while the answer was written.", "reqps", _=rate("doorward_http_request_timeouts_total", "phase")),
        lines("Refused and broken", "Bodies over the limit, and panics.", "reqps", too_large=rate("doorward_http_bodies_too_large_total"), panicked=rate("doorward_http_panics_total")),
    ],
}

NODES = {
    "Storage": [
        lines("Available", "1 while reads and commits are served.", "none", _=now("doorward_storage_available")),
        lines("Commits, 99 of 100 faster than", "From taking a group of batches to its being durable.", "s", _=quantile(0.99, "doorward_storage_commit_seconds")),
        lines("Commits, half faster than", "From taking a group of batches to its being durable.", "s", _=quantile(0.5, "doorward_storage_commit_seconds")),
        lines("Commits", "Groups of batches made durable.", "wps", _=rate("doorward_storage_commit_seconds_count")),
        lines("Batches in one commit", "The more share one, the busier the store.", "short", _=mean("doorward_storage_group_batches")),
        lines("Refused", "Batches for which something did not hold: lost races, and second uses.", "wps", _=rate("doorward_storage_refused_total")),
        lines("Unknown and opened again", "Batches whose outcome had to be looked up, and attempts to open the store again.", "short", unknown=count("doorward_storage_unknown_total"), opened_again=count("doorward_storage_reopenings_total")),
        lines("Round trips", "Questions to the database.", "reqps", _=rate("doorward_storage_round_trips_total")),
        lines("Conflicts", "Commits that were tried again because another wrote the same.", "wps", _=rate("doorward_storage_conflicts_total")),
        lines("Connected again", "Attempts to connect to the database again.", "short", _=count("doorward_storage_reconnections_total")),
        lines("Expired rows removed", "By the janitor, and by its engine.", "wps", janitor=rate("doorward_janitor_rows_total"), engine=rate("doorward_storage_swept_rows_total")),
    ],
    "What nodes hear of each other": [
        lines("Changes may be unheard since", "Seconds, as of the last reading of the change log.", "s", _=now("doorward_feed_lag_seconds")),
        lines("Commits heard of", "Of any node, this one too.", "wps", _=rate("doorward_feed_changes_total")),
        lines("Readings of the change log", "By what they came to.", "reqps", _=rate("doorward_feed_polls_total", "instance, outcome")),
        lines("Everything forgotten", "At a start, and when changes were gone unread.", "short", _=count("doorward_feed_lost_total")),
    ],
    "Requests to addresses of clients": [
        lines("Sent", "By what they are for and what they came to: keys, pictures, logout tokens.", "reqps", _=rate("doorward_outgoing_requests_total", "purpose, outcome")),
        lines("99 of 100 faster than", "Until the answer is read, the wait for a place included.", "s", _=quantile(0.99, "doorward_outgoing_request_seconds", "purpose")),
        lines("Half faster than", "Until the answer is read, the wait for a place included.", "s", _=quantile(0.5, "doorward_outgoing_request_seconds", "purpose")),
    ],
    "Actors": [
        lines("Waiting", "Requests that are neither answered nor dropped.", "short", _=now("doorward_actor_waiting", "actor")),
        lines("Answers, 99 of 100 faster than", "From asking an actor to its answer.", "s", _=quantile(0.99, "doorward_actor_ask_seconds", "actor")),
        lines("Asked", "Requests that were answered.", "reqps", _=rate("doorward_actor_ask_seconds_count", "actor")),
        lines("Without an answer", "Because the actor was busy, took too long, or had stopped.", "reqps", _=rate("doorward_actor_unavailable_total", "actor, reason")),
        lines("Restarts", "Attempts to start an actor again after it died.", "short", _=count("doorward_actor_restarts_total", "instance, actor")),
        lines("Last uses written", "Of sessions, from the queue.", "wps", _=rate("doorward_sessions_last_seen_written_total")),
    ],
    "The process": [
        lines("Processor", "Seconds of processor time a second.", "none", _=rate("process_cpu_seconds_total")),
        lines("Memory", "Resident, and the address space.", "bytes", resident=now("process_resident_memory_bytes"), address_space=now("process_virtual_memory_bytes")),
        lines("Address space, at most", "0 is without limit.", "bytes", _=now("process_virtual_memory_max_bytes")),
        lines("File descriptors", "Open, and how many may be.", "short", open=now("process_open_fds"), at_most=now("process_max_fds")),
        lines("Threads", "Of the runtime, of hashing, of the store.", "short", _=now("process_threads")),
        lines("Started", "When each process started.", "dateTimeFromNow", _=f"1000 * {now('process_start_time_seconds')}"),
        lines("Steps of traces", "Made, told to the collector, or failed to be told; the rest waits or found the queue full.", "short", _=rate("doorward_traces_steps_total", "outcome")),
    ],
    "Keys, audit log, janitor": [
        lines("Signing keys", "By what each is doing; nodes of one installation must agree.", "short", _=now("doorward_signing_keys", "instance, state")),
        lines("Keys announced", "By the node that made them.", "short", _=count("doorward_signing_keys_announced_total")),
        lines("Audit log", "Events sealed into the chain of each node, and checkpoints signed over all chains.", "wps", events=rate("doorward_audit_entries_total"), checkpoints=rate("doorward_audit_checkpoints_total")),
        lines("Sweeps, 99 of 100 faster than", "One sweep of at most twenty pages.", "s", _=quantile(0.99, "doorward_janitor_sweep_seconds")),
        lines("Certificate read again", "After SIGHUP.", "short", _=count("doorward_http_certificate_reloads_total", "instance, outcome")),
    ],
}


def _variable(name: str, label: str, asked: str) -> dict:
    return {
        "name": name,
        "label": label,
        "type": "query",
        "datasource": SOURCE,
        "query": {"query": asked, "refId": "variable"},
        "definition": asked,
        "includeAll": True,
        "allValue": ".*",
        "multi": True,
        "current": {"text": "All", "value": "$__all"},
        "refresh": 2,
        "sort": 1,
    }


def _laid_out(rows: dict) -> list[dict]:
    """The panels with their places: three or four beside each other, as fills the row best."""
    placed, y = [], 0
    for title, panels in rows.items():
        placed.append({"type": "row", "title": title, "collapsed": False, "panels": [], "gridPos": {"h": 1, "w": WIDTH, "x": 0, "y": y}})
        y += 1
        beside = 4 if len(panels) % 4 == 0 else 3
        width = WIDTH // beside
        height = 5 if panels[0]["type"] == "stat" else 8
        for at, panel in enumerate(panels):
            place = {"h": height, "w": width, "x": at % beside * width, "y": y + at // beside * height}
            placed.append(panel | {"gridPos": place})
        y += -(-len(panels) // beside) * height
    return [{"id": at} | panel for at, panel in enumerate(placed, 1)]


def _dashboard(name: str, title: str, description: str, rows: dict) -> dict:
    source = {"name": "datasource", "label": "Source", "type": "datasource", "query": "prometheus", "current": {}}
    job = _variable("job", "Installation", "label_values(doorward_storage_available, job)")
    instance = _variable("instance", "Node", 'label_values(doorward_storage_available{job=~"$job"}, instance)')
    return {
        "uid": f"doorward-{name}",
        "title": title,
        "description": description,
        "tags": ["doorward"],
        "schemaVersion": 39,
        "version": 1,
        "editable": True,
        "graphTooltip": 1,
        "time": {"from": "now-6h", "to": "now"},
        "refresh": "30s",
        "templating": {"list": [source, job, instance]},
        "annotations": {"list": []},
        "links": [],
        "panels": _laid_out(rows),
    }


def texts() -> dict[str, str]:
    """The files and what is in them."""
    dashboards = {
        "nodes": ("Doorward: nodes", "What is inside: storage, actors, signing keys, the audit log, by node.", NODES),
        "sign-ins": ("Doorward: sign-ins", "What people and clients notice: whether they are let in, and how long it takes.", SIGN_INS),
    }
    return {
        f"{name}.json": json.dumps(_dashboard(name, *said), indent=2, ensure_ascii=False) + "\n"
        for name, said in dashboards.items()
    }


if __name__ == "__main__":
    for file, text in texts().items():
        (FOLDER / file).write_text(text)
