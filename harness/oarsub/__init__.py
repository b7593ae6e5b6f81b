"""What `oarsub` understands: options, requests, admission, and the rows it leaves."""
