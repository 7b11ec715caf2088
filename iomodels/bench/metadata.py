"""What figures depend on beside the server: the machine, its kernel, the versions, and how busy it was."""

import contextlib
import importlib.metadata
import os
import platform
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["describe", "differences", "machine"]

LIBRARIES = ("iomodels", "trio", "anyio", "uvloop", "rloop", "liburing", "pyasyncore", "h11", "hiredis")
MATTERS = ("kernel", "processor", "cores", "governor", "python", *LIBRARIES[1:])  # to whether two runs can be compared


def describe() -> dict[str, str]:
    """The metadata of a run that begins now, each as text; what this machine does not tell is left out."""
    found = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "kernel": f"{platform.system()} {platform.release()}",
        "processor": _processor(),
        "cores": str(os.cpu_count()),
        "governor": _content("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "load average": " ".join(f"{each:.2f}" for each in os.getloadavg()),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "git": _git(),
    }
    for library in LIBRARIES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            found[library] = importlib.metadata.version(library)
    return {name: value for name, value in found.items() if value}


def machine(metadata: Mapping[str, str]) -> str:
    """What the figures hold for, in a line."""
    return ", ".join(
        [
            metadata.get("kernel", "?"),
            metadata.get("python", "?"),
            metadata.get("processor", "?"),
            f"{metadata.get('cores', '?')} cores",
        ]
    )


def differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    """What two runs do not have in common though their figures depend on it: `kernel: Linux 6.1, then Linux 6.18`."""
    return [
        f"{name}: {old.get(name, 'none')}, then {new.get(name, 'none')}" for name in MATTERS if old.get(name) != new.get(name)
    ]


def _processor() -> str:
    found = re.search(r"^model name\s*: (.*)$", _content("/proc/cpuinfo"), re.MULTILINE)
    return found[1] if found else platform.machine()


def _content(path: str) -> str:
    try:
        return Path(path).read_text().strip()
    except OSError:
        return ""


def _git() -> str:
    """The commit of the folder that this is run in, and whether there are changes beside it."""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty=, changed", "--abbrev=12"], capture_output=True, text=True, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
