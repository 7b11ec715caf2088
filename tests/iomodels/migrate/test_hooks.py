"""The hook for pre-commit, the jobs for GitHub, and the README's examples: they parse, and what they run does what they say."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from tests.guide.console import Example, examples, run
from tests.iomodels.running import ROOT, environment

YAML = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)
PAGES = [ROOT / "README.md", ROOT / "guide" / "migrate" / "index.md"]
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
OLD = "import socket\nlistener = socket.create_server(('', 0))\n"
NEW = "async def ask(sock: socket.socket):\n    return sock.recv(10)\n"


def snippets(page: Path) -> list[Any]:
    return [
        yaml.safe_load(found) for found in re.findall(r"^```yaml\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    ]


def jobs(page: Path) -> list[Any]:
    """The jobs that a page shows, each alone or in its workflow."""
    shown = [each for each in snippets(page) if "repos" not in each]
    return [job for each in shown for job in each.get("jobs", {"": each}).values()]


SCANS = [
    pytest.param(step["run"], id=f"{page.name}-{number}")
    for page in PAGES
    for number, job in enumerate(jobs(page), 1)
    for step in job["steps"]
    if "iomodels scan" in step.get("run", "")
]


def ran(command: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    home = str(cwd.parent)  # its settings and cache are not ours
    return subprocess.run(
        ["bash", "-c", command],
        cwd=cwd,
        env=environment(PATH=path, HOME=home, XDG_CACHE_HOME=home, **more),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository of two commits; the first is origin's main."""
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "old.py").write_text(f"{OLD}{NEW}")
    git = "git -c user.name=n -c user.email=n@example.com -c init.defaultBranch=main"
    made = ran(f"{git} init -q . && git add . && {git} commit -qm one && git update-ref refs/remotes/origin/main HEAD", folder)
    assert made.returncode == 0, made.stderr
    (folder / "new.py").write_text(f"{OLD}{NEW}")
    assert ran(f"git add . && {git} commit -qm two", folder).returncode == 0
    return folder


def test_the_hook_is_one_that_pre_commit_takes() -> None:
    (hook,) = HOOKS
    assert set(hook) >= {"id", "name", "entry", "language"}  # what pre-commit requires
    assert (hook["id"], hook["language"], hook["types"]) == ("iomodels-scan", "python", ["python"])


def test_the_hooks_command_runs_on_files(repository: Path) -> None:
    (hook,) = HOOKS
    command = shlex.join([*shlex.split(hook["entry"]), "old.py", "new.py"])
    ended = ran(command, repository)
    assert ended.returncode == 1, ended.stderr
    assert "new.py:4:12: IOM301" in ended.stdout
    assert "old.py:4:12: IOM301" in ended.stdout
    (repository / "new.py").write_text("x = 1\n")
    assert ran(shlex.join([*shlex.split(hook["entry"]), "new.py"]), repository).returncode == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_what_a_page_says_to_put_into_pre_commits_settings_is_our_hook(page: Path, repository: Path) -> None:
    (settings,) = [each for each in snippets(page) if "repos" in each]
    (hook,) = [hook for each in settings["repos"] for hook in each["hooks"]]
    assert hook["id"] in [each["id"] for each in HOOKS]
    (repository / "new.py").write_text(f"{OLD}{NEW}".replace("recv(10)", "recv(20)"))
    ended = ran(shlex.join([*shlex.split(HOOKS[0]["entry"]), *hook["args"], "old.py", "new.py"]), repository)
    assert ended.returncode == 1, ended.stderr
    assert ("new.py:4:12: IOM301" in ended.stdout, "old.py:4" in ended.stdout) == (True, False)


def test_each_job_checks_out_and_installs_before_it_scans() -> None:
    for page in PAGES:
        assert jobs(page)
        for job in jobs(page):
            assert job["runs-on"]
            used = [step.get("uses", step.get("run", "")).partition("@")[0] for step in job["steps"]]
            assert used[:3] == ["actions/checkout", "actions/setup-python", "pip install iomodels"]


@pytest.mark.parametrize("command", SCANS)
def test_a_jobs_scan_does_what_the_page_says(command: str, repository: Path) -> None:
    ended = ran(command, repository, GITHUB_BASE_REF="main")
    if "--exit-zero" in command:
        assert ended.returncode == 0, ended.stderr
        document = json.loads((repository / "iomodels.sarif").read_text("utf-8"))
        assert {each["ruleId"] for each in document["runs"][0]["results"]} >= {"IOM301"}
    else:
        assert ended.returncode == 1, ended.stderr
        assert "file=new.py" in ended.stdout
        assert "file=old.py" not in ended.stdout


def test_there_are_scans_in_the_pages() -> None:
    assert len(SCANS) == 3


README = re.sub(r"^```\n(?=\$ )", "```console\n", (ROOT / "README.md").read_text("utf-8"), flags=re.MULTILINE)
TOUR = [block for block in examples(README) if any(re.search(r"iomodels (scan|rule)\b", each.command) for each in block)]


@pytest.mark.parametrize("block", TOUR)
def test_the_readmes_tour_prints_what_it_shows(block: list[Example]) -> None:
    run(block, ROOT)
