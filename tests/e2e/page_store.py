"""A look into the page's own database."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page

_READ = """async (store) => {
  const asked = (request) => new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
  const database = await asked(indexedDB.open("shortdrama"));
  try {
    const records = await asked(database.transaction(store).objectStore(store).getAll());
    const told = (value) => (value instanceof Blob ? { bytes: value.size } : value);
    return records.map((record) => Object.fromEntries(
      Object.entries(record).map(([field, value]) => [field, told(value)])));
  } finally {
    database.close();
  }
}"""


def stored(page: Page, store: str) -> list[dict[str, Any]]:
    """All records of a store; a blob is told by its size."""
    records: list[dict[str, Any]] = page.evaluate(_READ, store)
    return records


_UNTIL = """async ([argument, limit_ms]) => {
  const started = performance.now();
  const ask = QUESTION;
  while (!(await ask(argument))) {
    if (performance.now() - started > limit_ms) throw new Error("it did not come true");
    await new Promise((resolve) => { setTimeout(resolve, 50); });
  }
}"""


def wait_until(page: Page, question: str, argument: object = None, limit_s: float = 15) -> None:
    """Until an async function of the page answers true; `wait_for_function` takes the promise."""
    page.evaluate(_UNTIL.replace("QUESTION", question), [argument, limit_s * 1000])


def wait_until_stored(page: Page, store: str, count: int = 1) -> list[dict[str, Any]]:
    """The records of a store, once there are so many."""
    wait_until(page, f"async (store) => (await ({_READ})(store)).length >= {count}", store)
    return stored(page, store)
