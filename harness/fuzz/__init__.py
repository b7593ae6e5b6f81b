"""Fuzzing: invented workloads, compared by the hundred, and what they disagree on made small."""
