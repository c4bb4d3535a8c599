// Live topics as a tree, with what goes through each branch.
import { query } from "../api.js";
import { count, rate, short } from "../format.js";
import { Card, Filter, Loading, Name, Tag, Trouble, place_of } from "../parts.js";
import { usePoll } from "../poll.js";
import { build_tree, with_rates } from "../topic_tree.js";
import { html, useEffect, useMemo, useState } from "../ui.js";

const asked_max = 1000; // the busiest; the filter brings the others
const shown_max = 200; // of one branch

const Bar = ({ part, whole }) => html`<span class="bar" aria-hidden="true">${whole > 0 && html`<meter min="0" max=${whole} value=${part ?? 0}></meter>`}</span>`;

function Leaf({ node, name, whole }) {
  const t = node.topic;
  return html`<div class="branch">
    <a class="branch-name" href=${place_of(t)} data-row><${Name} text=${name} /></a>
    <span class="marks">${t.retained && html`<${Tag}>retained<//>`}${t.session_count > 0 && html`<span class="quiet" title="sessions of this pod that get it">${count(t.session_count)} ${t.session_count === 1 ? "session" : "sessions"}</span>`}</span>
    <${Bar} part=${node.rate} whole=${whole} /><span class="number">${rate(node.rate)}</span><span class="number quiet total">${short(node.total)}</span>
  </div>`;
}

function Branch({ node, path, open, toggle, whole }) {
  const children = [...node.children.values()];
  const is_open = open(path, node);
  return html`<li>
    ${node.topic && html`<${Leaf} node=${{ ...node, rate: node.own_rate, total: node.topic.batches }} name=${node.name} whole=${whole} />`}
    ${children.length > 0 &&
    html`<button type="button" class="branch" aria-expanded=${is_open ? "true" : "false"} onClick=${() => toggle(path, !is_open)} data-row>
        <span class="branch-name"><i class="twist" aria-hidden="true"></i><${Name} text=${node.name} />/ <span class="quiet">${count(node.topics)}</span></span>
        <span class="marks"></span><${Bar} part=${node.rate} whole=${whole} /><span class="number">${rate(node.rate)}</span><span class="number quiet total">${short(node.total)}</span>
      </button>
      ${is_open && html`<${Branches} nodes=${children} path=${path} open=${open} toggle=${toggle} whole=${whole} />`}`}
  </li>`;
}

const Branches = ({ nodes, path, open, toggle, whole }) => html`<ul class="tree">
  ${nodes.slice(0, shown_max).map((n) => html`<${Branch} key=${n.name} node=${n} path=${`${path}/${n.name}`} open=${open} toggle=${toggle} whole=${whole} />`)}
  ${nodes.length > shown_max && html`<li class="quiet">and ${count(nodes.length - shown_max)} more: filter for them</li>`}
</ul>`;

export function Topics() {
  const [contains, set_contains] = useState("");
  const [settled, set_settled] = useState("");
  const [choices, set_choices] = useState(new Map()); // what the reader opened and closed
  useEffect(() => {
    const timer = setTimeout(() => set_settled(contains), 200);
    return () => clearTimeout(timer);
  }, [contains]);
  const state = usePoll(`/api/v1/topics${query({ contains: settled, sort: "messages", limit: asked_max })}`, 2000, { reduce: with_rates });
  const root = useMemo(() => state.data && build_tree(state.data.items), [state.data]);
  const open = (path, node) => choices.get(path) ?? (settled !== "" || (!node.name.startsWith("$") && node.topics <= 50));
  const toggle = (path, is) => set_choices(new Map(choices).set(path, is));
  const d = state.data;
  return html`
    <h1>Topics</h1>
    <${Filter} value=${contains} on=${set_contains} placeholder="Topic contains …" />
    <${Card}>
      <${Loading} of=${state} /><${Trouble} of=${state} />
      ${d && html`<div class="branch head" aria-hidden="true"><span class="branch-name">Topic</span><span class="marks"></span><span class="bar"></span><span class="number">Now</span><span class="number total">Batches</span></div>`}
      ${d && (d.items.length ? html`<${Branches} nodes=${[...root.children.values()]} path="" open=${open} toggle=${toggle} whole=${root.most} />` : html`<p class="quiet">${settled ? "None is called so." : "No topic is alive."}</p>`)}
      ${d && html`<p class="quiet note">${count(d.items.length)} of ${count(d.matching)} live topics${d.items.length < d.matching ? ", the busiest" : ""}. A batch is what one publisher published to a topic in one turn: one message or more.</p>`}
    <//>
  `;
}
