"""The door by the second: an HTTP API for sites, apps and servers. It asks the corridor and thinks nothing itself."""
