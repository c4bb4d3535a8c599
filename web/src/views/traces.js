// Traces that were begun at this pod, and a form to begin one.
import { ApiError, ask } from "../api.js";
import { count, duration, time_of } from "../format.js";
import { Card, Loading, Name, Tag, Trouble } from "../parts.js";
import { usePoll } from "../poll.js";
import { link_to } from "../route.js";
import { html, useState } from "../ui.js";

const subjects = [
  ["topic", "messages to topics", "Topic filter, such as plant/#"],
  ["client", "a client's messages", "Client id"],
  ["property", "messages with a user property", "Name"],
  ["one_in", "a sample: one of so many messages", "Of how many one"],
];
const times = [[30_000, "for 30 s"], [120_000, "for 2 min"], [600_000, "for 10 min"]];

/** What a trace follows, in words. */
export function Follows({ of }) {
  if (of.client !== undefined) return html`client <${Name} text=${of.client} />`;
  if (of.topic !== undefined) return html`topics <${Name} text=${of.topic} />`;
  if (of.property) return html`user property <${Name} text=${of.property.name} /> = <${Name} text=${of.property.value} />`;
  return html`one of ${count(of.one_in)} messages`;
}

export const State = ({ t }) => html`<${Tag} tone=${t.state === "following" ? "good" : t.state === "finishing" ? "warn" : ""}>${t.state}<//>`;

function Form() {
  const [kind, set_kind] = useState("topic");
  const [text, set_text] = useState("");
  const [value, set_value] = useState("");
  const [ms, set_ms] = useState(times[0][0]);
  const [refusal, set_refusal] = useState(null);
  const begin = async (e) => {
    e.preventDefault();
    const what = kind === "property" ? { name: text, value } : kind === "one_in" ? Number(text) : text;
    try {
      const { id } = await ask("/api/v1/traces", { method: "POST", body: { [kind]: what, for_ms: ms } });
      location.hash = link_to("traces", String(id));
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      set_refusal(error.message);
    }
  };
  const hint = subjects.find(([k]) => k === kind)[2];
  return html`<${Card} title="Follow messages" aside="at all pods, from socket to socket">
    <form class="filter" onSubmit=${begin}>
      <select aria-label="What to follow" value=${kind} onChange=${(e) => set_kind(e.target.value)}>
        ${subjects.map(([k, words]) => html`<option key=${k} value=${k} selected=${k === kind}>${words}</option>`)}
      </select>
      <input type=${kind === "one_in" ? "number" : "text"} min="1" required=${kind !== "property"} value=${text} placeholder=${hint} aria-label=${hint} spellcheck=${false} autocapitalize="off"
        autocomplete="off" onInput=${(e) => set_text(e.target.value)} />
      ${kind === "property" &&
      html`<input type="text" value=${value} placeholder="Value" aria-label="Value" spellcheck=${false} autocapitalize="off" autocomplete="off" onInput=${(e) => set_value(e.target.value)} />`}
      <select aria-label="How long" value=${ms} onChange=${(e) => set_ms(Number(e.target.value))}>
        ${times.map(([v, words]) => html`<option key=${v} value=${v} selected=${v === ms}>${words}</option>`)}
      </select>
      <button type="submit" class="primary">Follow</button>
    </form>
    ${refusal && html`<p class="trouble note" role="alert">${refusal}</p>`}
    <p class="quiet note">What is noted are names, sizes and times, never a payload. A trace stops by itself.</p>
  <//>`;
}

const Row = ({ t }) => html`<tr>
  <th scope="row"><a href=${link_to("traces", String(t.id))} data-row><${Follows} of=${t.follows} /></a></th>
  <td data-label="State"><${State} t=${t} /></td>
  <td data-label="Began">${time_of(t.started_unix_ms)}</td>
  <td data-label="For">${duration(t.lasts_ms)}</td>
  <td data-label="Messages" class="number">${count(t.followed_messages)}</td>
  <td data-label="Steps" class="number">${count(t.steps)}</td>
</tr>`;

export function Traces() {
  const list = usePoll("/api/v1/traces", 2000);
  const d = list.data;
  return html`
    <h1>Traces</h1>
    <${Form} />
    <${Card} title="Begun at this pod">
      <${Loading} of=${list} /><${Trouble} of=${list} />
      ${d &&
      (d.items.length
        ? html`<table class="rows">
            <thead><tr><th scope="col">Follows</th><th scope="col">State</th><th scope="col">Began</th><th scope="col">For</th><th scope="col" class="number">Messages</th><th scope="col" class="number">Steps</th></tr></thead>
            <tbody>${d.items.map((t) => html`<${Row} key=${t.id} t=${t} />`)}</tbody>
          </table>`
        : html`<p class="quiet">None.</p>`)}
    <//>
  `;
}
