"""The cache: one DuckDB file with facts, states and ledgers, its lock, and the snapshots that readers see.

Owns every byte inside the cache folder. Never reads a source file and never computes a score.
"""
