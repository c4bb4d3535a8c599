// One actor: its waits, its work, and what is special about its kind.
import { encode } from "../api.js";
import { count, duration, words } from "../format.js";
import { Card, Facts, Loading, Name, Stat, Tag, Trouble, Wait, place_of } from "../parts.js";
import { usePoll } from "../poll.js";
import { link_to } from "../route.js";
import { html } from "../ui.js";

const items_max = 100;

const Item = ({ of }) => (of !== null && typeof of === "object" ? html`<${Facts} of=${of} />` : html`<${Name} text=${String(of)} />`);

/** A part that is an object or a list gets a card of its own. */
function Part({ name, of }) {
  if (!Array.isArray(of)) return html`<${Card} title=${words(name)}><${Facts} of=${of} /><//>`;
  return html`<${Card} title=${words(name)} aside=${count(of.length)}>
    ${of.length ? html`<ul class="names">${of.slice(0, items_max).map((i, n) => html`<li key=${n}><${Item} of=${i} /></li>`)}</ul>` : html`<p class="quiet">None.</p>`}
    ${of.length > items_max && html`<p class="quiet">The first ${items_max} of them.</p>`}
  <//>`;
}

export function Actor({ id }) {
  const state = usePoll(`/api/v1/actors/${encode(id)}`, 1000);
  const d = state.data;
  const parts = d ? Object.entries(d.more).filter(([, v]) => v !== null && typeof v === "object") : [];
  const own = d && place_of(d);
  return html`
    <p class="crumbs"><a href=${link_to("actors")}>Actors</a></p>
    <h1>${d ? d.kind : "actor"} ${d?.subject && html`<${Name} text=${d.subject} />`} <span class="quiet">${id}</span></h1>
    <${Loading} of=${state} /><${Trouble} of=${state} />
    ${d &&
    html`
      <div class="tags"><${Tag}>unit ${d.unit}<//><${Tag}>${duration(d.age_ms)} old<//>${own !== link_to("actors", String(d.id)) && html`<a href=${own}>more about this ${d.kind === "session" ? "client" : d.kind}</a>`}</div>
      <${Card} title="What it waits for" wide><p class="line"><${Wait} waits=${d.waits} long /></p><//>
      <div class="stats">
        <${Stat} name="Messages" value=${count(d.messages)} note=${`${count(d.runs)} runs`} />
        <${Stat} name="Busy" value=${duration(d.busy_us / 1000)} note=${d.runs ? `${duration(d.busy_us / 1000 / d.runs)} a run` : ""} />
        <${Stat} name="Mailbox now" value=${count(d.mailbox)} note=${`${count(d.mailbox_max)} at most`} tone=${d.mailbox > 1000 ? "warn" : ""} />
      </div>
      <div class="columns">
        <${Card} title=${`The ${d.kind}`}><${Facts} of=${d.more} /><//>
        ${parts.map(([k, v]) => html`<${Part} key=${k} name=${k} of=${v} />`)}
      </div>
    `}
  `;
}
