"""Jobs: what they are, where they are kept, and who runs them."""
