// The frame: where one is, how one gets elsewhere, whether the pod answers.
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/frame.css";
import "./style/parts.css";
import "./style/views.css";
import { places, useKeys } from "./keys.js";
import { Name } from "./parts.js";
import { on_unauthorized, usePoll } from "./poll.js";
import { link_to, useRoute } from "./route.js";
import { html, render, useEffect, useState } from "./ui.js";
import { Actor } from "./views/actor.js";
import { Actors } from "./views/actors.js";
import { Bank } from "./views/bank.js";
import { Client } from "./views/client.js";
import { Clients } from "./views/clients.js";
import { Help } from "./views/help.js";
import { Login } from "./views/login.js";
import { Overview } from "./views/overview.js";
import { Topic } from "./views/topic.js";
import { Topics } from "./views/topics.js";
import { Trace } from "./views/trace.js";
import { Traces } from "./views/traces.js";

function view_of([place = "overview", what]) {
  if (place === "overview") return html`<${Overview} />`;
  if (place === "topics") return what === undefined ? html`<${Topics} />` : html`<${Topic} key=${what} name=${what} />`;
  if (place === "clients") return what === undefined ? html`<${Clients} />` : html`<${Client} key=${what} name=${what} />`;
  if (place === "actors")
    return what === undefined || what === "waiting" ? html`<${Actors} key=${what} only_waiting=${what === "waiting"} />` : html`<${Actor} key=${what} id=${what} />`;
  if (place === "bank") return html`<${Bank} />`;
  if (place === "traces") return what === undefined ? html`<${Traces} />` : html`<${Trace} key=${what} id=${what} />`;
  return html`<h1>There is nothing here</h1><p>Go to the <a href=${link_to("overview")}>overview</a>.</p>`;
}

/** One question for every view: who is this, and does it answer. */
function Who() {
  const pod = usePoll("/api/v1/pod", 5000);
  useEffect(() => {
    if (pod.data) document.title = `${pod.data.name} – MQTTZoo`;
  }, [pod.data?.name]);
  return html`<span class="who" role="status"><i class=${`dot ${pod.error ? "bad" : pod.data ? "good" : ""}`} aria-hidden="true"></i>
    ${pod.data && html`<${Name} text=${pod.data.name} />`}${pod.error && html`<span class="bad">${pod.error.status ? "trouble" : "no answer"}</span>`}</span>`;
}

function Frame() {
  const route = useRoute();
  const [help, show_help] = useState(false);
  const [refusal, set_refusal] = useState(null);
  useKeys(show_help);
  useEffect(() => {
    on_unauthorized.call = set_refusal;
  }, []);
  if (refusal) return html`<${Login} why=${refusal.message} done=${() => set_refusal(null)} />`;
  const here = route[0] ?? "overview";
  return html`
    <a class="skip" href="#main" onClick=${(e) => { e.preventDefault(); document.getElementById("main").focus(); }}>To the content</a>
    <header class="top">
      <a class="brand" href=${link_to("overview")}><img src="/favicon.svg" alt="" width="24" height="24" />MQTTZoo</a>
      <${Who} />
      <nav aria-label="Views">
        ${places.map(([name, title]) => html`<a key=${name} href=${link_to(name)} aria-current=${here === name ? "page" : undefined}>${title}</a>`)}
      </nav>
      <button type="button" class="help" aria-label="Keys" title="Keys (?)" onClick=${() => show_help(true)}>?</button>
    </header>
    <main id="main" tabindex="-1">${view_of(route)}</main>
    ${help && html`<${Help} close=${() => show_help(false)} />`}
  `;
}

render(html`<${Frame} />`, document.getElementById("app"));
