"""The server that stands where the model provider would be."""
