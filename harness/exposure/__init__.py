"""Which departures can hit a site, and how many of its jobs: conditions held to its history and configuration."""
