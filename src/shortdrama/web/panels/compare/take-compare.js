/**
 * <take-compare data-shot data-fps data-seconds>: the viewer's player on several clips at once.
 *
 * One of its articles is chosen (`aria-current`): it is heard, and keys select or reject it.
 */

import { TakePlayer } from "../viewer/take-player.js";
import { VideoGroup } from "./video-group.js";

const SETTLE_MS = 120;

class TakeCompare extends TakePlayer {
  /** @type {VideoGroup|null} */
  #group = null;
  #timer = 0;

  connectedCallback() {
    this.#group ??= new VideoGroup(this.articles.map(videoOf), videoOf(this.chosen));
    super.connectedCallback();
    this.choose(this.chosen);
    this.addEventListener("click", this.#pressed);
    this.addEventListener("focusin", this.#entered);
    this.#rail.addEventListener("scroll", () => {
      window.clearTimeout(this.#timer);
      this.#timer = window.setTimeout(() => this.#chooseMiddle(), SETTLE_MS);
    }, { passive: true });
  }

  /** @returns {any} */
  get video() {
    return this.#group;
  }

  /** @returns {HTMLElement[]} */
  get articles() {
    return [...this.querySelectorAll("article")];
  }

  /** @returns {HTMLElement} */
  get chosen() {
    return this.querySelector("article[aria-current]") ?? this.articles[0];
  }

  get #rail() {
    return /** @type {HTMLElement} */ (this.querySelector(".cmps"));
  }

  /** @param {HTMLElement|undefined} article @param {{scrolls?: boolean}} [how] */
  choose(article, { scrolls = true } = {}) {
    if (!article) return;
    for (const other of this.articles) other.toggleAttribute("aria-current", false);
    article.setAttribute("aria-current", "true");
    this.#group?.hear(videoOf(article));
    this.querySelector(".transport a[download]")?.setAttribute("href", article.dataset.download ?? "");
    if (scrolls && this.#isSwiped) article.scrollIntoView({ block: "nearest", inline: "center" });
  }

  get #isSwiped() {
    return this.#rail.scrollWidth > this.#rail.clientWidth + 1;
  }

  #pressed = (/** @type {MouseEvent} */ event) => {
    const article = event.target instanceof Element ? event.target.closest("article") : null;
    if (!(article instanceof HTMLElement)) return;
    const wasChosen = article === this.chosen;
    this.choose(article);
    if (!(event.target instanceof HTMLVideoElement) || !wasChosen) return;
    if (this.isPlaying) this.video.pause();
    else this.play();
  };

  #entered = (/** @type {FocusEvent} */ event) => {
    const article = event.target instanceof Element ? event.target.closest("article") : null;
    if (!(article instanceof HTMLElement) || article === this.chosen) return;
    // What a finger is pressing must not move away from under it.
    this.choose(article, { scrolls: /** @type {Element} */ (event.target).matches(":focus-visible") });
  };

  #chooseMiddle() {
    if (!this.#isSwiped) return;
    const { left, width } = this.#rail.getBoundingClientRect();
    const middle = left + width / 2;
    const away = (/** @type {HTMLElement} */ article) => {
      const box = article.getBoundingClientRect();
      return Math.abs(box.left + box.width / 2 - middle);
    };
    const nearest = this.articles.reduce((best, article) => (away(article) < away(best) ? article : best));
    if (nearest !== this.chosen) this.choose(nearest, { scrolls: false });
  }
}

/** @param {HTMLElement} article */
function videoOf(article) {
  return /** @type {HTMLVideoElement} */ (article.querySelector("video"));
}

customElements.define("take-compare", TakeCompare);
