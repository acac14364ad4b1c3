"""One file for each verb, or pair of verbs.

Owns what a verb's flags are and what it calls. Never lays out scores, never computes one.
Annotations in this package are evaluated when a module is read, because Typer reads them: no postponed evaluation here.
"""
