// Names that are meant to do harm stand there as text.
import { require_that, sees } from "../harness/check.js";
import { hostile } from "../harness/traffic.js";

/** What the page makes of marks of direction. */
const shown_topic = hostile.topic.replace("\u202e", "\ufffd");

async function nothing_came_alive(page) {
  const alive = await page.locator('main img, main script, main iframe, main b:text("bold"), a[href^="javascript:"]').count();
  require_that(alive === 0, "a name became an element");
}

async function hostile_client_ids_are_text({ page, go }) {
  await go("clients");
  await page.getByRole("searchbox").fill("onerror");
  const link = page.getByRole("link", { name: hostile.client, exact: true });
  await link.waitFor();
  await nothing_came_alive(page);
  await link.click();
  await page.getByRole("heading", { name: hostile.client, exact: true }).waitFor();
  await page.locator(".tags", { hasText: "connected" }).waitFor();
  await nothing_came_alive(page);
}

async function hostile_topics_are_text({ page, go }) {
  await go("topics");
  await page.getByRole("searchbox").fill("evil");
  await sees(page, "1 of 1 live topics");
  for (const level of shown_topic.split("/").slice(0, -1)) await page.locator("main button", { hasText: level }).first().waitFor();
  await nothing_came_alive(page);
  await page.locator("main ul.tree a").last().click();
  await page.getByRole("heading", { name: shown_topic, exact: true }).waitFor();
  await page.getByRole("link", { name: "dashboard", exact: true }).waitFor();
  await nothing_came_alive(page);
}

async function a_hostile_link_leads_nowhere({ page, go }) {
  await go(`clients/${encodeURIComponent("<script>alert(5)</script>")}`);
  await page.getByText("Gone: no session of that client is at this pod").waitFor();
  await nothing_came_alive(page);
  await go("%E0%A4%A/<b>");
  await page.getByRole("heading", { name: "There is nothing here" }).waitFor();
}

export const cases = [hostile_client_ids_are_text, hostile_topics_are_text, a_hostile_link_leads_nowhere];
