/** The scripts of the library page. */

import "../../static/js/asset-menu.js";
import "../../static/js/coming-in.js";
import "../../static/js/file-drop.js";
import "../../static/js/others-waiting.js";
import "../../static/js/refused-files.js";
import "../../static/js/server-away.js";
import "./asset-grid.js";
import "./library-view.js";
import "./selection-bar.js";
import { startOutbox } from "../../static/js/outbox.js";
import { startServiceWorker } from "../../static/js/page-worker.js";

startOutbox();
startServiceWorker();
