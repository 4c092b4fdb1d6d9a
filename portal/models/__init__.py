"""Tables of schema ``portal`` that the portal maps as objects. Figures are never mapped: they are read with SQL."""

from portal.models.base import db
from portal.models.users import ApiToken, Role, User, UserHospital, UserProvider

__all__ = ["ApiToken", "Role", "User", "UserHospital", "UserProvider", "db"]
