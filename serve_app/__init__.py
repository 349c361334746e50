"""The service: how MetricFoundry is asked, through REST and the command line."""
