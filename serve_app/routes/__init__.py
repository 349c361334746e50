"""Routes: one router a resource, three lines a route."""
