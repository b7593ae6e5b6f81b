"""The OAR2 to OAR3 compatibility harness."""

import logging

# Without a handler of its own a warning would go to standard error, beside the progress that says the same.
logging.getLogger(__name__).addHandler(logging.NullHandler())
