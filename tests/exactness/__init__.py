"""Exactness, proven by runs: whatever dies, is late or comes twice, the ledger tells what the phones saw.

A run is one campaign over the sandbox, made by its seed: people, faults, kills, pauses, retries.
`in_process.py` kills at statements and clock reads of one process; `killing.py` kills real workers
and clocks. CI does a few (`test_exactness.py`), `make long` the 500.
"""
