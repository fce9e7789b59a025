"""What the client sent against what the gateway forwarded, piece by piece."""
