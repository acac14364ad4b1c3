"""Mergeable aggregates and their laws. Owns what is stored in a cell; never touches a database."""
