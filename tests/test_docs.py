"""Pages of documentation: their Python runs and gives what it says, their dumps are current."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import doc_pages  # noqa: E402

PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\]\(([^)#\s]+)(#[^)\s]*)?\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@pytest.mark.parametrize("name", doc_pages.EXECUTED)
def test_a_page_is_what_it_says(name: str) -> None:
    """`python scripts/gen_docs.py` writes the dumps anew; read the diff."""
    assert doc_pages.render(name) == (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    """Relative links to files that are there, and to headings that they have."""
    for target, anchor in _LINK.findall(_without_code(page.read_text(encoding="utf-8"))):
        if "://" in target:
            continue
        file = (page.parent / target).resolve()
        assert file.exists(), f"{page.name} links to {target}"
        if anchor:
            assert anchor[1:] in _anchors(file), f"{page.name} links to {target}{anchor}"


def _without_code(text: str) -> str:
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(file: Path) -> set[str]:
    headings = _HEADING.findall(_without_code(file.read_text(encoding="utf-8")))
    return {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}


def test_every_page_is_in_the_navigation() -> None:
    """mkdocs.yml lists each page once; decisions are listed on their own page."""
    config = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    listed = re.findall(r": ([\w/-]+\.md)$", config, re.MULTILINE)
    pages = [p.name for p in (ROOT / "docs").glob("*.md")]
    assert sorted(listed) == sorted([*pages, "decisions/README.md"])
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    for decision in (ROOT / "docs" / "decisions").glob("0*.md"):
        assert f"({decision.name})" in index, f"{decision.name} is not in decisions/README.md"
