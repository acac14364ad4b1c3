"""Families of metrics: what each needs, which states it keeps, which scores it computes. Never touches a database."""
