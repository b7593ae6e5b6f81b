"""``make bench``: measures on this machine, side by side in one run. It prints figures and judges nothing."""
