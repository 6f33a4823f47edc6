"""The gateway: all that knows WeChat's hosts, tokens, XML and error codes.

It imports config, clock and third parties only. `make_gateway` (in `gateway.py`) builds one
official account; the token store is handed in by the app factory.
"""
