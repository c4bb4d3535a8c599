// Asks for the token of admin.token.
import { has_token, set_token } from "../api.js";
import { html, useEffect, useRef, useState } from "../ui.js";

/** `why` is the pod's own sentence. */
export function Login({ why, done }) {
  const [token, set] = useState("");
  const refused = has_token();
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const submit = (e) => {
    e.preventDefault();
    set_token(token.trim());
    done();
  };
  return html`<main class="login">
    <form onSubmit=${submit} class="card">
      <h1>MQTTZoo</h1>
      <p>This pod wants its token: the word in the file that <code>admin.token</code> names. It is kept until this tab is closed.</p>
      ${refused && html`<p class="trouble" role="alert">The pod did not take that one.</p>`}
      <label for="token">Token</label>
      <input id="token" type="password" autocomplete="current-password" required ref=${field} value=${token} onInput=${(e) => set(e.target.value)} />
      <p class="quiet note">It said: ${why}.</p>
      <button type="submit" class="primary">Look inside</button>
    </form>
  </main>`;
}
