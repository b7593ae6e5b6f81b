"""Judging recorded schedules: align, validate, classify, explain, verdict. Pure; no container, no I/O."""
