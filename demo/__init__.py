"""The demo alliance and `make demo`: the main job, start to end, without a screen."""
