"""`ObjectStore`: payloads as objects on S3, Google Cloud Storage or Azure, by way of obstore."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from ostinato.errors import UsageError
from ostinato.storage.extras import missing_extra
from ostinato.storage.garbage import Entry

SCHEMES = ("s3://", "gs://", "az://")


class ObjectStore:
    """Payloads as objects of a bucket. Needs `pip install 'ostinato[s3]'` (or `ostinato[objects]`, which is the same).

    Args:
        url: `s3://BUCKET/PREFIX`, `gs://BUCKET/PREFIX` or `az://CONTAINER/PREFIX`; the prefix may be left out.
        options: what obstore's stores take beside it: `region`, `endpoint`, credentials, `client_options`... Unless
            given, they come from the environment, as for the cloud's own tools.

    Raises:
        UsageError: it is no such URL, or the package `obstore` is not installed.
    """

    def __init__(self, url: str, **options: Any) -> None:
        self.name = url.rstrip("/")
        if not self.name.startswith(SCHEMES) or not self.name.partition("://")[2]:
            raise UsageError(found=f"the store {url!r}", expected=" or ".join(f"{s}BUCKET/PREFIX" for s in SCHEMES))
        try:
            import obstore  # noqa: PLC0415  # an extra
            from obstore.store import from_url  # noqa: PLC0415
        except ImportError:
            extra = "s3" if url.startswith("s3:") else "objects"
            raise missing_extra("ObjectStore", "obstore", extra) from None
        self._library: Any = obstore
        try:
            self._store: Any = from_url(self.name, **options)
        except Exception as error:
            raise UsageError(where=url, found=f"the store cannot be used: {error}") from error

    def put(self, key: str, data: bytes, /) -> None:
        """Keep the bytes.

        Raises:
            Exception: the service did not take them.
        """
        self._library.put(self._store, key, data)

    def get(self, key: str, /) -> bytes:
        """The bytes.

        Raises:
            FileNotFoundError: there are none under this key.
            Exception: the service did not give them.
        """
        data: bytes = self._library.get(self._store, key).bytes().to_bytes()
        return data

    def entries(self) -> Iterator[Entry]:
        """All that it keeps."""
        for portion in self._library.list(self._store):
            for object_ in portion:
                yield Entry(
                    key=object_["path"].rpartition("/")[2],
                    size=object_["size"],
                    changed=object_["last_modified"].timestamp(),
                )

    def delete(self, key: str, /) -> None:
        """Keep it no more. A key that is not there is none to delete."""
        with suppress(FileNotFoundError):  # S3 does not mind, others do
            self._library.delete(self._store, key)
