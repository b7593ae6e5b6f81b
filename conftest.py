"""Makes ``pytest scenarios`` work in a checkout that is not installed, and gives the harness's tests ``pytester``."""

pytest_plugins = ["harness.plugin", "pytester"]
