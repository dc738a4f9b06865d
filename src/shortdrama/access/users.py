"""People: who is here, in which role, and whether a password is theirs."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime

from shortdrama.access.passwords import check_password, hash_password, is_password
from shortdrama.access.ports import AccessRecords, AccessTransaction
from shortdrama.access.sessions import EndedSessions
from shortdrama.domain.ids import new_id
from shortdrama.domain.people import ROOT_NAME, Role, User, UserId
from shortdrama.errors import Conflict, InvalidInput, NotFound

MAX_NAME = 60
_FRESH_S = 2.0  # what another process changed counts within this time


class UserService:
    """Safe from any thread. `has_root`: somebody may log in with the studio's own password."""

    def __init__(
        self,
        records: AccessRecords,
        has_root: bool = False,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        self._has_root = has_root
        self._now = now
        self.ended_sessions = EndedSessions(records, now)
        self._known: tuple[float, dict[UserId, User]] | None = None
        # Checked where nobody has the name, so that a wrong name takes as long.
        self._nobody = hash_password(new_id())

    def all(self) -> list[User]:
        """Oldest first."""
        with self._records.read() as tx:
            return tx.users.all()

    def recent(self) -> dict[UserId, User] | None:
        """Everybody, as of at most two seconds ago; None where that has to be looked up again."""
        known = self._known
        return known[1] if known and self._now() - known[0] < _FRESH_S else None

    def load(self) -> dict[UserId, User]:
        """Everybody as of now; asks the database."""
        began = self._now()
        users = {user.id: user for user in self.all()}
        self._known = (began, users)
        return users

    def add(self, name: str, role: Role, password: str) -> User:
        """Raises `InvalidInput`, and `Conflict` where the name is taken."""
        user = User(
            id=UserId(new_id()),
            name=_checked_name(name),
            role=role,
            password_hash=hash_password(check_password(password)),
            created_at=datetime.now(UTC),
        )
        with self._records.begin() as tx:
            if role is not Role.OWNER and not self._has_root and not tx.users.all():
                raise InvalidInput(
                    "The first person has to be an owner: from then on everybody has to log in.",
                    code="first_owner",
                )
            tx.users.add(user)
        self._known = None
        return user

    def named(self, name: str) -> User:
        """Raises `NotFound`."""
        wanted = name.strip().casefold()
        found = next((user for user in self.all() if user.name.casefold() == wanted), None)
        if found is None:
            raise NotFound("There is nobody called %(name)s.", code="user_not_found", name=name)
        return found

    def get(self, user_id: UserId) -> User:
        """Raises `NotFound`."""
        return _found(next((user for user in self.all() if user.id == user_id), None))

    def set_role(self, user_id: UserId, role: Role) -> User:
        """Raises `Conflict` where nobody would be left to manage the studio."""
        with self._records.begin() as tx:
            self._check_last_owner(tx, user_id, role)
            changed = _found(tx.users.change(user_id, {"role": role.value}))
        self._known = None
        return changed

    def set_password(self, user_id: UserId, password: str) -> User:
        """Ends their sessions."""
        made = hash_password(check_password(password))
        with self._records.begin() as tx:
            changed = _found(tx.users.change(user_id, {"password_hash": made}))
        self._known = None
        return changed

    def remove(self, user_id: UserId, may_open: bool = False) -> None:
        """Ends their sessions; their takes stay signed with their name.

        `may_open`: also the very last one, after whom nobody has to log in any more.
        """
        with self._records.begin() as tx:
            self._check_last_owner(tx, user_id, None, may_open)
            tx.users.remove(user_id)
        self._known = None

    def log_in(self, name: str, password: str) -> User | None:
        """Who has this name and password. Slow on purpose."""
        wanted = name.strip().casefold()
        found = next((user for user in self.all() if user.name.casefold() == wanted), None)
        if not is_password(password, found.password_hash if found else self._nobody):
            return None
        if found is not None:
            with self._records.begin() as tx:
                tx.users.change(found.id, {"last_log_in_at": datetime.now(UTC)})
        return found

    def _check_last_owner(
        self,
        tx: AccessTransaction,
        user_id: UserId,
        role: Role | None,
        may_open: bool = False,
    ) -> None:
        users = tx.users.all()
        if user_id not in {user.id for user in users}:
            raise _nobody_there()
        owners = [user.id for user in users if user.role is Role.OWNER]
        if may_open and len(users) == 1:
            return
        if role is not Role.OWNER and owners == [user_id] and not self._has_root:
            raise Conflict(
                "This is the only owner. Make somebody else an owner first.", code="last_owner"
            )


def _checked_name(name: str) -> str:
    name = " ".join(name.split())
    is_plain = name.isprintable() and ":" not in name
    if not name or len(name) > MAX_NAME or not is_plain:
        raise InvalidInput(
            "A name has 1 to %(most)s characters and no colon.", code="user_name", most=MAX_NAME
        )
    if name.casefold() == ROOT_NAME:
        raise InvalidInput(
            "“owner” is who logs in with the studio’s own password. Choose another name.",
            code="user_name",
        )
    return name


def _found(user: User | None) -> User:
    if user is None:
        raise _nobody_there()
    return user


def _nobody_there() -> NotFound:
    return NotFound("This person is not here any more.", code="user_not_found")
