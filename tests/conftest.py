"""What every test can use: golden files (`--update` rewrites them), hypothesis, GPU marks."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

GOLDEN = Path(__file__).parent / "golden"

settings.register_profile("test", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("test")


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--update` writes what the golden tests produced instead of comparing."""
    parser.addoption("--update", action="store_true", help="rewrite the golden files")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves tests marked `gpu` out where jax finds no CUDA device."""
    on_gpu = [item for item in items if item.get_closest_marker("gpu")]
    if on_gpu and not _has_gpu():
        config.hook.pytest_deselected(items=on_gpu)
        items[:] = [item for item in items if item not in on_gpu]


def _has_gpu() -> bool:
    import jax

    return any(device.platform == "gpu" for device in jax.devices())


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str | Path, str], None]:
    """`golden(path, text)`: text equals the file `path` (relative to tests/golden)."""
    update = bool(request.config.getoption("--update"))

    def check(path: str | Path, text: str) -> None:
        file = GOLDEN / path
        text = text.rstrip("\n") + "\n"
        if update:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            return
        assert file.exists(), f"{file} is missing: run pytest with --update and read the diff"
        expected = file.read_text(encoding="utf-8")
        assert text == expected, f"{file} differs: if that is meant, run pytest with --update"

    return check
