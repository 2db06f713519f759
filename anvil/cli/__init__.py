"""The command `anvil`: see docs/cli.md, or `anvil --help`."""

from __future__ import annotations

from anvil.cli.main import main

__all__ = ["main"]
