"""`python -m anvil` is the command `anvil`."""

from __future__ import annotations

import sys

from anvil.cli import main

if __name__ == "__main__":
    sys.exit(main())
