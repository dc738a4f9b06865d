"""Takes under way: what a provider works on is asked for where it was ordered.

So a connection keeps its address and its protocol, and is not removed, until they came to rest.
"""

from __future__ import annotations

from shortdrama.connections.ports import ConnectionTransaction
from shortdrama.domain.model import Connection
from shortdrama.domain.take import ACTIVE, WAITING_FOR_PERSON
from shortdrama.errors import Conflict, mark


def refuse_under_way(
    tx: ConnectionTransaction, before: Connection, wanted: Connection | None = None
) -> None:
    """Raises `Conflict` (`takes_under_way`). `wanted` None: the connection is removed."""
    if wanted and (wanted.protocol, wanted.base_url) == (before.protocol, before.base_url):
        return
    count = tx.takes.count_at(before.id, ACTIVE | WAITING_FOR_PERSON)
    if not count:
        return
    if count == 1:
        message = mark("One take of %(name)s is under way. Wait for it or cancel it first.")
    else:
        message = mark(
            "%(count)s takes of %(name)s are under way. Wait for them or cancel them first."
        )
    raise Conflict(message, code="takes_under_way", count=count, name=before.name)
