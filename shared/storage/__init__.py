"""Where large files are kept: a folder, or a bucket of an S3-compatible server.

What is stored is encrypted already (`shared.sealed_stream`).
"""
