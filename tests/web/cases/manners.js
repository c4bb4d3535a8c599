// How the page treats the pod: its token, its time, and its absence.
import { writeFileSync } from "node:fs";
import path from "node:path";
import { eventually, require_that, sees } from "../harness/check.js";
import { Pod } from "../harness/pod.js";

async function the_page_is_strict_about_its_sources({ page, url }) {
  const answer = await page.request.get(`${url}/`);
  const policy = answer.headers()["content-security-policy"];
  for (const part of ["default-src 'none'", "script-src 'self'", "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'"])
    require_that(policy.includes(part), `the policy has ${part}: ${policy}`);
  require_that(!/unsafe|\*|data:|http/.test(policy), `the policy has no way around it: ${policy}`);
  const text = await answer.text();
  require_that(!/https?:\/\//.test(text), "the document names no other server");
}

async function a_token_is_asked_for_and_kept_by_the_tab({ work, broker, browser }) {
  const word = "a-token-of-the-test-0123";
  const file = path.join(work, "token");
  writeFileSync(file, `${word}\n`, { mode: 0o600 });
  const pod = await Pod.start(work, broker, [`--admin.token=${file}`]);
  const { page, go, close, check_manners } = await browser.open(pod.url);
  try {
    await go("clients");
    await page.getByLabel("Token").fill("something else entirely");
    await page.keyboard.press("Enter");
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Token").fill(word);
    await page.getByRole("button", { name: "Look inside" }).click();
    await sees(page, "No client has a session at this pod.");
    require_that((await page.evaluate(() => localStorage.length)) === 0, "nothing is kept for good");
    await page.reload();
    await sees(page, "No client has a session at this pod.");
    check_manners();
  } finally {
    await close();
    await pod.stop();
  }
}

async function a_hidden_page_asks_nothing({ page, go }) {
  await page.addInitScript(() => {
    let hidden = false;
    Object.defineProperty(document, "hidden", { get: () => hidden });
    window.hide = (yes) => {
      hidden = yes;
      document.dispatchEvent(new Event("visibilitychange"));
    };
  });
  await page.clock.install();
  const under_way = new Set();
  let asked = 0;
  page.on("request", (r) => (under_way.add(r), ++asked));
  for (const over of ["requestfinished", "requestfailed"]) page.on(over, (r) => under_way.delete(r));
  await go("overview");
  await page.getByRole("table").waitFor();
  await page.evaluate(() => window.hide(true));
  await eventually("questions under way are answered", () => under_way.size === 0);
  await page.clock.runFor(1000);
  await eventually("and the last of them", () => under_way.size === 0);
  asked = 0;
  await page.clock.runFor(60_000);
  require_that(asked === 0, `a hidden page asked ${asked} times in a minute`);
  await page.evaluate(() => window.hide(false));
  await eventually("it asks as soon as it is seen", () => asked > 0);
}

async function a_view_asks_only_for_what_it_shows({ page, go }) {
  const paths = new Set();
  page.on("request", (r) => paths.add(new URL(r.url()).pathname));
  await go("bank");
  await page.locator("svg.balance").waitFor();
  await eventually("it asked", () => paths.has("/api/v1/bank"));
  const others = [...paths].filter((p) => p.startsWith("/api/") && !["/api/v1/bank", "/api/v1/pod"].includes(p));
  require_that(others.length === 0, `the bank's view asked for ${others}`);
}

async function a_pod_that_is_gone_is_told_and_found_again({ work, broker, browser }) {
  const pod = await Pod.start(work, broker);
  const { page, go, close } = await browser.open(pod.url);
  try {
    await go("bank");
    await page.locator("svg.balance").waitFor();
    await pod.halt();
    await sees(page, "Not current: the pod does not answer");
    await page.getByText("no answer").waitFor();
    require_that(await page.locator("svg.balance").isVisible(), "what was known stays");
    await pod.launch();
    await page.getByText("Not current").waitFor({ state: "detached" });
  } finally {
    await close();
    await pod.stop();
  }
}

async function the_last_hour_is_asked_for_once_and_then_what_is_new({ page, go }) {
  const asked = [];
  page.on("request", (r) => r.url().includes("/api/v1/history") && asked.push(new URL(r.url()).search));
  await go("overview");
  await eventually("it was asked for twice", () => asked.length >= 2);
  require_that(asked[0] === "" && asked.slice(1).every((q) => /^\?after=\d+$/.test(q)), `asked with ${asked}`);
}

export const cases = [
  the_page_is_strict_about_its_sources,
  a_token_is_asked_for_and_kept_by_the_tab,
  a_hidden_page_asks_nothing,
  a_view_asks_only_for_what_it_shows,
  a_pod_that_is_gone_is_told_and_found_again,
  the_last_hour_is_asked_for_once_and_then_what_is_new,
];
