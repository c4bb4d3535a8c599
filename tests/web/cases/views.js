// What each view says while clients publish, wait and are away.
import { readdirSync, readFileSync } from "node:fs";
import { eventually, require_that, sees } from "../harness/check.js";
import { idle_count } from "../harness/traffic.js";

const number_in = (text) => Number(text.match(/[\d.,]+/)?.[0].replaceAll(",", ""));

async function the_overview_shows_what_goes_through({ page, go }) {
  await go("overview");
  const figure = (name) => page.locator(".stat", { has: page.locator(".stat-name", { hasText: name }) }).locator(".stat-value");
  await eventually("clients are counted", async () => number_in(await figure("Clients").textContent()) >= idle_count);
  await eventually("messages come in", async () => number_in(await figure("Messages in").textContent()) > 10);
  await eventually("messages go out", async () => number_in(await figure("Messages out").textContent()) > 10);
  await eventually("acknowledging is measured", async () => /\d+.* (µs|ms|s)/.test(await figure("Acknowledged in").textContent()));
  await eventually("there are four charts", async () => (await page.locator(".chart canvas").count()) === 4);
  await eventually("the chart has a line", () =>
    page.locator(".chart canvas").first().evaluate((c) => {
      const { data } = c.getContext("2d").getImageData(0, 0, c.width, c.height);
      const colours = new Set();
      for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) colours.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
      return colours.has("15,118,110") && colours.has("37,99,235"); // both lines' colours
    }),
  );
  await page.getByRole("table").getByText("this pod").waitFor();
}

