"""Environments of upstream programs, each made when it is first needed and kept in `.upstream/` (not in git)."""

import hashlib
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
CACHE = ROOT / ".upstream"


def environment(name: str) -> Path:
    """The folder of the programs that `requirements/upstream-<name>.txt` pins, by hashes."""
    requirements = ROOT / "requirements" / f"upstream-{name}.txt"
    told = requirements.read_bytes() + sys.version.encode()
    made = CACHE / f"{name}-{hashlib.sha256(told).hexdigest()[:16]}"
    if not made.exists():
        _make(made, requirements)
    return made / "bin"


def _make(made: Path, requirements: Path) -> None:
    CACHE.mkdir(exist_ok=True)
    # Another test may make it at the same time: whoever is first puts theirs in place, by a link, because its programs
    # know where they stand.
    folder = Path(tempfile.mkdtemp(dir=CACHE, prefix=f"{made.name}-"))
    run(sys.executable, "-m", "venv", folder)
    run(folder / "bin" / "python", "-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", requirements)
    try:
        made.symlink_to(folder.name)
    except FileExistsError:
        shutil.rmtree(folder)


def run(*command: str | Path) -> None:
    """Run a program that has to succeed."""
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
