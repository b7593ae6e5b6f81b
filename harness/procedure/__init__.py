"""Procedures on real servers: documented steps carried out one by one, and the server compared before and after."""
