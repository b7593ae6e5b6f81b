"""The recorded history of a run on disk."""
