"""Publishing: the e-journals and the wording of what goes out."""
