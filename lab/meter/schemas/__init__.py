"""Strict request models, one module per wire, and the providers' words for what breaks them."""
