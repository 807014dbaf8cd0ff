"""What `[fleet] store` may be: a folder, or an address for fsspec that holds no secret."""

from urllib.parse import urlsplit


def is_address(store: str) -> bool:
    """Return whether it is an address, not the path of a folder."""
    return "://" in store


def address_problem(store: str) -> str | None:
    """Return why it can be no store, without quoting it; None for one that can."""
    if not is_address(store):
        return None
    try:
        parts = urlsplit(store)
    except ValueError:
        return "it is no address of a store"
    if ":" in parts.netloc.rpartition("@")[0] or parts.query or parts.fragment:
        return "expected an address without credentials; they belong into the environment"
    return None
