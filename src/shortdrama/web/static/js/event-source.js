/**
 * One line to /api/events. The browser comes back by itself after a broken line and names the last
 * event it saw; after an HTTP error it gives up by its rules, and this opens a new one.
 */

export const KINDS = [
  "take.changed", "take.progress", "shot.added", "shot.changed", "shot.removed", "shot.draft",
  "asset.added", "asset.changed", "asset.removed", "prompt.added", "connection.changed",
  "project.changed", "resync",
];
const AGAIN_MS = 1000;

/**
 * @param {string} after the event to go on from; "" for from now on
 * @param {(event: {kind: string, data: any, id: string}) => void} onEvent
 * @param {(isOpen: boolean) => void} onState
 * @returns {() => void} closes the line
 */
export function openLine(after, onEvent, onState) {
  let last = after;
  let isClosed = false;
  /** @type {EventSource} */
  let source;
  const open = () => {
    source = new EventSource(`/api/events?after=${encodeURIComponent(last)}`);
    source.onopen = () => onState(true);
    source.onerror = () => {
      onState(false);
      if (source.readyState === EventSource.CLOSED && !isClosed) setTimeout(open, AGAIN_MS);
    };
    for (const kind of KINDS) source.addEventListener(kind, hear);
  };
  const hear = (/** @type {MessageEvent} */ message) => {
    last = message.lastEventId || last;
    onEvent({ kind: message.type, data: JSON.parse(message.data), id: last });
  };
  open();
  return () => { isClosed = true; source.close(); };
}
