"""Replay: a workflow's code over its history.

It only computes: it reads no clock, file, socket or environment, and takes no chances. Events and time come in,
decisions go out.
"""
