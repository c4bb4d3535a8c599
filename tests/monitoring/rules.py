"""Reads alerts.yaml and dashboard.json as far as they are written here, and takes PromQL apart."""

from __future__ import annotations

import dataclasses
import re
from typing import Any, Iterator

METRIC = re.compile(r"\b((?:mqttzoo|process)_[a-z0-9_]+|up)\b")
MATCHER = re.compile(r"\{([^}]*)\}")
WINDOW = re.compile(r"\[([^\]]*)\]")
AGGREGATION = re.compile(r"\b(?:sum|min|max|avg|count|group|stddev|stdvar|topk|bottomk|quantile|count_values)\b\s*(?:(by|without)\s*\(([^)]*)\)\s*)?\(")
GROUPING = re.compile(r"\b(?:by|without)\s*\(([^)]*)\)")


@dataclasses.dataclass
class Rule:
    name: str
    expression: str = ""
    severity: str = ""
    wait: str = ""  # how long it must hold before it fires
    annotations: dict[str, str] = dataclasses.field(default_factory=dict)


def read_rules(text: str) -> list[Rule]:
    """The few forms of YAML that alerts.yaml uses; a line that has another form is an error."""
    rules: list[Rule] = []
    for line in text.splitlines():
        stripped = line.strip()
        if not stripped or stripped.startswith("#") or stripped in ("groups:", "rules:", "annotations:", "- name: mqttzoo"):
            continue
        key, _, value = stripped.removeprefix("- ").partition(": ")
        if key == "alert":
            rules.append(Rule(value))
        elif key == "expr":
            rules[-1].expression = value
        elif key == "labels":
            rules[-1].severity = value.removeprefix("{severity: ").removesuffix("}")
        elif key in ("summary", "action"):
            if not (value.startswith('"') and value.endswith('"')):
                raise ValueError(f"not in quotes: {line}")
            rules[-1].annotations[key] = value[1:-1]
        elif key == "for":
            rules[-1].wait = value
        else:
            raise ValueError(f"not understood: {line}")
    return rules


def _walk(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, dict):
        for key, value in node.items():
            yield key, value
            yield from _walk(value)
    elif isinstance(node, list):
        for value in node:
            yield from _walk(value)


def expressions_of_dashboard(dashboard: dict) -> list[str]:
    """Of panels, and of the variables on top."""
    found = [v for k, v in _walk(dashboard) if k == "expr"]
    for key, value in _walk(dashboard["templating"]):
        if key == "query" and isinstance(value, str) and value.startswith("label_values("):
            found.append(value.removeprefix("label_values(").rsplit(",", 1)[0])
    return found


def seconds_of(duration: str) -> int:
    number, unit = int(duration[:-1]), duration[-1]
    return number * {"s": 1, "m": 60, "h": 3600}[unit]


def windows_of(expression: str) -> list[int]:
    """The seconds that its rates look back."""
    return [seconds_of(w) for w in WINDOW.findall(expression)]


def metrics_of(expression: str) -> set[str]:
    return set(METRIC.findall(GROUPING.sub("", MATCHER.sub("", expression))))


def labels_of(expression: str) -> set[str]:
    found = set()
    for matcher in MATCHER.findall(expression):
        found.update(m.group(1) for m in re.finditer(r"([a-z_]+)\s*(?:=~|!~|!=|=)", matcher))
    for grouping in GROUPING.findall(expression):
        found.update(label.strip() for label in grouping.split(","))
    return found


def groupings_of(expression: str) -> list[set[str]]:
    """The labels that each of its aggregations keeps; none if it has no `by`."""
    return [{label.strip() for label in labels.split(",") if label.strip()} if how == "by" else set()
            for how, labels in AGGREGATION.findall(expression)]
