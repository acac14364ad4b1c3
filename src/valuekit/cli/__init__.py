"""The command line: parse, call, write to streams, exit codes.

Owns what a terminal or a script sees. Never computes a number: the pipeline does. Nothing here imports a heavy library
at module level, so that `valuekit --help` stays as quick as an empty app.
"""
