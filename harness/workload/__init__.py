"""Workloads coming in — scenario files and `oarsub` lines —, invented, and shrunk."""
