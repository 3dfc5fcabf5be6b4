"""Everything that changes tenants, their users, profiles and keys; each act leaves an audit entry."""
