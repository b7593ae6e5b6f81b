"""The OAR2 to OAR3 compatibility harness."""
