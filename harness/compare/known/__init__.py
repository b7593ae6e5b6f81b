"""Known differences: entries, their conditions, their files, drafts of new ones."""
