"""A site's folder made from what production has: dumps, configuration, quotas, rules."""
