"""A scenario's own expectations, judged."""
