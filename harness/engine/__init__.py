"""The container engine: found or brought along; images, lanes, certain cleanup."""
