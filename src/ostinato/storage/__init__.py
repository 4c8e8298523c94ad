"""Where payloads go that are encoded or too long for history: the I/O of codecs and stores, put round a `Swf`.

Stores: `FileStore`, `ObjectStore` (S3, Google Cloud Storage, Azure), `RedisStore`, `SqlStore`, `SqliteStore`; codecs:
`Deflate`, `Zstd`, `AesGcm`. All are imported from `ostinato`. Nothing here decides anything.
"""
