"""What is talked about: clusters, jobs, schedules, differences, verdicts. Imports nothing of ours."""
