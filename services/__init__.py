"""What the alliance does: one function per act. The only writers of models."""
