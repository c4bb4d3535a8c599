// Messages are followed on the page while clients publish.
import path from "node:path";
import { phone } from "../harness/browser.js";
import { eventually, require_that, sees } from "../harness/check.js";
import { hostile } from "../harness/traffic.js";

async function follow(page, go, kind, text) {
  await go("traces");
  await page.getByLabel("What to follow").selectOption(kind);
  await page.locator("form input").first().fill(text);
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await page.waitForURL(/#\/traces\/\d+$/);
}

async function drop(page) {
  await page.getByRole("button", { name: /orget it$/ }).click();
  await page.waitForURL(/#\/traces$/);
}

async function a_trace_tells_what_became_of_each_message({ page, go, browser }) {
  await follow(page, go, "topic", "plant/+/alarm");
  const messages = page.locator("details.message");
  await eventually("messages come", async () => (await messages.count()) >= 2);
  // "away" and "hung" get it stored.
  const mailed = page.locator("details.message", { hasText: "mailed" }).last();
  await mailed.waitFor();
  await mailed.locator("summary").click();
  for (const event of ["received", "routed", "queued", "mailed", "promised"]) await mailed.locator(".step b", { hasText: event }).first().waitFor();
  for (const client of ["pump-1", "away", "hung", "dashboard"]) await mailed.locator(".step .name", { hasText: client }).first().waitFor();
  require_that(/\d+ (µs|ms|s)/.test(await mailed.locator(".step-time").nth(1).textContent()), "a step has its time");
  await page.screenshot({ path: path.join(browser.screenshots, "trace-desktop-light.png"), fullPage: true });
  await page.setViewportSize(phone);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  require_that(wide <= 0, `it is ${wide} px too wide for a phone`);
  await page.screenshot({ path: path.join(browser.screenshots, "trace-phone-light.png") });
  await page.getByRole("button", { name: "Only what went wrong" }).click();
  await sees(page, "None so far.");
  await drop(page);
}

async function hostile_names_of_a_trace_are_text({ page, go }) {
  await follow(page, go, "client", hostile.client);
  await page.getByRole("heading", { name: hostile.client }).waitFor();
  const first = page.locator("details.message").last();
  await first.locator("summary").click();
  await first.locator(".step b", { hasText: "received" }).waitFor();
  const alive = await page.locator('main img, main script, main iframe, a[href^="javascript:"]').count();
  require_that(alive === 0, "a name became an element");
  await drop(page);
}

async function a_trace_is_begun_and_read_without_a_mouse({ page, go }) {
  await go("traces");
  await page.getByLabel("What to follow").focus();
  await page.keyboard.press("Tab");
  await page.keyboard.type("plant/+/temperature");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/traces\/\d+$/);
  await page.locator("details.message").first().waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("Enter");
  await eventually("the message is open", () => page.locator("details.message[open]").count());
  await drop(page);
}

async function what_cannot_be_followed_is_said({ page, go }) {
  await go("traces");
  await page.locator("form input").first().fill("a/#/b");
  await page.getByRole("button", { name: "Follow", exact: true }).click();
  await page.getByRole("alert").getByText("topic is a topic filter").waitFor();
  await go("traces/4294967295");
  await sees(page, "Gone: there is no trace of that id");
}

export const cases = [
  a_trace_tells_what_became_of_each_message,
  hostile_names_of_a_trace_are_text,
  a_trace_is_begun_and_read_without_a_mouse,
  what_cannot_be_followed_is_said,
];
