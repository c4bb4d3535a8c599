"""Medians of paired rounds, ratios to the baseline, and the two forms of the report: Markdown and JSON."""

import statistics
from typing import Optional

from .measure import faults
from .scenarios import SCENARIOS, Scenario

# results[scenario name][broker name] is a list with one entry a round: the generator's answer, or None for a failure.
Results = dict[str, dict[str, list[Optional[dict]]]]
BY_NAME = {s.name: s for s in SCENARIOS}


def values(results: Results, scenario: Scenario, broker: str) -> list[Optional[float]]:
    """The measured value of each round, None where a run failed."""
    out = [None if r is None else scenario.measure(r) for r in results[scenario.name][broker]]
    if scenario.minus:
        less = values(results, BY_NAME[scenario.minus], broker)
        out = [None if a is None or b is None else (a - b) / scenario.per for a, b in zip(out, less)]
    return out


def median(numbers: list[Optional[float]]) -> Optional[float]:
    there = [n for n in numbers if n is not None]
    return statistics.median(there) if there else None


def ratio(results: Results, scenario: Scenario, broker: str, baseline: str) -> Optional[float]:
    """Median over the rounds of broker / baseline, each pair measured one after the other."""
    pairs = zip(values(results, scenario, broker), values(results, scenario, baseline))
    return median([a / b for a, b in pairs if a is not None and a > 0 and b is not None and b > 0])


def summary(results: Results, names: list[str], baseline: str) -> list[dict]:
    rows = []
    for scenario in (s for s in SCENARIOS if s.name in results):
        row = {"scenario": scenario.name, "title": scenario.title, "unit": scenario.unit,
               "ratio_max": scenario.ratio_max, "value_max": scenario.value_max, "brokers": {}}
        for name in names:
            runs = results[scenario.name][name]
            row["brokers"][name] = {
                "median": median(values(results, scenario, name)),
                "ratio": ratio(results, scenario, name, baseline) if baseline in names else None,
                "delivered_s": median([r.get("delivered_s") if r else None for r in runs]),
                "p50_us": median([r.get("p50_us") if r else None for r in runs]),
                "p99_us": median([r.get("p99_us") if r else None for r in runs]),
                "rss_kb": median([r.get("rss_peak_kb", r.get("rss_kb")) if r else None for r in runs]),
                "cpu_pct": median([r.get("broker_cpu_pct") if r else None for r in runs]),
                "faults": sorted({faults(r) if r else "the run failed" for r in runs} - {""}),
            }
        rows.append(row)
    return rows


def number(value: Optional[float]) -> str:
    if value is None:
        return "-"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def part(value: Optional[float]) -> str:
    """A ratio as people say it: 1/15.2 below one, 1.30 above."""
    if value is None:
        return "-"
    return f"1/{1 / value:.1f}" if 0 < value < 0.9995 else f"{value:.2f}"


def target(row: dict) -> str:
    if row["ratio_max"]:
        return f"≤ {part(row['ratio_max'])}"
    return f"≤ {number(row['value_max'])} {row['unit']}" if row["value_max"] else ""


def verdict(value: Optional[float], most: Optional[float]) -> str:
    if value is None or most is None:
        return ""
    return " ✓" if value <= most else " ✗"


def small_enough(row: dict, cell: dict) -> str:
    return verdict(cell["median"], row["value_max"])


def cheap_enough(row: dict, cell: dict) -> str:
    return verdict(cell["ratio"], row["ratio_max"])


def markdown(rows: list[dict], names: list[str], baseline: str) -> str:
    others = [n for n in names if n != baseline]
    head = ["scenario", "unit", *names, *[f"{n} : {baseline}" for n in others if baseline in names], "target"]
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    notes = []
    for row in rows:
        cells = [row["title"], row["unit"]]
        cells += [number(row["brokers"][n]["median"]) + small_enough(row, row["brokers"][n]) for n in names]
        if baseline in names:
            cells += [part(row["brokers"][n]["ratio"]) + cheap_enough(row, row["brokers"][n]) for n in others]
        lines.append("| " + " | ".join([*cells, target(row)]) + " |")
        notes += [f"- {n}, {row['scenario']}: {'; '.join(row['brokers'][n]['faults'])}"
                  for n in names if row["brokers"][n]["faults"]]
    speed = ["", "| scenario | " + " | ".join(f"{n}: delivered/s, p50, p99 µs, CPU %" for n in names) + " |",
             "|" + " --- |" * (len(names) + 1)]
    for row in rows:
        if any(row["brokers"][n]["delivered_s"] for n in names):
            cells = [", ".join(number(row["brokers"][n][k]) for k in ("delivered_s", "p50_us", "p99_us", "cpu_pct"))
                     for n in names]
            speed.append(f"| {row['title']} | " + " | ".join(cells) + " |")
    return "\n".join(lines + (speed if len(speed) > 3 else []) + (["", "Faults:", ""] + notes if notes else []))
