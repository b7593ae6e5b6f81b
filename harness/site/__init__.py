"""A site: its configuration, cluster and scenarios."""
