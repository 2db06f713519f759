"""Writes the generated pages of docs/ and the generated parts of the others.

python scripts/gen_docs.py
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import doc_pages

from anvil.errors import render_reference
from anvil.ir.reference import render_ops
from anvil.library.coverage_page import render_coverage
from anvil.library.scipy.page import render_scipy

ROOT = Path(__file__).parents[1]
PAGES: dict[str, Callable[[], str]] = {
    "docs/errors.md": render_reference,
    "docs/ops.md": render_ops,
    "docs/numpy.md": render_coverage,
    "docs/scipy.md": render_scipy,
}


def main() -> None:
    """Writes every page that differs."""
    for name, render in PAGES.items():
        write(name, render())
    for name in doc_pages.EXECUTED:
        write(name, doc_pages.render(name))


def write(name: str, text: str) -> None:
    """Writes one page if it differs."""
    page = ROOT / name
    if not page.exists() or page.read_text(encoding="utf-8") != text:
        page.write_text(text, encoding="utf-8")
        print(f"wrote {name}")


if __name__ == "__main__":
    main()
