/**
 * A SharedWorker that holds the one event stream of all tabs, since six streams would take all the
 * connections a browser gives to one server. Tabs say {after} on arrival and hear
 * {event} and {isOpen}; {late: true} tells a tab that it may have missed something before it came.
 */

import { openLine } from "./event-source.js";

/** @type {Set<MessagePort>} */
const ports = new Set();
let isStarted = false;
let isOpen = false;
let last = "";

/** @param {any} message */
function tell(message) {
  for (const port of ports) port.postMessage(message);
}

/** @param {string} after */
function start(after) {
  isStarted = true;
  last = after;
  openLine(after, (event) => { last = event.id; tell({ event }); }, (state) => {
    isOpen = state;
    tell({ isOpen });
  });
}

/** @param {MessagePort} port @param {any} message */
function hear(port, { after, bye }) {
  if (bye) { ports.delete(port); return; }
  ports.add(port);
  if (!isStarted) { start(after); return; }
  port.postMessage({ isOpen });
  if (Number(after) < Number(last)) port.postMessage({ late: true });
}

self.addEventListener("connect", (event) => {
  const port = /** @type {MessageEvent} */ (event).ports[0];
  port.onmessage = ({ data }) => hear(port, data);
  port.start();
});
