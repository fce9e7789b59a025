"""Runs systems as containers, through the Docker SDK."""
