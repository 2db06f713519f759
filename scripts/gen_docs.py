"""Writes the generated pages of docs/: `python scripts/gen_docs.py`."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from anvil.errors import render_reference

DOCS = Path(__file__).parents[1] / "docs"
PAGES: dict[str, Callable[[], str]] = {"errors.md": render_reference}


def main() -> None:
    """Writes every page that differs."""
    for name, render in PAGES.items():
        page = DOCS / name
        if not page.exists() or page.read_text(encoding="utf-8") != render():
            page.write_text(render(), encoding="utf-8")
            print(f"wrote {page}")


if __name__ == "__main__":
    main()
