// Small pieces that several views are made of.
import { html } from "./ui.js";
import { count, duration, value_of, words } from "./format.js";
import { link_to } from "./route.js";

/** A figure with its name; `tone` is "bad", "warn" or nothing. */
export const Stat = ({ name, value, note, tone = "" }) => html`
  <div class="stat ${tone}">
    <div class="stat-name">${name}</div>
    <div class="stat-value">${value}</div>
    ${note && html`<div class="stat-note">${note}</div>`}
  </div>
`;

export const Card = ({ title, aside, children, wide }) => html`
  <section class="card ${wide ? "wide" : ""}">
    ${title && html`<header><h2>${title}</h2>${aside && html`<span class="aside">${aside}</span>`}</header>`}
    ${children}
  </section>
`;

/** What went wrong with the last question, over what was known before. */
export const Trouble = ({ of }) =>
  of.error && html`<p class="trouble" role="status">${of.error.status === 404 ? "Gone: " : "Not current: "}${of.error.message}</p>`;

export const Loading = ({ of }) => !of.data && !of.error && html`<p class="quiet">Asking the pod …</p>`;

const blamed = { store: "the store", peer: "another pod", client: "its client", credit: "credit", socket: "its socket", actor: "another actor" };

/** What an actor waits for, and since when. */
export function Wait({ waits, long }) {
  if (waits.on === "nothing") return html`<span class="quiet">${long ? "It waits for nothing." : "–"}</span>`;
  const since = waits.for_ms === null ? "" : duration(waits.for_ms);
  return html`<span class="wait on-${waits.on}">
    <b>${blamed[waits.on] ?? waits.on}</b>${waits.what && html`: ${waits.what}`}${since && html` <span class="since">for ${since}</span>`}
  </span>`;
}

export const Tag = ({ children, tone = "" }) => html`<span class="tag ${tone}">${children}</span>`;

/** A URL can have these names nowhere in its path, however they are encoded. */
const unspeakable = ["", ".", ".."];

/** Where to read about an actor: its kind's own page if there is one. */
export function place_of(actor) {
  if (actor.kind === "session" && !unspeakable.includes(actor.subject)) return link_to("clients", actor.subject);
  if (actor.kind === "topic" && !unspeakable.includes(actor.subject)) return link_to("topics", actor.subject);
  return link_to("actors", String(actor.id));
}

/** A name that came from a client, as text whatever is in it. */
export const Name = ({ text }) => html`<bdi class="name">${text === "" ? "(empty)" : printable(text)}</bdi>`;

/** Controls and marks of direction as pictures: a name must not rearrange its line. */
export const printable = (text) =>
  text.replace(/[\u0000-\u001f\u007f]/g, (c) => (c === "\u007f" ? "␡" : String.fromCharCode(0x2400 + c.charCodeAt(0))))
    .replace(/[\u0080-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, "\ufffd");

/** Fields and their values; objects become lists of their own. */
export function Facts({ of, without = [] }) {
  const rows = Object.entries(of).filter(([k, v]) => !without.includes(k) && (typeof v !== "object" || v === null));
  return html`<dl class="facts">
    ${rows.map(([k, v]) => html`<div key=${k}><dt>${words(k)}</dt><dd>${typeof v === "string" ? html`<${Name} text=${v || "–"} />` : value_of(k, v)}</dd></div>`)}
  </dl>`;
}

/** A filter and its buttons over a list. */
export const Filter = ({ value, on, placeholder, children }) => html`
  <div class="filter" role="search">
    <input type="search" value=${value} placeholder=${placeholder} aria-label=${placeholder} spellcheck=${false}
      autocapitalize="off" autocomplete="off" maxlength="200" onInput=${(e) => on(e.target.value)} />
    ${children}
  </div>
`;

export const Toggle = ({ on, set, children }) => html`
  <button type="button" class="toggle" aria-pressed=${on ? "true" : "false"} onClick=${() => set(!on)}>${children}</button>
`;

/** How many there are, and the pages. */
export const Pager = ({ page, pages, set, shown, matching, what }) => html`
  <nav class="pager" aria-label="Pages">
    <span>${count(shown)} of ${count(matching)} ${what}</span>
    ${pages &&
    html`<span class="pager-buttons">
      <button type="button" disabled=${page === 0} onClick=${() => set(page - 1)}>‹ Before</button>
      <span aria-current="page">page ${page + 1}</span>
      <button type="button" disabled=${!pages.more} onClick=${() => set(page + 1)}>Next ›</button>
    </span>`}
  </nav>
`;
