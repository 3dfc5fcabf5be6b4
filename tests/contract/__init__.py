"""Every system type against real HTTP servers on loopback."""
