"""Reports on a terminal: tables with bars, sparklines and shades that fit the width.

Owns the layout for people who read a report where they work. Never computes a number, and never writes to a stream.
"""
