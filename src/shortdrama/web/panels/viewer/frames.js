/** Frames and timecode. Pure. */

/** The frame that is shown at a media time, from 0. @param {number} time_s @param {number} fps */
export function frameAt(time_s, fps) {
  return Math.floor(time_s * fps + 0.001);
}

/**
 * A time in the middle of a frame, so that no rounding lands on its neighbour.
 * @param {number} frame
 * @param {number} fps
 */
export function middleOf(frame, fps) {
  return (frame + 0.5) / fps;
}

/** "00:01.18": minutes, seconds, frames. @param {number} time_s @param {number} fps */
export function timecode(time_s, fps) {
  const frame = frameAt(Math.max(0, time_s), fps);
  const seconds = Math.floor(frame / fps);
  const two = (/** @type {number} */ number) => String(number).padStart(2, "0");
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}.${two(Math.floor(frame - seconds * fps))}`;
}

export const SPEEDS = [0.25, 0.5, 0.75, 1, 1.5, 2];

/**
 * The next speed up (1) or down (-1); the same at either end.
 * @param {number} speed
 * @param {1|-1} step
 */
export function nextSpeed(speed, step) {
  const index = SPEEDS.indexOf(speed);
  return SPEEDS[Math.min(SPEEDS.length - 1, Math.max(0, (index < 0 ? 3 : index) + step))];
}

/**
 * The in and out points after one of them was set; they never cross.
 * @param {{from: number, to: number}} range
 * @param {"in"|"out"} which
 * @param {number} time_s
 * @param {number} length_s
 */
export function withPoint({ from, to }, which, time_s, length_s) {
  if (which === "in") return { from: time_s, to: to > time_s ? to : length_s };
  return { from: from < time_s ? from : 0, to: time_s };
}
