"""`make bench`: each figure beside a baseline of the same run, on this machine."""
