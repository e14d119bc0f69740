"""The store: opens a database, applies migrations, runs transactions. It knows no domain: each package owns its tables."""
