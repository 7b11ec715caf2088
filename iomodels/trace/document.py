"""A timeline as JSON, with a `schema_version`, and back. A line for each event, so that diff(1) can compare two."""

import json
from dataclasses import asdict
from typing import Any

from iomodels.trace.calls import Kind
from iomodels.trace.timeline import Event, Mark, Timeline

__all__ = ["SCHEMA_VERSION", "DocumentError", "dump", "load"]

SCHEMA_VERSION = 1  # goes up when a field changes its meaning or disappears
LISTS = {"marks": Mark, "events": Event}
IF_MEANT = {"client": "", "waited": 0, "copied": 0, "rounds": 1}  # left out of an event where it is this


class DocumentError(ValueError):
    """Not the JSON of a trace; the text says why."""


def dump(timeline: Timeline) -> str:
    """The document."""
    fields: dict[str, Any] = {"schema_version": SCHEMA_VERSION, **asdict(timeline)}
    lines = [f" {json.dumps(name)}: {json.dumps(value)}" for name, value in fields.items() if name not in LISTS]
    for name in LISTS:
        elements = ",\n".join(f"  {json.dumps(_element(element))}" for element in fields[name])
        lines.append(f" {json.dumps(name)}: [\n{elements}\n ]")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def load(text: str) -> Timeline:
    """The timeline of a document. Raises DocumentError."""
    try:
        fields = json.loads(text)
        version = fields.pop("schema_version")
        if version != SCHEMA_VERSION:
            raise DocumentError(f"its schema_version is {version}, and this program reads {SCHEMA_VERSION}")
        marks = [Mark(**mark) for mark in fields.pop("marks")]
        events = [Event(**{**event, "kind": Kind(event["kind"])}) for event in fields.pop("events")]
        timeline = Timeline(**fields, marks=marks, events=events)
        for event in events:
            timeline.lanes[event.lane]
        for client, does in (("A", "leaves"), ("B", "sends"), ("B", "is answered")):
            timeline.when(client, does)
    except json.JSONDecodeError as error:
        raise DocumentError(f"not JSON: {error}") from error
    except KeyError as error:
        raise DocumentError(f"not the JSON of a trace: without {error.args[0]!r}") from error
    except (TypeError, AttributeError, ValueError, IndexError) as error:
        raise error if isinstance(error, DocumentError) else DocumentError(f"not the JSON of a trace: {error}") from error
    return timeline


def _element(element: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in element.items() if name not in IF_MEANT or value != IF_MEANT[name]}
    return {**kept, "kind": kept["kind"].value} if "kind" in kept else kept
