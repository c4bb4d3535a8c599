// One live topic: who gets its messages, here and at other pods.
import { encode } from "../api.js";
import { bytes, count, rate } from "../format.js";
import { Card, Facts, Loading, Name, Stat, Tag, Trouble, Wait } from "../parts.js";
import { usePoll } from "../poll.js";
import { link_to } from "../route.js";
import { html } from "../ui.js";

const Route = ({ m }) => html`<${Card} title="Sessions that get it" aside=${count(m.session_count)}>
  ${m.sessions.length
    ? html`<ul class="names">${m.sessions.map((s) => html`<li key=${s.client}>
        <a href=${link_to("clients", s.client)} data-row><${Name} text=${s.client} /></a> <${Tag}>QoS ${s.qos}<//><${Tag} tone=${s.connected ? "good" : ""}>${s.connected ? "connected" : "away"}<//>
      </li>`)}</ul>`
    : html`<p class="quiet">None at this pod.</p>`}
  ${m.sessions.length < m.session_count && html`<p class="quiet">The first ${count(m.sessions.length)} of them.</p>`}
<//>`;

const Pods = ({ m }) => html`<${Card} title="Other pods that want it" aside=${count(m.pods.length)}>
  ${m.pods.length ? html`<ul class="names">${m.pods.map((p) => html`<li key=${p}><${Name} text=${p} /></li>`)}</ul>` : html`<p class="quiet">None${m.knows_other_pods === false ? " known yet" : ""}.</p>`}
<//>`;

/** With how many batches a second went through it since the answer before. */
function with_rate(before, answer) {
  const asked = performance.now();
  const rate = before?.id === answer.id ? ((answer.batches - before.batches) * 1000) / (asked - before.asked) : null;
  return { ...answer, asked, rate };
}

const options = { reduce: with_rate };

export function Topic({ name }) {
  const state = usePoll(`/api/v1/topics/${encode(name)}`, 1000, options);
  const d = state.data;
  return html`
    <p class="crumbs"><a href=${link_to("topics")}>Topics</a></p>
    <h1><${Name} text=${name} /></h1>
    <${Loading} of=${state} /><${Trouble} of=${state} />
    ${d &&
    html`
      <div class="tags"><${Wait} waits=${d.waits} long /><a href=${link_to("actors", String(d.id))}>actor ${d.id}</a></div>
      <div class="stats">
        <${Stat} name="Batches now" value=${rate(d.rate)} note=${`${count(d.batches)} since it came to life`} />
        <${Stat} name="Sessions here" value=${count(d.session_count)} note=${`${count(d.group_count)} shared groups`} />
        <${Stat} name="Other pods" value=${count(d.more.pods.length)} />
        <${Stat} name="Held for later" value=${count(d.held?.messages)} note=${d.held?.messages > 0 ? `${bytes(d.held.bytes)}, paid for by the bank` : ""} />
        <${Stat} name="Retained" value=${d.more.retained_bytes > 0 || d.retained ? bytes(d.more.retained_bytes) : "–"} note=${d.more.retained_waits_for_store ? "waits for the store" : ""} tone=${d.more.retained_waits_for_store ? "warn" : ""} />
      </div>
      <div class="columns">
        <${Route} m=${d.more} />
        <${Pods} m=${d.more} />
        <${Card} title="The topic"><${Facts} of=${d.more} without=${["topic", "batches", "session_count", "group_count", "retained_bytes"]} /><//>
      </div>
    `}
  `;
}
