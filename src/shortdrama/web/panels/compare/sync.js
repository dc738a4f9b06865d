/** How far a clip is from the one that leads, and what brings it back. Pure. */

const FAR_S = 0.3;
const NEAR_S = 0.012;
const LEAD_S = 0.05;

/**
 * @typedef {{mediaTime: number, expectedDisplayTime: number}} Frame of requestVideoFrameCallback
 */

/**
 * Seconds by which a clip is ahead, counted to the moment when its frame is seen.
 * @param {Frame} frame
 * @param {Frame} lead the newest frame of the clip that leads
 * @param {number} speed
 */
export function driftOf(frame, lead, speed) {
  const since_s = (frame.expectedDisplayTime - lead.expectedDisplayTime) / 1000;
  return frame.mediaTime - (lead.mediaTime + since_s * speed);
}

/**
 * A far clip jumps, `jump_s` from where the lead is; a near one goes a little faster or slower.
 * @param {number} drift_s
 * @param {number} speed
 * @returns {{jump_s: number|null, rate: number}}
 */
export function correctionOf(drift_s, speed) {
  const far = Math.abs(drift_s);
  if (far > FAR_S) return { jump_s: LEAD_S * speed, rate: speed };
  if (far < NEAR_S) return { jump_s: null, rate: speed };
  return { jump_s: null, rate: speed * Math.min(1.1, Math.max(0.9, 1 - 1.2 * drift_s)) };
}
