"""What a fact is: canonical names and types, identity, partitions and the facts view.

Never reads a file and never runs SQL.
"""
