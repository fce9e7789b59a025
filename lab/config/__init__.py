"""The models of everything under configs/."""
