"""A local WeChat: the platform's interfaces, its callbacks and its phones, in one process.

It speaks HTTP and imports nothing of the product; docs/sandbox.md tells how to use it.
"""
