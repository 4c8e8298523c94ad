"""Schedules: workflows that start others at times, on every engine. They are executions themselves, kept by SWF."""
