"""SWF's JSON protocol over HTTP, in front of an engine.

It must not decide anything about workflows: what an operation does is the engine's business.
"""
