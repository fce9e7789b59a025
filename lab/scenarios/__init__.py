"""From a scenario in YAML and fixtures to the request that a client sends."""
