"""Learning: what a model can and cannot tell of a table. Imported late, with scikit-learn."""
