"""Environments: one for each contestant, so that no one's dependencies are another's.

Each is made under `.peers/` from its pinned requirements, and made again when these change. Into Ostinato's, this
checkout is installed as a user would have it: as a wheel, its bytecode compiled; anew whenever its sources change.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

HERE = Path(__file__).parent
CHECKOUT = HERE.parent
PEERS = HERE / ".peers"
REQUIREMENTS = HERE / "requirements"
SCRIPTS = HERE / "contestants"
PROTOCOL = HERE / "protocol"
OSTINATO = "ostinato"
FOREIGN_VARIABLES = ("PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED", "PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV")
"""Left out of a contestant's environment, since they change what is measured."""


@dataclass(frozen=True, slots=True)
class Contestant:
    """A framework, or one way to use it, that takes part: its name, its title, and the environment that has it."""

    name: str
    title: str
    distribution: str

    @property
    def python(self) -> Path:
        """Give the interpreter that has its distribution."""
        return PEERS / self.distribution / "bin" / "python"

    @property
    def is_ours(self) -> bool:
        """Tell whether it is the Ostinato that the peers are compared with."""
        return self.name == OSTINATO

    def script(self, row: str) -> Path:
        """Give the path of its script for a row, which need not exist."""
        return SCRIPTS / self.name / f"{row}.py"

    def version(self) -> str:
        """Ask its environment for the version of its distribution, or give "not installed"."""
        code = f"import importlib.metadata as m; print(m.version({self.distribution!r}))"
        answer = subprocess.run([self.python, "-c", code], capture_output=True, text=True, check=False)
        return answer.stdout.strip() if answer.returncode == 0 else "not installed"

    def prepare(self) -> None:
        """Make its environment if it is missing or of other requirements; install Ostinato if it has changed."""
        environment, pinned = PEERS / self.distribution, REQUIREMENTS / f"{self.distribution}.txt"
        if _differs(environment / "requirements.sha256", [pinned]):
            _make_environment(environment, pinned)
            _stamp(environment / "requirements.sha256", [pinned])
        if self.distribution == OSTINATO and _differs(environment / "sources.sha256", _sources()):
            _install(self.python, "--reinstall", "--no-deps", str(CHECKOUT))
            _stamp(environment / "sources.sha256", _sources())

    def variables(self) -> dict[str, str]:
        """Give the environment variables of its process: ours, without what would change its speed."""
        kept = {name: value for name, value in os.environ.items() if name not in FOREIGN_VARIABLES}
        return {**kept, "PYTHONPATH": os.pathsep.join([str(PROTOCOL), str(SCRIPTS / self.distribution)])}


def _sources() -> list[Path]:
    package = CHECKOUT / "src" / "ostinato"
    files = [path for path in sorted(package.rglob("*")) if path.is_file() and "__pycache__" not in path.parts]
    return [CHECKOUT / "pyproject.toml", *files]


def _digest(files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(CHECKOUT)}\0".encode() + file.read_bytes() + b"\0")
    return digest.hexdigest()


def _differs(stamp: Path, files: Sequence[Path]) -> bool:
    return not stamp.exists() or stamp.read_text() != _digest(files)


def _stamp(stamp: Path, files: Sequence[Path]) -> None:
    stamp.write_text(_digest(files))


def _uv() -> str | None:
    return shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))


def _make_environment(directory: Path, pinned: Path) -> None:
    shutil.rmtree(directory, ignore_errors=True)
    uv = _uv()
    if uv is not None:
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, directory], check=True)
    else:
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
    _install(directory / "bin" / "python", "--require-hashes", "-r", str(pinned))


def _install(python: Path, *what: str) -> None:
    uv = _uv()
    if uv is not None:
        command = [uv, "pip", "install", "--quiet", "--python", str(python), *what]
    else:
        flags = ["--force-reinstall" if word == "--reinstall" else word for word in what]
        command = [str(python), "-m", "pip", "install", "--quiet", *flags]
    subprocess.run(command, check=True)
    subprocess.run([python, "-m", "compileall", "-q", python.parent.parent / "lib"], check=False)


CONTESTANTS: tuple[Contestant, ...] = (
    Contestant(OSTINATO, "Ostinato", OSTINATO),
    Contestant("ostinato_async", "Ostinato, `async def`", OSTINATO),
    Contestant("dbos", "DBOS", "dbos"),
    Contestant("simpleflow", "simpleflow", "simpleflow"),
    Contestant("moto", "moto", "moto"),
    Contestant("temporalio", "Temporal", "temporalio"),
)
