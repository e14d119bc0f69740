"""SEARCH: finding series by schema and by tokens of their names."""
