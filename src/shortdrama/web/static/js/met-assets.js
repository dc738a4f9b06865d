/**
 * Which assets were brought again just now: their tiles are brought on screen and marked for a while.
 */

const STAYS_MS = 3000;

export class MetAssets {
  /** True once it was brought on screen. @type {Map<string, boolean>} */
  #met = new Map();
  /** @type {(id: string) => Element|null} */
  #find;

  /** @param {(id: string) => Element|null} find the tile of an asset, brought on screen where that takes doing */
  constructor(find) {
    this.#find = find;
  }

  /** @param {any} said the detail of an `outbox` event */
  hear({ asset, wasHere }) {
    if (!asset || !wasHere) return;
    this.#met.set(asset.id, false);
    window.setTimeout(() => { this.#forget(asset.id); }, STAYS_MS);
    this.mark();
  }

  /** Again after each drawing: the tile may have come, or be another element. */
  mark() {
    for (const [id, isShown] of this.#met) {
      const tile = this.#find(id);
      if (!tile) continue;
      this.#met.set(id, true);
      if (!isShown) tile.scrollIntoView({ block: "nearest" });
      tile.classList.add("met");
    }
  }

  /** @param {string} id */
  #forget(id) {
    this.#met.delete(id);
    const tiles = document.querySelectorAll(`[data-asset-id="${CSS.escape(id)}"]`);
    for (const tile of tiles) tile.classList.remove("met");
  }
}
