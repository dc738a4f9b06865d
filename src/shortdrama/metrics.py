"""Counters of this process, in the text form that Prometheus reads.

https://prometheus.io/docs/instrumenting/exposition_formats/ (text, version 0.0.4). Names and
labels are few and fixed: no take, person or address is ever a label.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_lock = threading.Lock()
_all: list[Counter | Histogram] = []
Labels = tuple[tuple[str, str], ...]


class Counter:
    def __init__(self, name: str, help_text: str) -> None:
        self.name, self.help_text = name, help_text
        self._values: dict[Labels, float] = {}
        _all.append(self)

    def add(self, amount: float = 1, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        with _lock:
            self._values[key] = self._values.get(key, 0) + amount

    def lines(self) -> Iterator[str]:
        with _lock:
            values = dict(self._values)
        yield from _head(self.name, self.help_text, "counter")
        for labels, value in sorted(values.items()):
            yield _line(self.name, labels, value)


class Histogram:
    def __init__(self, name: str, help_text: str, bounds: Sequence[float]) -> None:
        self.name, self.help_text = name, help_text
        self._bounds = tuple(bounds)
        self._counts: dict[Labels, list[int]] = {}
        self._sums: dict[Labels, float] = {}
        _all.append(self)

    def observe(self, value: float, **labels: str) -> None:
        key = tuple(sorted(labels.items()))
        with _lock:
            counts = self._counts.setdefault(key, [0] * (len(self._bounds) + 1))
            place = sum(bound < value for bound in self._bounds)
            counts[place] += 1
            self._sums[key] = self._sums.get(key, 0.0) + value

    def lines(self) -> Iterator[str]:
        with _lock:
            found = {key: (list(counts), self._sums[key]) for key, counts in self._counts.items()}
        yield from _head(self.name, self.help_text, "histogram")
        for labels, (counts, total) in sorted(found.items()):
            below = 0
            for bound, count in zip((*self._bounds, None), counts, strict=True):
                below += count
                edge = "+Inf" if bound is None else f"{bound:g}"
                yield _line(f"{self.name}_bucket", (*labels, ("le", edge)), below)
            yield _line(f"{self.name}_sum", labels, total)
            yield _line(f"{self.name}_count", labels, below)


def exposition(gauges: Mapping[tuple[str, str], Mapping[Labels, float]]) -> str:
    """Everything counted here, and `gauges`: by name and help, values by labels."""
    lines: list[str] = []
    for each in _all:
        lines += each.lines()
    for (name, help_text), values in gauges.items():
        lines += _head(name, help_text, "gauge")
        lines += [_line(name, labels, value) for labels, value in sorted(values.items())]
    return "\n".join(lines) + "\n"


def _head(name: str, help_text: str, kind: str) -> list[str]:
    return [f"# HELP {name} {help_text}", f"# TYPE {name} {kind}"]


def _line(name: str, labels: Labels, value: float) -> str:
    shown = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels)
    number = f"{value:.0f}" if float(value).is_integer() else repr(float(value))
    return f"{name}{{{shown}}} {number}" if shown else f"{name} {number}"


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")


SUBMITS = Counter("shortdrama_submits_total", "Requests for a clip, by what came of them.")
POLLS = Counter("shortdrama_polls_total", "Questions about jobs: of one job, or of a list.")
FETCHED = Counter("shortdrama_fetched_bytes_total", "Bytes of clips that came in.")
READY_S = Histogram(
    "shortdrama_take_seconds",
    "From sending a take to its clip being ready.",
    (5, 10, 20, 40, 60, 120, 300, 600, 1200),
)
