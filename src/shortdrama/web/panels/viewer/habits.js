/** How a person likes to watch, kept for the next clip and the next visit: speed, and whether it loops. */

import { SPEEDS } from "./frames.js";

const SPEED = "viewer:speed";
const LOOPS = "viewer:loops";

export const habits = {
  get speed() {
    const kept = Number(localStorage.getItem(SPEED));
    return SPEEDS.includes(kept) ? kept : 1;
  },
  set speed(speed) {
    localStorage.setItem(SPEED, String(speed));
  },
  get loops() {
    return localStorage.getItem(LOOPS) !== "false";
  },
  set loops(loops) {
    localStorage.setItem(LOOPS, String(loops));
  },
};
