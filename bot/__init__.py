"""The chat edge: one message, one act, the reply returned."""
