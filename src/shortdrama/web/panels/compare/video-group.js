/**
 * Several clips that behave like one <video>: one time, one speed, one sound.
 *
 * One clip leads: the one that is heard, or the longest where that one is shorter. It is followed
 * frame by frame; the others are told when they drift (sync.js). A clip that is shorter stands on
 * its last frame until the lead begins again. Where the machine is too slow for all of them, they
 * wait for each other rather than run apart.
 */

import { correctionOf, driftOf } from "./sync.js";

const READY_MS = 5000;
const JUMP_PAUSE_MS = 1000;
const APART_S = 0.6;
const APART_PAUSE_MS = 1500;
const END_S = 0.02;

export class VideoGroup extends EventTarget {
  #videos;
  #lead;
  #heard;
  #speed = 1;
  #volume = 1;
  #isMuted = false;
  #wantsPlay = false;
  /** Counts what was asked, so that an older play() finds out that it is over. */
  #turn = 0;
  /** @type {Map<HTMLVideoElement, any>} the newest frame of each */
  #frames = new Map();
  /** @type {WeakMap<HTMLVideoElement, number>} */
  #jumped = new WeakMap();
  #gathered = -Infinity;

  /** @param {HTMLVideoElement[]} videos @param {HTMLVideoElement} heard */
  constructor(videos, heard) {
    super();
    this.#videos = videos;
    this.#heard = this.#lead = heard;
    for (const video of videos) {
      for (const name of ["loadedmetadata", "seeked", "ended"]) {
        video.addEventListener(name, () => this.#pass(video, name));
      }
      this.#watch(video);
    }
    this.hear(heard);
  }

  /** The clip whose sound is on. @param {HTMLVideoElement} video */
  hear(video) {
    this.#heard = video;
    this.#chooseLead();
    this.#setSound();
  }

  get duration() { return Math.max(...this.#videos.map(lengthOf)); }
  get paused() { return !this.#wantsPlay; }
  get ended() { return this.#lead.ended; }
  get volume() { return this.#volume; }
  set volume(volume) { this.#volume = volume; this.#setSound(); }
  get muted() { return this.#isMuted; }
  set muted(isMuted) { this.#isMuted = isMuted; this.#setSound(); }
  get playbackRate() { return this.#speed; }
  set playbackRate(speed) { this.#speed = speed; this.#evenOut(); }
  get currentTime() { return this.#lead.currentTime; }
  set currentTime(time_s) {
    this.#seek(this.#videos, time_s);
    if (this.#wantsPlay) this.play().catch(() => {});
  }

  /** Starts all at once, when each of them can. */
  async play() {
    const turn = ++this.#turn;
    if (this.ended) this.#seek(this.#videos, 0);
    this.#setWants(true);
    for (const video of this.#videos) video.pause();
    this.#evenOut();
    await Promise.all(this.#videos.map(canPlay));
    if (turn !== this.#turn) return;
    try {
      await Promise.all(this.#videos.filter((video) => !isOver(video)).map((video) => video.play()));
    } catch (error) {
      if (turn === this.#turn) this.pause();
      throw error;
    }
  }

  /** All stand on the same frame then. */
  pause() {
    this.#turn += 1;
    this.#setWants(false);
    for (const video of this.#videos) video.pause();
    this.#evenOut();
    const behind = this.#videos.filter((video) => video.currentTime !== this.#lead.currentTime);
    this.#seek(behind, this.#lead.currentTime);
  }

  /** Of the clip that leads. @param {VideoFrameRequestCallback} callback */
  requestVideoFrameCallback(callback) {
    return this.#lead.requestVideoFrameCallback(callback);
  }

  /** @param {number} handle */
  cancelVideoFrameCallback(handle) {
    this.#lead.cancelVideoFrameCallback(handle);
  }

  /** @param {HTMLVideoElement} video @param {string} name */
  #pass(video, name) {
    if (name === "loadedmetadata") this.#chooseLead();
    if (name === "loadedmetadata" || video === this.#lead) this.dispatchEvent(new Event(name));
  }

  #chooseLead() {
    const isLong = lengthOf(this.#heard) > this.duration - 0.1;
    const longest = this.#videos.find((video) => lengthOf(video) === this.duration);
    this.#lead = isLong ? this.#heard : longest ?? this.#heard;
    this.#evenOut();
  }

  /** @param {HTMLVideoElement[]} videos @param {number} time_s */
  #seek(videos, time_s) {
    this.#frames.clear();
    for (const video of videos) {
      video.currentTime = Math.min(time_s, Math.max(0, lengthOf(video) - END_S) || time_s);
    }
  }

  #evenOut() {
    for (const video of this.#videos) video.playbackRate = this.#speed;
  }

  #setSound() {
    for (const video of this.#videos) {
      video.volume = this.#volume;
      video.muted = this.#isMuted || video !== this.#heard;
    }
    this.dispatchEvent(new Event("volumechange"));
  }

  /** @param {boolean} wants */
  #setWants(wants) {
    if (this.#wantsPlay === wants) return;
    this.#wantsPlay = wants;
    this.dispatchEvent(new Event(wants ? "play" : "pause"));
  }

  /** @param {HTMLVideoElement} video */
  #watch(video) {
    video.requestVideoFrameCallback?.((_now, frame) => {
      this.#frames.set(video, frame);
      if (video === this.#lead) this.#gather();
      else this.#bringBack(video, frame);
      this.#watch(video);
    });
  }

  /** @param {HTMLVideoElement} video @param {any} frame */
  #bringBack(video, frame) {
    const lead = this.#frames.get(this.#lead);
    if (!lead || video.paused || this.#lead.paused || video.seeking || this.#lead.seeking) return;
    const { jump_s, rate } = correctionOf(driftOf(frame, lead, this.#speed), this.#speed);
    if (video.playbackRate !== rate) video.playbackRate = rate;
    if (jump_s !== null) this.#jump(video, this.#lead.currentTime + jump_s);
  }

  /** All from the same place again, where one stands still and so never hears that it is late. */
  #gather() {
    const lead = this.#lead;
    const now = performance.now();
    if (lead.paused || lead.seeking || now - this.#gathered < APART_PAUSE_MS) return;
    const isApart = (/** @type {HTMLVideoElement} */ video) =>
      !isOver(video) && Math.abs(video.currentTime - lead.currentTime) > APART_S;
    if (!this.#videos.some(isApart)) return;
    this.#gathered = now;
    this.currentTime = lead.currentTime;
  }

  /** Not again at once: on a busy machine a jump itself takes its time. @param {HTMLVideoElement} video @param {number} time_s */
  #jump(video, time_s) {
    const now = performance.now();
    if (now - (this.#jumped.get(video) ?? -Infinity) < JUMP_PAUSE_MS || time_s > lengthOf(video)) return;
    this.#jumped.set(video, now);
    video.currentTime = time_s;
  }
}

/** @param {HTMLVideoElement} video seconds; 0 until it is known */
function lengthOf(video) {
  return Number.isFinite(video.duration) ? video.duration : 0;
}

/** @param {HTMLVideoElement} video */
function isOver(video) {
  return video.error !== null || (lengthOf(video) > 0 && video.currentTime > lengthOf(video) - 2 * END_S);
}

/** @param {HTMLVideoElement} video @returns {Promise<void>} */
function canPlay(video) {
  const isReady = () => video.error !== null || (video.readyState >= video.HAVE_ENOUGH_DATA && !video.seeking);
  if (isReady()) return Promise.resolve();
  return new Promise((resolve) => {
    const stop = new AbortController();
    const done = () => { window.clearTimeout(timer); stop.abort(); resolve(); };
    // A clip that does not come keeps the others waiting only so long.
    const timer = window.setTimeout(done, READY_MS);
    for (const name of ["canplaythrough", "seeked", "error"]) {
      video.addEventListener(name, () => { if (isReady()) done(); }, { signal: stop.signal });
    }
  });
}
