"""Payloads: texts that are too long for history, and nobody's business, by a store of one's own and encryption.

ostinato run examples/scans.py:read_scans --input '{"pages": 3}'

In history stands a line for each: which key, where the text lies, its size and its SHA-256.
"""

import os
import tempfile
from pathlib import Path

from ostinato import AesGcm, Deflate, Payloads, activity, submit, workflow


class Drawer:
    """A store: two methods. Any place will do that all deciders and workers see."""

    name = "drawer://scans"

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def put(self, key: str, data: bytes) -> None:
        """Keep the bytes."""
        self._directory.mkdir(exist_ok=True)
        (self._directory / key).write_bytes(data)

    def get(self, key: str) -> bytes:
        """The bytes; a FileNotFoundError or a KeyError says that there are none."""
        return (self._directory / key).read_bytes()


secret = Payloads(
    store=Drawer(Path(tempfile.gettempdir()) / "ostinato-scans"),
    # Stand-in for a key from a vault. Compression comes before encryption, after which nothing can be compressed.
    codecs=[Deflate(), AesGcm({"2026": bytes.fromhex(os.environ.get("SCANS_KEY", "07" * 32))})],
    threshold=1_000,
)


@activity(start_to_close_timeout=60, payloads=secret)
def scan(page: int) -> bytes:
    """Stand-in for a scanner, whose images have half a megabyte."""
    return bytes([page]) * 500_000 + os.urandom(1_000)


@activity(start_to_close_timeout=60, payloads=secret)
def brightness(image: bytes) -> int:
    """What somebody wants to know of an image."""
    return image[0]


@workflow(payloads=secret)
def read_scans(pages: int) -> list[int]:
    """How bright each page is; the images pass through the workflow, and not through history."""
    images = [submit(scan, page) for page in range(pages)]
    return [found.result() for found in [submit(brightness, image) for image in images]]
