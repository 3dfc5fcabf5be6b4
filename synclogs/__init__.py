"""What happened: runs and the outcome of each record. History only; nothing is decided from it."""
