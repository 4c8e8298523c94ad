"""A codec for tests."""


class Flip:
    """A codec: each bit is the other one."""

    name = "flip"

    def encode(self, data: bytes, /) -> bytes:
        return bytes(255 - byte for byte in data)

    decode = encode
