"""What compiled code has in the place of a progress bar: the thing that it runs over."""

from __future__ import annotations

from typing import Any


class Progress:
    """A bar that shows nothing."""

    def __init__(self, iterable: Any = None, *args: Any, **options: Any) -> None:
        self.iterable = iterable

    def __iter__(self) -> Any:
        return self.iterable

    def __len__(self) -> int:
        return len(self.iterable)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *args: Any) -> None:
        pass

    def update(self, n: Any = 1) -> None:
        """Nothing is shown."""

    def set_description(self, *args: Any, **options: Any) -> None:
        """Nothing is shown."""

    def set_description_str(self, *args: Any, **options: Any) -> None:
        """Nothing is shown."""

    def set_postfix(self, *args: Any, **options: Any) -> None:
        """Nothing is shown."""

    def set_postfix_str(self, *args: Any, **options: Any) -> None:
        """Nothing is shown."""

    def refresh(self, *args: Any, **options: Any) -> None:
        """Nothing is shown."""

    def clear(self, *args: Any, **options: Any) -> None:
        """Nothing is shown."""

    def reset(self, total: Any = None) -> None:
        """Nothing is shown."""

    def close(self) -> None:
        """Nothing is shown."""


def ranged(*args: Any, **options: Any) -> Any:
    """`trange`."""
    return Progress(range(*args))
