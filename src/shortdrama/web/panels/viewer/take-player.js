/**
 * <take-player data-take data-fps data-seconds>: a clip with its controls, both in its HTML.
 *
 * `play()`, `isPlaying`. Tells `take-ended` on itself (bubbles) whenever the clip has come to its end,
 * also when it loops. Buttons say what they do by `data-key`; the same words come as `studio-key`.
 */

import { frameAt, middleOf, nextSpeed, timecode, withPoint } from "./frames.js";
import { habits } from "./habits.js";
import { mayGoOn, playAlone } from "./one-tab.js";
import { Scrubber } from "./scrubber.js";
import { followSound, soundOf } from "./sound.js";

const FRAME_WAIT_MS = 250;

export class TakePlayer extends HTMLElement {
  #fps = 30;
  #range = { from: 0, to: 0 };
  #loops = true;
  #last_s = 0;
  #callback = 0;
  /** @type {Promise<void>} */
  #stepping = Promise.resolve();
  /** @type {AbortController|null} */
  #listening = null;
  /** @type {Scrubber|null} */
  #scrubber = null;

  connectedCallback() {
    this.#fps = Number(this.dataset.fps) || 30;
    this.#range = { from: 0, to: this.#length };
    this.#listening = new AbortController();
    const options = { signal: this.#listening.signal };
    const video = this.video;
    video.loop = false;
    this.#scrubber = new Scrubber(this.#part(".scrub"), (time_s) => this.#seek(time_s), options.signal);
    this.addEventListener("click", this.#clicked, options);
    document.addEventListener("studio-key", this.#key, options);
    for (const name of ["play", "pause"]) video.addEventListener(name, () => this.#showPlaying(), options);
    video.addEventListener("ended", () => this.#atEnd(), options);
    video.addEventListener("loadedmetadata", () => this.#measure(), options);
    video.addEventListener("seeked", () => this.#showTime(video.currentTime), options);
    video.addEventListener("click", () => this.#run("play"), options);
    followSound(this, video, options.signal);
    playAlone(video, options.signal);
    this.#setSpeed(habits.speed);
    this.#setLoop(habits.loops);
    this.#measure();
    this.#follow();
  }

  disconnectedCallback() {
    this.#listening?.abort();
    this.video.cancelVideoFrameCallback?.(this.#callback);
  }

  get isPlaying() {
    return !this.video.paused && !this.video.ended;
  }

  /** Plays, without sound where the browser demands it. */
  async play() {
    try {
      await this.video.play();
    } catch (error) {
      if (/** @type {Error} */ (error).name !== "NotAllowedError") return;
      this.video.muted = true;
      await this.video.play().catch(() => {});
    }
  }

  /** What is played: one clip, or whatever behaves like one. */
  get video() {
    return /** @type {HTMLVideoElement} */ (this.querySelector("video"));
  }

  get #length() {
    return this.video?.duration || Number(this.dataset.seconds) || 0;
  }

  /** @param {string} selector @returns {HTMLElement} */
  #part(selector) {
    return /** @type {HTMLElement} */ (this.querySelector(selector));
  }

  #clicked = (/** @type {MouseEvent} */ event) => {
    const button = event.target instanceof Element && event.target.closest("[data-key]");
    if (button instanceof HTMLElement) this.#run(button.dataset.key ?? "");
  };

  #key = (/** @type {Event} */ event) => {
    if (this.#run(/** @type {CustomEvent} */ (event).detail.name)) event.preventDefault();
  };

  /** @param {string} name @returns {boolean} whether that is a thing the player does */
  #run(name) {
    const video = this.video;
    /** @type {Record<string, () => any>} */
    const actions = {
      play: () => (this.isPlaying ? video.pause() : this.play()),
      back: () => this.#step(-1),
      on: () => this.#step(1),
      "second-back": () => this.#seek(video.currentTime - 1),
      "second-on": () => this.#seek(video.currentTime + 1),
      slower: () => this.#setSpeed(nextSpeed(video.playbackRate, -1)),
      faster: () => this.#setSpeed(nextSpeed(video.playbackRate, 1)),
      speed: () => this.#setSpeed(video.playbackRate >= 2 ? 0.25 : nextSpeed(video.playbackRate, 1)),
      in: () => this.#setPoint("in"),
      out: () => this.#setPoint("out"),
      loop: () => this.#setLoop(!this.#loops),
      mute: () => soundOf(video).toggle(),
      full: () => this.#toggleFull(),
    };
    if (!actions[name]) return false;
    actions[name]();
    return true;
  }

  #measure() {
    const length = this.#length;
    if (this.#range.to === 0 || this.#range.to > length) this.#range.to = length;
    this.#part("[data-all]").textContent = timecode(length, this.#fps);
    this.#showTime(this.video.currentTime);
  }

  /** Frame by frame while it plays; keeps inside the in and out points. */
  #follow() {
    const video = this.video;
    if (!video.requestVideoFrameCallback) {
      video.addEventListener("timeupdate", () => this.#shown(video.currentTime), { signal: this.#listening?.signal });
      return;
    }
    this.#callback = video.requestVideoFrameCallback((_now, { mediaTime }) => {
      this.#shown(mediaTime);
      if (this.isConnected) this.#follow();
    });
  }

  /** @param {number} time_s */
  #shown(time_s) {
    this.#last_s = time_s;
    this.#showTime(time_s);
    const isPast = this.#range.to < this.#length && time_s >= this.#range.to - 0.5 / this.#fps;
    if (isPast && this.isPlaying) this.#atEnd();
  }

  #atEnd() {
    this.dispatchEvent(new CustomEvent("take-ended", { bubbles: true }));
    if (!this.isConnected) return;
    if (!this.#loops || !mayGoOn(this.video)) { this.video.pause(); return; }
    this.#seek(this.#range.from);
    this.play();
  }

  /** @param {number} time_s */
  #seek(time_s) {
    const last = Math.max(0, this.#length - 0.5 / this.#fps);
    const frame = frameAt(Math.min(last, Math.max(0, time_s)), this.#fps);
    this.video.currentTime = Math.min(last, middleOf(frame, this.#fps));
    this.#last_s = frame / this.#fps;
    this.#showTime(this.#last_s);
  }

  /** One frame on or back, waiting until it is really there. @param {number} by */
  #step(by) {
    this.video.pause();
    this.#stepping = this.#stepping.then(() => {
      const frame = frameAt(this.video.currentTime, this.#fps) + by;
      if (frame < 0 || frame >= Math.round(this.#length * this.#fps)) return undefined;
      this.#seek(frame / this.#fps);
      return framePresented(this.video);
    });
  }

  /** @param {"in"|"out"} which */
  #setPoint(which) {
    this.#range = withPoint(this.#range, which, this.video.currentTime, this.#length);
    this.#scrubber?.showRange(this.#range, this.#length);
  }

  /** @param {boolean} loops */
  #setLoop(loops) {
    this.#loops = habits.loops = loops;
    this.#part("[data-key=loop]").setAttribute("aria-pressed", String(loops));
  }

  /** @param {number} speed */
  #setSpeed(speed) {
    this.video.playbackRate = habits.speed = speed;
    this.#part("[data-speed]").textContent = `${speed}×`;
  }

  #toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen();
    else this.requestFullscreen?.().catch(() => {});
  }

  /** @param {number} time_s */
  #showTime(time_s) {
    this.#part("[data-now]").textContent = timecode(time_s, this.#fps);
    this.#scrubber?.show(time_s, this.#length);
  }

  #showPlaying() {
    const button = this.#part(".play");
    const words = this.querySelector("[data-playing]");
    button.setAttribute("aria-label", (this.isPlaying ? button.dataset.pause : button.dataset.play) ?? "");
    button.querySelector("use")?.setAttribute("href", this.isPlaying ? "#i-pause" : "#i-play");
    if (!(words instanceof HTMLElement)) return;
    words.textContent = (this.isPlaying ? words.dataset.plays : words.dataset.pauses) ?? "";
  }
}

/** @param {HTMLVideoElement} video @returns {Promise<void>} */
function framePresented(video) {
  return new Promise((resolve) => {
    // A seek to the frame that is already there presents none.
    const timer = window.setTimeout(resolve, FRAME_WAIT_MS);
    video.requestVideoFrameCallback?.(() => { window.clearTimeout(timer); resolve(); });
  });
}

customElements.define("take-player", TakePlayer);
