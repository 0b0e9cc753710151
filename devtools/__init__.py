"""Development tool of the suite: standard library only, so that it runs before anything is installed."""
