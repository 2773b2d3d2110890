"""What allauth asks of us: nobody signs herself up; a passkey shows the name on record."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest


class Accounts(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by invitation only."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Never: an administrator invites."""
        return False


class Factors(DefaultMFAAdapter):  # type: ignore[misc]
    """Second factors."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The site that a passkey is for: its name without a port."""
        found: dict[str, str] = super().get_public_key_credential_rp_entity()
        return found | {"name": "Cisterna"}

    def get_public_key_credential_user_entity(self, user: Any) -> dict[str, Any]:
        """What the passkey shows: the name under which she signs in."""
        found: dict[str, Any] = super().get_public_key_credential_user_entity(user)
        return found | {"display_name": user.get_username(), "name": user.get_username()}
