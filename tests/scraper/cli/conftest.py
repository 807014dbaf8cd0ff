"""Commands as users type them."""

from tests.archive.conftest import folder_of_a_user, warta

__all__ = ["folder_of_a_user", "warta"]
