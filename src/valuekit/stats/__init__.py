"""Formulas, numbers in and numbers out. Never knows of offers, metrics or frames."""
