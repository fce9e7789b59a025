"""Reads compose files: the part of the Compose specification that the lab honours."""
