"""Reports and tables as text for programs and documents: CSV, TSV, JSON and Markdown.

Owns these layouts. Never opens a file or a stream.
"""
