"""The roof and the cellar: composition root, tenants, furniture, the sync engine, errors."""
