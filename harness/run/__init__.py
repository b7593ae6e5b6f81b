"""A run: its matrix of cases, their execution, recording and judging."""
