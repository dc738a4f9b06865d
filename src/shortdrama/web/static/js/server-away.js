/**
 * <server-away>: says that the server is away, as long as it is. Its words are in its HTML.
 */

import { isServerAway } from "./presence.js";

class ServerAway extends HTMLElement {
  #show = () => { this.hidden = !isServerAway(); };

  connectedCallback() {
    document.addEventListener("server-away", this.#show);
    document.addEventListener("server-back", this.#show);
    this.#show();
  }

  disconnectedCallback() {
    document.removeEventListener("server-away", this.#show);
    document.removeEventListener("server-back", this.#show);
  }
}

customElements.define("server-away", ServerAway);