async function the_overview_names_who_waits_for_long({ page, go }) {
  await go("overview");
  await page.getByRole("heading", { name: "Ready, and somebody waits" }).waitFor();
  await page.locator(".stuck").getByRole("link", { name: "hung" }).click();
  await page.waitForURL(/#\/clients\/hung$/);
}

async function topics_are_a_tree_with_rates({ page, go }) {
  await go("topics");
  const branch = page.getByRole("button", { name: /^plant\// });
  await branch.waitFor();
  await eventually("the branch has a rate", async () => number_in((await branch.locator(".number").first().textContent()) ?? "") > 5);
  const leaf = page.getByRole("link", { name: "alarm" });
  await leaf.waitFor();
  await page.getByRole("button", { name: /^pump-1\// }).click();
  await leaf.waitFor({ state: "detached" });
  require_that((await page.getByRole("button", { name: /^\$SYS\// }).getAttribute("aria-expanded")) === "false", "$SYS is closed");
  await page.getByRole("searchbox").fill("alarm");
  await sees(page, "1 of 1 live topics");
}

async function a_topic_names_its_sessions({ page, go }) {
  await go("topics/plant%2Fpump-1%2Falarm");
  for (const client of ["away", "hung", "dashboard"]) await page.getByRole("link", { name: client, exact: true }).waitFor();
  await go("topics/plant%2Fpump-1%2Fname");
  await eventually("it is retained", async () => /\d+ B/.test(await page.locator(".stat", { hasText: "Retained" }).textContent()));
}

async function clients_have_pages_and_a_filter({ page, go }) {
  await go("clients");
  const rows = page.locator("tbody tr");
  await eventually("a page is full", async () => (await rows.count()) === 50);
  const first = await rows.first().textContent();
  await page.getByRole("button", { name: "Next" }).click();
  await sees(page, "page 2");
  await eventually("other clients are shown", async () => (await rows.count()) > 0 && (await rows.first().textContent()) !== first);
  await page.getByRole("button", { name: "Before" }).click();
  await sees(page, "page 1");
  await page.getByRole("searchbox").fill("idle-01");
  await eventually("ten are called so", async () => (await rows.count()) === 10);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "Only those that wait" }).click();
  await eventually("only the hung one waits", async () => {
    const names = await page.locator("tbody th").allTextContents();
    return names.length < 10 && names.includes("hung");
  });
}

async function a_client_that_never_acknowledges_is_explained({ page, go }) {
  await go("clients/hung");
  await sees(page, /5 messages of a window of 5 sent to its client are not acknowledged/);
  await sees(page, /waits for PUBACK since .*it has never acknowledged one/);
  await sees(page, /wait behind that window, which is full/);
  const meter = page.getByRole("meter", { name: "Window" });
  require_that((await meter.evaluate((m) => m.value / m.max)) === 1, "the window is shown full");
  await page.locator(".names").getByText("plant/+/alarm").waitFor();
}

async function a_client_that_is_away_is_explained({ page, go }) {
  await go("clients/away");
  await sees(page, /messages wait for its client to come back/);
  await page.getByRole("link", { name: /^actor \d+$/ }).click();
  await page.waitForURL(/#\/actors\/\d+$/);
  await page.getByRole("heading", { name: "session away" }).waitFor();
}

async function actors_are_filtered_and_sorted({ page, go }) {
  await go("actors");
  await page.getByLabel("Kind").selectOption("courier");
  await eventually("only couriers", async () => (await page.locator("tbody th").allTextContents()).every((t) => t.startsWith("courier")));
  await page.getByLabel("Kind").selectOption("");
  await page.getByLabel("Order").selectOption("wait");
  await page.getByRole("button", { name: "Only those that wait" }).click();
  const row = page.locator("tbody tr", { hasText: "hung" });
  await row.getByText("its client").waitFor();
  await row.getByRole("link").click();
  await page.getByRole("heading", { name: "What it waits for" }).waitFor();
  await sees(page, "its client");
}

async function actors_of_every_kind_can_be_chosen({ page, go }) {
  const folder = new URL("../../../actors/", import.meta.url);
  const name = /const char\* name\(\) const override \{ return "(\w+)"; \}/;
  const kinds = readdirSync(folder)
    .filter((file) => file.endsWith(".hpp"))
    .map((file) => readFileSync(new URL(file, folder), "utf8").match(name)?.[1])
    .filter((kind) => kind);
  await go("actors");
  const offered = await page.getByLabel("Kind").locator("option").evaluateAll((all) => all.map((o) => o.value).filter((v) => v));
  require_that(kinds.length > 0, "the sources name kinds of actors");
  require_that(kinds.sort().join() === offered.sort().join(), `the actors are ${kinds}, the filter offers ${offered}`);
}

async function the_bank_says_what_it_holds_for_whom({ page, go }) {
  await go("bank");
  await page.getByRole("link", { name: "pump-1", exact: true }).waitFor();
  await page.getByRole("link", { name: "plant/pump-1/alarm" }).waitFor();
  await eventually("messages are held", async () => number_in(await page.locator(".stat", { hasText: "Held" }).locator(".stat-value").textContent()) > 0);
  require_that((await page.locator("svg.balance rect").count()) >= 2, "the balance is drawn");
}

async function links_and_other_pods_are_shown({ page, go }) {
  const member = (name, self, admin) => ({ life: `${name}-1`, name, self, mqtt: `${name}:1883`, links: `${name}:7883`, admin, version: "0.1.0", installed_view: 7, adopted_view: 7 });
  const link = (id, pod, linked, unlinked) => ({ id, kind: "peer", subject: pod, pod, linked, unlinked_for_ms: unlinked, unconfirmed_frames: 3, unconfirmed_bytes: 2048 });
  await page.route("**/api/v1/pods", (r) =>
    r.fulfill({ json: { view: 7, step: "settled", settled: true, departed: ["zoo-9"], pods: [member("zoo-0", true, ""), member("zoo-1", false, "http://zoo-1:8080"), member("zoo-2", false, "javascript:alert(4)")] } }),
  );
  await page.route("**/api/v1/links?*", (r) => r.fulfill({ json: { items: [link(40, "zoo-1-1", true), link(41, "zoo-2-1", false, 65000)], matching: 2, next: null } }));
  await go("overview");
  await page.getByText("view 7, settled").waitFor();
  await page.locator("tr", { hasText: "zoo-1" }).getByText("linked", { exact: true }).waitFor();
  await page.locator("tr", { hasText: "zoo-2" }).getByText("no link for 1 min 5 s").waitFor();
  require_that((await page.getByRole("link", { name: "zoo-1" }).getAttribute("href")) === "http://zoo-1:8080/", "the other pod's page is a link");
  require_that((await page.locator('a[href^="javascript:"]').count()) === 0, "an address that is none of the web is no link");
  await page.getByText("Departed, and being taken over").waitFor();
}

export const cases = [
  the_overview_shows_what_goes_through,
  the_overview_names_who_waits_for_long,
  topics_are_a_tree_with_rates,
  a_topic_names_its_sessions,
  clients_have_pages_and_a_filter,
  a_client_that_never_acknowledges_is_explained,
  a_client_that_is_away_is_explained,
  actors_are_filtered_and_sorted,
  actors_of_every_kind_can_be_chosen,
  the_bank_says_what_it_holds_for_whom,
  links_and_other_pods_are_shown,
];
