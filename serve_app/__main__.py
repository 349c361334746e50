"""`python -m serve_app` is the command `metricfoundry`."""

from serve_app.cli import main

main()
