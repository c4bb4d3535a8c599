// The pods of the cluster as this one sees them, and its links to the others.
import { count, bytes, duration } from "../format.js";
import { Card, Loading, Name, Tag, Trouble } from "../parts.js";
import { usePoll } from "../poll.js";
import { link_to } from "../route.js";
import { html } from "../ui.js";

/** The page of another pod; what a pod announced is no link unless it is one of the web. */
function page_of(pod) {
  try {
    const url = new URL(pod.admin);
    return ["http:", "https:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

function Link({ link }) {
  if (!link) return html`<span class="quiet">–</span>`;
  return html`<a href=${link_to("actors", String(link.id))}><${Tag} tone=${link.linked ? "good" : "bad"}>${link.linked ? "linked" : `no link${link.unlinked_for_ms === undefined ? "" : ` for ${duration(link.unlinked_for_ms)}`}`}<//></a>`;
}

function Pod({ pod, link, view }) {
  const page = pod.self ? null : page_of(pod);
  return html`<tr>
    <th scope="row">${page ? html`<a href=${page} rel="noreferrer" data-row><${Name} text=${pod.name} /></a>` : html`<${Name} text=${pod.name} />`} ${pod.self && html`<${Tag}>this pod<//>`}</th>
    <td data-label="Link">${pod.self ? html`<span class="quiet">–</span>` : html`<${Link} link=${link} />`}</td>
    <td data-label="Waits to be confirmed">${link ? `${count(link.unconfirmed_frames)} frames, ${bytes(link.unconfirmed_bytes)}` : "–"}</td>
    <td data-label="View">${pod.installed_view}${pod.installed_view !== view && html` <${Tag} tone="warn">behind<//>`}${pod.moves && html` <${Tag} tone="warn">${pod.moves}<//>`}</td>
    <td data-label="Clients connect to"><${Name} text=${pod.mqtt} /></td>
    <td data-label="Version">${pod.version}</td>
  </tr>`;
}

export function Pods() {
  const pods = usePoll("/api/v1/pods", 2000);
  const links = usePoll("/api/v1/links?limit=1000", 2000);
  const d = pods.data;
  const by_pod = new Map((links.data?.items ?? []).map((l) => [l.pod, l]));
  return html`<${Card} title="Pods" aside=${d && (d.settled ? (d.step === "alone" ? "alone" : `view ${d.view}, settled`) : `view ${d.view}: ${d.step}`)}>
    <${Loading} of=${pods} /><${Trouble} of=${pods} />
    ${d &&
    html`<table class="rows">
      <thead><tr><th scope="col">Pod</th><th scope="col">Link</th><th scope="col">Unconfirmed</th><th scope="col">View</th><th scope="col">Clients connect to</th><th scope="col">Version</th></tr></thead>
      <tbody>${d.pods.map((p) => html`<${Pod} key=${p.life} pod=${p} view=${d.view} link=${by_pod.get(p.life) ?? by_pod.get(p.name)} />`)}</tbody>
    </table>`}
    ${d?.departed.length > 0 && html`<p class="trouble">Departed, and being taken over: ${d.departed.map((p) => html`<${Name} key=${p} text=${p} /> `)}</p>`}
  <//>`;
}
