"""SWF's operations, by the noun they are about: each checks what it is asked, asks the rules and writes.

Everything here runs under the engine's lock and raises its fault before it changes anything.
"""
