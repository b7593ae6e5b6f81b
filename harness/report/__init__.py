"""The recorded history and its readers: terminal, JSON, JUnit, Markdown, HTML with Gantt charts."""
