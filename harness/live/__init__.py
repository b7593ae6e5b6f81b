"""Live cases: a whole server with its Almighty, in real time."""
