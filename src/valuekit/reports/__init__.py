"""Reports: one value, many layouts.

Owns what a report is and how it is laid out in terminal, text, HTML and print. Never computes a number: the pipeline
hands it tables.
"""
