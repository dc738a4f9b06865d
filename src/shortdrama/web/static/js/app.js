/** The scripts of every page: swaps, menus, keys, events, and those of the studio where it is. */

import "./menus.js";
import "./once.js";
import "./renaming.js";
import "../../panels/studio/studio.js";
import { startEvents } from "./events.js";
import { startKeys } from "./keys.js";
import { startLogOut } from "./log-out.js";

startKeys();
startEvents();
startLogOut();
