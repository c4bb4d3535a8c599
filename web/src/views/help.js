// The keys, in a dialog of the browser: focus stays inside, Esc closes it.
import { shortcuts } from "../keys.js";
import { html, useEffect, useRef } from "../ui.js";

export function Help({ close }) {
  const dialog = useRef(null);
  useEffect(() => {
    dialog.current.showModal();
  }, []);
  return html`<dialog ref=${dialog} onClose=${close} aria-labelledby="help-title">
    <h2 id="help-title">Keys</h2>
    <dl class="keys">${shortcuts.map(([key, what]) => html`<div key=${key}><dt><kbd>${key}</kbd></dt><dd>${what}</dd></div>`)}</dl>
    <button type="button" class="primary" onClick=${() => dialog.current.close()}>Close</button>
  </dialog>`;
}
