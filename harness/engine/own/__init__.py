"""The container engine brought along: fetched, started in namespaces of its own, supervised, ended."""
