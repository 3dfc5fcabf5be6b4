"""Forms of configs and connections: they judge and convert, services save."""
