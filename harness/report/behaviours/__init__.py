"""The pages of behaviours: what survives a migration, as tables."""
