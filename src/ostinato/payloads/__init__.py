"""Python values <-> the text in SWF's `input`, `result` and `details`.

Nothing here reads a clock or talks to anybody. Import the module that holds what you need; this package re-exports
nothing.
"""
