"""Workloads coming in: scenario files and `oarsub` command lines."""
