// Everything is reached without a mouse, and one sees where one is.
import { eventually, require_that } from "../harness/check.js";

async function outline_of_focus(page) {
  return page.evaluate(() => {
    const s = getComputedStyle(document.activeElement);
    return s.outlineStyle !== "none" && parseFloat(s.outlineWidth) >= 2;
  });
}

async function keys_lead_through_the_views({ page, go }) {
  await go("overview");
  await page.getByRole("navigation", { name: "Views" }).waitFor();
  for (const [key, place] of [["2", "topics"], ["3", "clients"], ["4", "actors"], ["5", "bank"], ["6", "traces"], ["1", "overview"]]) {
    await page.keyboard.press(key);
    await page.waitForURL(new RegExp(`#/${place}$`));
    await eventually(`the bar marks ${place}`, async () => (await page.locator('.top [aria-current="page"]').textContent()).toLowerCase() === place);
  }
}

async function keys_filter_walk_and_open_a_list({ page, go }) {
  await go("clients");
  await page.locator("tbody tr").first().waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("idle-00");
  await eventually("the list is filtered", async () => (await page.locator("tbody tr").count()) === 10);
  await page.keyboard.press("Escape");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  await page.keyboard.press("k");
  require_that((await page.evaluate(() => document.activeElement.textContent)) === "idle-001", "the second row has the focus");
  require_that(await outline_of_focus(page), "the focus is visible");
  await page.keyboard.press("Enter");
  await page.waitForURL(/#\/clients\/idle-001$/);
}

async function keys_are_listed({ page, go }) {
  await go("overview");
  await page.getByRole("navigation", { name: "Views" }).waitFor();
  await page.keyboard.press("?");
  const dialog = page.getByRole("dialog", { name: "Keys" });
  await dialog.getByText("Filter the list").waitFor();
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
}

async function tab_reaches_everything_visibly({ page, go }) {
  await go("topics");
  await page.getByRole("button", { name: /^plant\// }).waitFor();
  const seen = [];
  for (let i = 0; i < 20; ++i) {
    await page.keyboard.press("Tab");
    require_that(await outline_of_focus(page), "the focus is visible at each step");
    seen.push(await page.evaluate(() => document.activeElement.textContent.trim() || document.activeElement.type));
  }
  for (const name of ["To the content", "Overview", "Bank", "search"]) require_that(seen.includes(name), `Tab reaches ${name}: ${seen.join(" | ")}`);
  require_that(seen.some((s) => s.startsWith("plant/")), `Tab reaches the tree: ${seen.join(" | ")}`);
}

export const cases = [keys_lead_through_the_views, keys_filter_walk_and_open_a_list, keys_are_listed, tab_reaches_everything_visibly];
