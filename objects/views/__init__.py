"""Pages of connect objects, their fields and columns, and of records."""
