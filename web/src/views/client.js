// One session: what it waits for in words, its windows, its subscriptions.
import { bytes, count, duration, time_of } from "../format.js";
import { Card, Facts, Loading, Name, Stat, Tag, Trouble, Wait } from "../parts.js";
import { encode } from "../api.js";
import { usePoll } from "../poll.js";
import { link_to } from "../route.js";
import { html } from "../ui.js";

const shown_above = ["client", "connected", "protocol", "persistent", "has_will", "credit_bytes", "subscription_count"];

const Meter = ({ part, whole, label }) => html`<div class="meter-line">
  <span>${label}</span><meter min="0" max=${whole || 1} high=${whole * 0.9} value=${part} aria-label=${label}></meter><b>${count(part)} of ${count(whole)}</b>
</div>`;

const Waits = ({ d }) => html`<${Card} title="What it waits for" wide>
  <ul class="explanation">${d.explanation.map((line) => html`<li key=${line}><${Name} text=${line} /></li>`)}</ul>
  ${d.waits.on !== "nothing" && html`<p class="quiet">In short: <${Wait} waits=${d.waits} /></p>`}
<//>`;

function Sending({ s }) {
  return html`<${Card} title="To its client">
    <${Meter} part=${s.unacknowledged} whole=${s.window} label="Window" />
    <${Facts} of=${s} without=${["unacknowledged", "window", ...(s.usual_acknowledge_ms > 0 ? [] : ["usual_acknowledge_ms"])]} />
  <//>`;
}

const Subscriptions = ({ m }) => html`<${Card} title="Subscriptions" aside=${count(m.subscription_count)}>
  ${m.subscriptions.length
    ? html`<ul class="names">${m.subscriptions.map((s) => html`<li key=${s.filter}><${Name} text=${s.filter} /> <${Tag}>QoS ${s.qos}<//></li>`)}</ul>`
    : html`<p class="quiet">It has none.</p>`}
  ${m.subscriptions.length < m.subscription_count && html`<p class="quiet">The first ${count(m.subscriptions.length)} of them.</p>`}
<//>`;

export function Client({ name }) {
  const state = usePoll(`/api/v1/clients/${encode(name)}`, 1000);
  const d = state.data;
  const m = d?.more;
  return html`
    <p class="crumbs"><a href=${link_to("clients")}>Clients</a></p>
    <h1><${Name} text=${name} /></h1>
    <${Loading} of=${state} /><${Trouble} of=${state} />
    ${d &&
    html`
      <div class="tags">
        <${Tag} tone=${m.connected ? "good" : ""}>${m.connected ? "connected" : "away"}<//><${Tag}>MQTT ${m.protocol}<//>
        <${Tag}>${m.persistent ? "persistent" : "clean"}<//>${m.has_will && html`<${Tag}>has a will<//>`}
        ${m.not_read_because.map((why) => html`<${Tag} key=${why} tone="warn">not read: ${why}<//>`)}
        <a href=${link_to("actors", String(d.id))}>actor ${d.id}</a>
      </div>
      <${Waits} d=${d} />
      <div class="stats">
        <${Stat} name="Unacknowledged" value=${count(m.sending.unacknowledged)} note=${`window of ${count(m.sending.window)}`} tone=${m.sending.unacknowledged >= m.sending.window ? "warn" : ""} />
        <${Stat} name="Queued behind it" value=${count(m.sending.queued_messages)} note=${bytes(m.sending.queued_bytes)} />
        <${Stat} name="Published, no promise yet" value=${count(m.publishing.without_promise)} note=${m.publishing.last_promise_ms_ago === undefined ? "" : `last one ${duration(m.publishing.last_promise_ms_ago)} ago`} />
        <${Stat} name="Published, and held" value=${count(d.held?.messages)} note=${d.held?.messages > 0 ? `${bytes(d.held.bytes)}, until ${time_of(d.held.until_unix_ms)} at most` : "by the bank"} />
        <${Stat} name="Holds in memory" value=${bytes(m.credit_bytes)} note="paid for by the bank" />
      </div>
      <div class="columns">
        <${Sending} s=${m.sending} />
        <${Card} title="From its client"><${Facts} of=${m.publishing} /><//>
        <${Card} title="Session"><${Facts} of=${m} without=${shown_above} /><//>
        <${Subscriptions} m=${m} />
      </div>
    `}
  `;
}
