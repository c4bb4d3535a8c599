// Sessions at this pod, whether their clients are connected or away.
import { count } from "../format.js";
import { useList } from "../list.js";
import { Card, Filter, Loading, Name, Pager, Tag, Toggle, Trouble, Wait, place_of } from "../parts.js";
import { html, useState } from "../ui.js";

const Row = ({ c }) => html`<tr>
  <th scope="row"><a href=${place_of(c)} data-row><${Name} text=${c.subject} /></a></th>
  <td data-label="State"><${Tag} tone=${c.connected ? "good" : ""}>${c.connected ? "connected" : "away"}<//>${c.persistent && html` <${Tag}>persistent<//>`}</td>
  <td data-label="MQTT">${c.protocol}</td>
  <td data-label="Subscriptions" class="number">${count(c.subscription_count)}</td>
  <td data-label="Unacknowledged" class="number">${count(c.unacknowledged)}</td>
  <td data-label="Queued" class="number">${count(c.queued_messages)}</td>
  <td data-label="Waits for" class=${c.waits.on === "nothing" ? "none" : ""}><${Wait} waits=${c.waits} /></td>
</tr>`;

export function Clients() {
  const [contains, set_contains] = useState("");
  const [waiting, set_waiting] = useState(false);
  const list = useList("/api/v1/clients", { contains, waiting, sort: waiting ? "wait" : "" });
  const d = list.data;
  return html`
    <h1>Clients</h1>
    <${Filter} value=${contains} on=${set_contains} placeholder="Client id contains …">
      <${Toggle} on=${waiting} set=${set_waiting}>Only those that wait<//>
    <//>
    <${Card}>
      <${Loading} of=${list} /><${Trouble} of=${list} />
      ${d &&
      (d.items.length
        ? html`<table class="rows">
            <thead><tr><th scope="col">Client</th><th scope="col">State</th><th scope="col">MQTT</th><th scope="col" class="number">Subscriptions</th><th scope="col" class="number">Unacknowledged</th><th scope="col" class="number">Queued</th><th scope="col">Waits for</th></tr></thead>
            <tbody>${d.items.map((c) => html`<${Row} key=${c.id} c=${c} />`)}</tbody>
          </table>`
        : html`<p class="quiet">${waiting ? "None waits." : contains ? "None is called so." : "No client has a session at this pod."}</p>`)}
      ${d && html`<${Pager} ...${list} shown=${d.items.length} matching=${d.matching} what="sessions" />`}
    <//>
  `;
}
