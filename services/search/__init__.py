"""Searching content in Chinese, without a dictionary and alike on both engines.

`grams` cuts text, `index` keeps it findable, `content` says what of an activity or an issue is
found, `finding` reads: what a member may open, what an account may see.
"""
