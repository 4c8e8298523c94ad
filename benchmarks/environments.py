"""Environments: one for each contestant, so that no one's dependencies are another's.

A peer's is made under `.peers/` from its pinned requirements, and made again when these change. Ostinato's own is the
one that runs the harness.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
PEERS = HERE / ".peers"
REQUIREMENTS = HERE / "requirements"
SCRIPTS = HERE / "contestants"
PROTOCOL = HERE / "protocol"
FOREIGN_VARIABLES = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")
"""Left out of a contestant's environment, since they change what is measured."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A framework that takes part: its distribution, its title, and the interpreter that has it."""

    name: str
    title: str
    python: Path

    @property
    def is_ours(self) -> bool:
        """Tell whether it is Ostinato."""
        return self.name == "ostinato"

    def script(self, row: str) -> Path:
        """Give the path of its script for a row, which need not exist."""
        return SCRIPTS / self.name / f"{row}.py"

    def version(self) -> str:
        """Ask its environment for the version of its distribution, or give "not installed"."""
        code = f"import importlib.metadata as m; print(m.version({self.name!r}))"
        answer = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=False)
        return answer.stdout.strip() if answer.returncode == 0 else "not installed"

    def prepare(self) -> None:
        """Make its environment if it is missing or of other requirements; Ostinato's is there already."""
        if self.is_ours:
            return
        pinned = REQUIREMENTS / f"{self.name}.txt"
        stamp = PEERS / self.name / "requirements.sha256"
        digest = hashlib.sha256(pinned.read_bytes()).hexdigest()
        if not stamp.exists() or stamp.read_text() != digest:
            _make_environment(PEERS / self.name, pinned)
            stamp.write_text(digest)


def variables() -> dict[str, str]:
    """Give the environment variables of a contestant's process: ours, without what would change its speed."""
    kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
    return {**kept, "PYTHONPATH": str(PROTOCOL)}


def _make_environment(directory: Path, pinned: Path) -> None:
    python = str(directory / "bin" / "python")
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    shutil.rmtree(directory, ignore_errors=True)
    if uv is not None:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, directory], check=True)
        install = [uv, "pip", "install", "--quiet", "--python", python]
    else:
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        install = [python, "-m", "pip", "install", "--quiet"]
    subprocess.run([*install, "--require-hashes", "-r", pinned], check=True)
    subprocess.run([python, "-m", "compileall", "-q", directory / "lib"], check=False)


CONTESTANTS: tuple[Contestant, ...] = (
    Contestant("ostinato", "Ostinato", Path(sys.executable)),
    Contestant("dbos", "DBOS", PEERS / "dbos" / "bin" / "python"),
    Contestant("simpleflow", "simpleflow", PEERS / "simpleflow" / "bin" / "python"),
)
