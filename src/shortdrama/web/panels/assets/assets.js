/** The scripts of every page that shows assets; loaded by `assets/_panel.html` and the library. */

import "../../static/js/asset-menu.js";
import "../../static/js/coming-in.js";
import "../../static/js/file-drop.js";
import "../../static/js/others-waiting.js";
import "../../static/js/refused-files.js";
import "../../static/js/server-away.js";
import "./asset-panel.js";
import { startOutbox } from "../../static/js/outbox.js";
import { takeReferences } from "../../static/js/references.js";
import { keepWatchedClips } from "../../static/js/watched-clips.js";
import { startServiceWorker } from "../../static/js/page-worker.js";

startOutbox();
keepWatchedClips();
startServiceWorker();
// app.js stands before this in the page: the prompt listens already.
takeReferences();
