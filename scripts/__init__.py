"""What keeps this repository in order, its locks and its generated pages, and sets up a site: base images."""
