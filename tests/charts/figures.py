"""The metrics that there are (docs/metrics.md), and which of them an expression asks for."""

import re
from dataclasses import dataclass

import promql_parser as promql

from helm import ROOT

# What Prometheus puts to every series, by how it finds whom to ask.
OF_THE_SCRAPE = {"job", "instance", "namespace"}

# What one name of docs/metrics.md is exported as.
SUFFIXES = {"histogram": {"_bucket": {"le"}, "_sum": set(), "_count": set()}}

# Asked in a range only, as their value since the start of a process says nothing.
GROWING = ("_total", "_bucket", "_sum", "_count")


@dataclass(frozen=True)
class Series:
    """A name at /metrics."""

    metric: str
    labels: frozenset


def exported() -> dict[str, Series]:
    """Every name that a query may ask for."""
    found = {}
    for line in (ROOT / "docs/metrics.md").read_text().splitlines():
        if not line.startswith("| `"):
            continue
        name, kind, labels, _ = [cell.strip() for cell in line.strip("|").split("|")]
        name = name.strip("`")
        own = set(re.findall(r"`(\w+)`", labels)) | OF_THE_SCRAPE
        for suffix, further in SUFFIXES.get(kind, {"": set()}).items():
            found[name + suffix] = Series(name, frozenset(own | further))
    return found


@dataclass(frozen=True)
class Asked:
    """A selector within an expression."""

    name: str
    matchers: tuple
    is_range: bool


def parsed(expression: str):
    """The expression, with what Grafana puts in its place before it asks.

    Raises ValueError where it is no PromQL.
    """
    expression = re.sub(r"\$__(rate_interval|range)", "5m", expression)
    return promql.parse(re.sub(r"\$(job|instance)\b", ".*", expression))


def asked(node) -> list[Asked]:
    """Every selector."""
    match node:
        case promql.VectorSelector():
            matchers = tuple((m.name, m.op, m.value) for m in node.matchers.matchers)
            return [Asked(node.name, matchers, False)]
        case promql.MatrixSelector():
            (inner,) = asked(node.vector_selector)
            return [Asked(inner.name, inner.matchers, True)]
    return [selector for child in children(node) for selector in asked(child)]


def grouped_by(node) -> set[str]:
    """Every label that something is grouped or joined by."""
    is_grouping = isinstance(node, promql.AggregateExpr) and node.modifier is not None
    own = set(node.modifier.labels) if is_grouping else set()
    return own.union(*(grouped_by(child) for child in children(node)))


def children(node) -> list:
    match node:
        case promql.BinaryExpr():
            return [node.lhs, node.rhs]
        case promql.AggregateExpr() | promql.ParenExpr() | promql.UnaryExpr() | promql.SubqueryExpr():
            return [node.expr]
        case promql.Call():
            return list(node.args)
        case promql.NumberLiteral() | promql.StringLiteral() | promql.VectorSelector() | promql.MatrixSelector():
            return []
    raise AssertionError(f"an expression of a kind that is not looked into: {node}")
