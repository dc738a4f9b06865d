/** Holds the scripts back until the page has been painted: what is asked for is to be seen first. */

const PATIENCE_MS = 250; // a page in the background is not painted

const painted = new Promise((done) => {
  new PerformanceObserver(done).observe({ type: "paint", buffered: true });
});
const waitedEnough = new Promise((done) => setTimeout(done, PATIENCE_MS));
await Promise.race([painted, waitedEnough]);
