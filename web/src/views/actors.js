// Every actor of this pod: what it does and what it waits for.
import { count, duration } from "../format.js";
import { useList } from "../list.js";
import { Card, Filter, Loading, Name, Pager, Toggle, Trouble, Wait } from "../parts.js";
import { link_to } from "../route.js";
import { html, useState } from "../ui.js";

const kinds = ["session", "topic", "group", "courier", "doorman", "gatekeeper", "home", "index", "post_office", "bank", "reaper", "sys_topics", "membership", "peer", "directory", "registrar", "porter", "adopter", "usher", "tracer"];
const orders = [["id", "by id"], ["wait", "longest wait first"], ["busy", "busiest first"], ["messages", "most messages first"], ["mailbox", "fullest mailbox first"]];

const Row = ({ a }) => html`<tr>
  <th scope="row"><a href=${link_to("actors", String(a.id))} data-row>${a.kind} <span class="quiet">${a.id}</span></a></th>
  <td data-label="Subject">${a.subject ? html`<${Name} text=${a.subject} />` : html`<span class="quiet">–</span>`}</td>
  <td data-label="Unit" class="number">${a.unit}</td>
  <td data-label="Messages" class="number">${count(a.messages)}</td>
  <td data-label="Busy" class="number">${duration(a.busy_us / 1000)}</td>
  <td data-label="Mailbox, most" class="number">${count(a.mailbox)}, ${count(a.mailbox_max)}</td>
  <td data-label="Waits for" class=${a.waits.on === "nothing" ? "none" : ""}><${Wait} waits=${a.waits} /></td>
</tr>`;

const Choice = ({ label, value, set, options }) => html`<select aria-label=${label} value=${value} onChange=${(e) => set(e.target.value)}>
  ${options.map(([v, text]) => html`<option key=${v} value=${v} selected=${v === value}>${text}</option>`)}
</select>`;

export function Actors({ only_waiting }) {
  const [contains, set_contains] = useState("");
  const [waiting, set_waiting] = useState(only_waiting);
  const [kind, set_kind] = useState("");
  const [sort, set_sort] = useState(only_waiting ? "wait" : "id");
  const list = useList("/api/v1/actors", { contains, kind, waiting, sort });
  const d = list.data;
  return html`
    <h1>Actors</h1>
    <${Filter} value=${contains} on=${set_contains} placeholder="Subject contains …">
      <${Choice} label="Kind" value=${kind} set=${set_kind} options=${[["", "every kind"], ...kinds.map((k) => [k, k])]} />
      <${Choice} label="Order" value=${sort} set=${set_sort} options=${orders} />
      <${Toggle} on=${waiting} set=${set_waiting}>Only those that wait<//>
    <//>
    <${Card}>
      <${Loading} of=${list} /><${Trouble} of=${list} />
      ${d &&
      (d.items.length
        ? html`<table class="rows">
            <thead><tr><th scope="col">Actor</th><th scope="col">Subject</th><th scope="col" class="number">Unit</th><th scope="col" class="number">Messages</th><th scope="col" class="number">Busy</th><th scope="col" class="number">Mailbox, most</th><th scope="col">Waits for</th></tr></thead>
            <tbody>${d.items.map((a) => html`<${Row} key=${a.id} a=${a} />`)}</tbody>
          </table>`
        : html`<p class="quiet">${waiting ? "None waits." : "There is none."}</p>`)}
      ${d && html`<${Pager} ...${list} shown=${d.items.length} matching=${d.matching} what="actors" />`}
    <//>
  `;
}
