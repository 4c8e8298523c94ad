"""SWF's words as immutable, typed values: events, decisions, operations and what they are made of.

Nothing here decides, reads a clock or touches a disk. Import the module that holds what you need; this package
re-exports nothing, so that a program pays only for what it uses.
"""
