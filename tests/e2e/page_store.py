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
