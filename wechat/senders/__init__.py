"""Ways to carry many posts: `curl` (libcurl's multi interface) and `threads` (requests)."""
