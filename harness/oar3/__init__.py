"""OAR3's components: found, checked, installed; the flips and their undoing; adaptations."""
