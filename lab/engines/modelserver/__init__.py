"""Model servers: what one serves, what its models can take, and models of files that it is given."""
