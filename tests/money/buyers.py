"""Whoever orders takes that nobody makes: a thread of a test, or a process of its own.

    python -m money.buyers DATABASE_URL COUNT

Says `ready`, waits for a line, orders COUNT takes of all shots from eight threads, and says how
each went.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

from doubles.take_studio import CONNECTION, first_shot
from shortdrama.board.service import BoardService
from shortdrama.domain.ids import ShotId, TakeId, new_id
from shortdrama.domain.money import Buyer
from shortdrama.errors import OverBudget
from shortdrama.generation.orders import TakeOrder, Terms
from shortdrama.generation.service import TakeService
from shortdrama.storage.db.database import Database

PRICE = 400_000


class NobodyWorks:
    """A runner that leaves every take where it is."""

    def start(self, take_id: TakeId) -> None:
        pass

    def wake(self, take_id: TakeId) -> None:
        pass

    def is_checking(self, take_id: TakeId) -> bool:
        return False


def shop(database: Database, price: int | None = PRICE) -> TakeService:
    terms = Terms(CONNECTION, price, None)
    return TakeService(database, NobodyWorks(), lambda _order: terms, lambda: first_shot(database))


def buy(
    database: Database, shot_id: ShotId, price: int | None = PRICE, buyer: Buyer | None = None
) -> str:
    """`made`, or the code of the refusal."""
    order = TakeOrder("a cat", "sora-2", 1, "720x1280", shot_id=shot_id)
    try:
        shop(database, price).order(order, new_id(), buyer or Buyer())
    except OverBudget as error:
        return error.code
    return "made"


def main() -> None:
    url, count = sys.argv[1], int(sys.argv[2])
    database = Database(url)
    shots = [view.shot.id for view in BoardService(database).current().shots]
    print("ready", flush=True)  # noqa: T201 - to the test
    sys.stdin.readline()
    with ThreadPoolExecutor(8) as threads:
        for word in threads.map(lambda n: buy(database, shots[n % len(shots)]), range(count)):
            print(word, flush=True)  # noqa: T201 - to the test
    database.close()


if __name__ == "__main__":
    main()
