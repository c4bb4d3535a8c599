// One trace: its messages as they come, the steps of each on a line of time, and what became of it.
import { ApiError, ask } from "../api.js";
import { bytes, count, duration, time_of } from "../format.js";
import { Card, Loading, Name, Stat, Tag, Trouble, Toggle } from "../parts.js";
import { usePoll } from "../poll.js";
import { link_to } from "../route.js";
import { html, useState } from "../ui.js";
import { Follows, State } from "./traces.js";

const messages_shown_max = 100;
const tones = { delivered: "good", mailed: "warn", refused: "bad", dropped: "bad", expired: "bad" };

/** All steps so far, by message. */
function put_together(before, answer) {
  const messages = new Map(before?.messages);
  for (const m of answer.messages) messages.set(m.number, { ...m, all: messages.get(m.number)?.all ?? [] });
  const fresh = new Map();
  for (const s of answer.steps) fresh.set(s.message, [...(fresh.get(s.message) ?? []), s]);
  for (const [number, steps] of fresh) {
    const m = messages.get(number);
    messages.set(number, { ...m, all: [...m.all, ...steps].sort((a, b) => a.unix_us - b.unix_us || a.number - b.number) });
  }
  return { trace: answer.trace, next: answer.next, messages };
}

const options = { reduce: put_together, more: (before) => `?after=${before.next}` };

/** "to 2 sessions, 0 groups, 1 pod", "QoS 1", "Quota exceeded": what a step has to say besides who and when. */
function details(s) {
  const n = (k, word) => `${count(s[k])} ${word}${s[k] === 1 ? "" : "s"}`;
  return [
    s.sessions !== undefined && `to ${n("sessions", "session")}, ${n("groups", "group")}, ${n("pods", "pod")}`,
    s.qos !== undefined && `QoS ${s.qos}`,
    s.retain && "retain",
    s.packet_id !== undefined && `packet id ${s.packet_id}`,
    s.filter,
    s.reason,
    s.why,
  ].filter(Boolean);
}

function Step({ s, m }) {
  const at = (100 * (s.unix_us - m.first_unix_us)) / Math.max(1, m.took_us);
  const who = s.client ?? s.other_pod;
  return html`<li class="step">
    <span class="step-time number">${duration((s.unix_us - m.first_unix_us) / 1000)}</span>
    <span class="step-line" aria-hidden="true"><i style=${{ left: `${Math.min(100, Math.max(0, at))}%` }}></i></span>
    <span class="step-what"><b>${s.event}</b> ${who && html`<${Name} text=${who} />`} <span class="quiet">${details(s).map((d, i) => html`${i > 0 && ", "}<${Name} text=${d} />`)}</span></span>
    <span class="step-pod quiet"><${Name} text=${s.pod} /></span>
  </li>`;
}

function Message({ m }) {
  const ends = ["delivered", "mailed", "expired", "dropped", "under_way"].filter((k) => m[k] > 0).map((k) => `${count(m[k])} ${k.replace("_", " ")}`);
  return html`<details class="message">
    <summary data-row>
      <span class="message-time quiet">${time_of(m.first_unix_us / 1000)}</span>
      <${Tag} tone=${tones[m.verdict]}>${m.verdict}<//>
      <span class="message-name"><${Name} text=${m.topic} /></span>
      <span class="quiet">${m.publisher ? html`from <${Name} text=${m.publisher} />` : "noticed on its way"}, QoS ${m.qos}, ${bytes(m.payload_bytes)}, ${duration(m.took_us / 1000)}</span>
    </summary>
    <p class="note">${m.why && html`<${Name} text=${`${m.why}. `} />`}${ends.join(", ")}</p>
    <ul class="steps">${m.all.map((s) => html`<${Step} key=${s.number} s=${s} m=${m} />`)}</ul>
  </details>`;
}

/** What was left out of a trace, and why. */
function Missing({ t }) {
  const said = [
    t.skipped_messages > 0 && `${count(t.skipped_messages)} messages were not followed: more than trace.messages.rate.`,
    t.lost_steps > 0 && `${count(t.lost_steps)} steps were not kept.`,
    ...t.other_pods.filter((p) => !p.takes_part).map((p) => `${p.pod} takes no part.`),
    t.ended_by && `It ended because ${t.ended_by}.`,
  ].filter(Boolean);
  return said.length > 0 && html`<ul class="explanation">${said.map((line) => html`<li key=${line}><${Name} text=${line} /></li>`)}</ul>`;
}

export function Trace({ id }) {
  const state = usePoll(`/api/v1/traces/${id}`, 500, options);
  const [only_bad, set_only_bad] = useState(false);
  const [refusal, set_refusal] = useState(null);
  const d = state.data;
  const t = d?.trace;
  const drop = async () => {
    try {
      await ask(`/api/v1/traces/${id}`, { method: "DELETE" });
      location.hash = link_to("traces");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      set_refusal(error.message);
    }
  };
  const all = d ? [...d.messages.values()] : [];
  const of_verdict = (v) => count(all.filter((m) => m.verdict === v).length);
  const wanted = all.filter((m) => !only_bad || tones[m.verdict] === "bad").sort((a, b) => b.first_unix_us - a.first_unix_us);
  return html`
    <p class="crumbs"><a href=${link_to("traces")}>Traces</a></p>
    <h1>${t ? html`<${Follows} of=${t.follows} />` : `Trace ${id}`}</h1>
    <${Loading} of=${state} /><${Trouble} of=${state} />
    ${d &&
    html`
      <div class="tags"><${State} t=${t} /><span class="quiet">since ${time_of(t.started_unix_ms)}, for ${duration(t.lasts_ms)}</span></div>
      <div class="stats">
        <${Stat} name="Messages" value=${count(t.followed_messages)} note=${`${count(t.steps)} steps`} />
        <${Stat} name="Delivered" value=${of_verdict("delivered")} />
        <${Stat} name="Mailed" value=${of_verdict("mailed")} />
        <${Stat} name="Refused, dropped, expired" value=${count(all.filter((m) => tones[m.verdict] === "bad").length)} tone=${all.some((m) => tones[m.verdict] === "bad") ? "bad" : ""} />
        <${Stat} name="Under way" value=${of_verdict("under way")} note=${`${of_verdict("no subscribers")} had no subscribers`} />
      </div>
      <${Missing} t=${t} />
      <div class="filter">
        <${Toggle} on=${only_bad} set=${set_only_bad}>Only what went wrong<//>
        <button type="button" onClick=${drop}>${t.state === "ended" ? "Forget it" : "Stop and forget it"}</button>
      </div>
      ${refusal && html`<p class="trouble" role="alert">${refusal}</p>`}
      <${Card} title="Messages" aside=${wanted.length > messages_shown_max ? `the last ${messages_shown_max} of ${count(wanted.length)}` : count(wanted.length)}>
        ${wanted.length
          ? wanted.slice(0, messages_shown_max).map((m) => html`<${Message} key=${m.number} m=${m} />`)
          : html`<p class="quiet">${t.state === "ended" ? "None was followed." : "None so far."}</p>`}
      <//>
    `}
  `;
}
