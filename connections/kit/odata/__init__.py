"""OData v4, as far as every service and dialect shares it."""
