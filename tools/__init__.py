"""Programs that keep the repository: environments, packages, generated pages. None of it is shipped."""
