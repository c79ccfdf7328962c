"""Discovery: segments found in how customers behave, kept from run to run, and told as rules that anybody can apply."""

from __future__ import annotations

from parcours.segments.discovery.discover import TABLES, discover
from parcours.segments.discovery.settings import DiscoverySettings, check, discovery_settings
from parcours.segments.discovery.written import as_yaml

__all__ = ["TABLES", "DiscoverySettings", "as_yaml", "check", "discover", "discovery_settings"]
