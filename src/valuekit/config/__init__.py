"""The config: one TOML file becomes frozen models, or a list of every problem in it.

Owns the dialect: its sections and keys, what each may hold, where each stands in the file, and the documentation of
every finding. Never looks at data, and never executes text from a config.
"""
