"""A running OAR2 server: configuration, database, users, resources, jobs, the Almighty."""
