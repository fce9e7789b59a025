"""Reads everything under configs/ and checks it, against what measures it too."""
