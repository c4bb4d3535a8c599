"""What a /metrics answer holds, in Prometheus' text format."""

from __future__ import annotations

import collections
import dataclasses
import http.client
import re

SAMPLE = re.compile(r'([a-z_][a-z0-9_]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'([a-z_]+)="((?:[^"\\]|\\.)*)"')


@dataclasses.dataclass
class Metrics:
    samples: dict[str, float] = dataclasses.field(default_factory=lambda: collections.defaultdict(float))  # summed over labels
    labels: dict[str, set[str]] = dataclasses.field(default_factory=lambda: collections.defaultdict(set))
    series: set[str] = dataclasses.field(default_factory=set)
    kinds: dict[str, str] = dataclasses.field(default_factory=dict)
    help: dict[str, str] = dataclasses.field(default_factory=dict)
    buckets: dict[str, list[float]] = dataclasses.field(default_factory=lambda: collections.defaultdict(list))  # by name and other labels


def read_metrics(host: str, port: int) -> Metrics:
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request("GET", "/metrics")
    text = connection.getresponse().read().decode()
    connection.close()
    return parse(text)


def parse(text: str) -> Metrics:
    found = Metrics()
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            found.kinds[name] = kind
        elif line.startswith("# HELP "):
            _, _, name, words = line.split(" ", 3)
            found.help[name] = words
        elif line:
            _add(found, line)
    return found


def _add(found: Metrics, line: str) -> None:
    match = SAMPLE.fullmatch(line)
    if not match:
        raise ValueError(f"no sample: {line}")
    name, labels, value = match.groups()
    pairs = dict(LABEL.findall(labels or ""))
    found.samples[name] += float(value)
    found.labels[name].update(pairs)
    found.series.add(line.rsplit(" ", 1)[0])
    if name.endswith("_bucket"):
        bound = float(pairs.pop("le"))
        others = ",".join(f'{k}="{v}"' for k, v in sorted(pairs.items()))
        found.buckets[name.removesuffix("_bucket") + (f"{{{others}}}" if others else "")].append(bound)
