"""Runs systems as plain processes of this machine."""
