"""Quality checks: one file a dimension; profile in, judgements out."""
