"""Relations: how columns of every kind go together, from the row sample."""
