"""The third opinion: which side departs from plain FIFO with conservative backfilling."""
