"""What a server may do differently, and why: the only place where the contract gives way, and every reason is printed."""

import fnmatch
import json
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

__all__ = ["Profile", "ProfileError"]


class ProfileError(ValueError):
    """A profile that makes no sense; its text is one sentence for the user."""


SERVES_AT_ALL = "integrity/"  # the cases that the same code under another name is asked


@dataclass(frozen=True)
class Profile:
    """Where a model legitimately differs.

    capacity: how many conversations it holds at once: a number, "unlimited", or "fd-limit" (as many as it may have
    descriptors).
    isolation: "process" when each client has a process of its own.
    state: what the conversations of a stateful service share: one "process"' worth, or nothing ("connection").
    workers: how many processes serve beside the first, before any client has come.
    not_applicable: case ids, or patterns of them (`capacity/*`), and for each the reason.
    same_as: the variant whose code this one runs, to the letter: that one is asked everything, this one whether it serves.
    """

    capacity: int | Literal["unlimited", "fd-limit"] = "unlimited"
    isolation: Literal["none", "process"] = "none"
    state: Literal["process", "connection"] = "process"
    workers: int = 0
    not_applicable: Mapping[str, str] = field(default_factory=dict)
    same_as: str | None = None

    def reason(self, case_id: str) -> str | None:
        """Why the case does not apply, or None."""
        if self.same_as is not None and not case_id.startswith(SERVES_AT_ALL):
            return f"it is {self.same_as} under another name, which is asked this"
        for pattern, reason in self.not_applicable.items():
            if fnmatch.fnmatchcase(case_id, pattern):
                return reason
        return None

    def holds(self, count: int) -> bool:
        """Whether `count` conversations fit in at once."""
        return not isinstance(self.capacity, int) or self.capacity >= count

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any]) -> "Profile":
        """A profile from a model's PROFILE or a file. Raises ProfileError."""
        known = {"capacity", "isolation", "state", "workers", "not_applicable"}
        if unknown := set(values) - known:
            raise ProfileError(f"a profile has no {min(unknown)!r}; it has {', '.join(sorted(known))}")
        profile = cls(**values)
        capacity = profile.capacity
        if capacity not in ("unlimited", "fd-limit") and (type(capacity) is not int or capacity < 1):
            raise ProfileError(f"capacity is a number of 1 or more, 'unlimited' or 'fd-limit', not {capacity!r}")
        for name, choices in (("isolation", ("none", "process")), ("state", ("process", "connection"))):
            if getattr(profile, name) not in choices:
                raise ProfileError(f"{name} is {' or '.join(map(repr, choices))}, not {getattr(profile, name)!r}")
        if type(profile.workers) is not int or profile.workers < 0:
            raise ProfileError(f"workers is a number, not {profile.workers!r}")
        exceptions = profile.not_applicable
        if not isinstance(exceptions, Mapping) or not all(isinstance(why, str) and why for why in exceptions.values()):
            raise ProfileError("not_applicable maps case ids to reasons, and no reason may be empty")
        return profile

    @classmethod
    def from_file(cls, path: Path) -> "Profile":
        """A profile from a TOML or JSON file. Raises ProfileError."""
        try:
            text = path.read_text()
            values = json.loads(text) if path.suffix == ".json" else tomllib.loads(text)
        except (OSError, UnicodeDecodeError) as error:
            raise ProfileError(f"cannot read {path}: {getattr(error, 'strerror', None) or error}") from error
        except (ValueError, RecursionError) as error:
            raise ProfileError(f"{path} is not valid {'JSON' if path.suffix == '.json' else 'TOML'}: {error}") from error
        if not isinstance(values, dict):
            raise ProfileError(f"{path} is not a table of settings")
        return cls.from_mapping(values)
