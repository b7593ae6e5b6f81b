"""Plan cases: one scheduling round on one snapshot."""
