// A picture of each view for people to look at, and what can be measured of how it looks.
import path from "node:path";
import { require_that } from "../harness/check.js";
import { desktop, phone } from "../harness/browser.js";
import { hostile } from "../harness/traffic.js";

/** The view, and what is there when it is complete. */
const views = [
  ["overview", "overview", ".chart canvas"],
  ["topics", "topics", ".tree .number:text-matches('[1-9].*/s')"],
  ["topic", `topics/${encodeURIComponent(hostile.topic)}`, ".columns .card"],
  ["clients", "clients", "tbody tr"],
  ["client", "clients/hung", ".explanation li"],
  ["actors", "actors", "tbody tr"],
  ["bank", "bank", "svg.balance"],
  ["traces", "traces", "form.filter"],
];

/** All of the view, as if the screen were that long: what stands at the bottom of a phone's stays there. */
async function picture(page, viewport, file) {
  const height = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: viewport.width, height: Math.max(height, viewport.height) });
  await page.screenshot({ path: file });
  await page.setViewportSize(viewport);
}

async function take({ browser, url }, device, viewport, colorScheme) {
  const here = await browser.open(url, { viewport, colorScheme });
  try {
    for (const [name, hash, complete] of views) {
      await here.go(hash);
      await here.page.locator(`main ${complete}`).first().waitFor();
      const wide = await here.page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      require_that(wide <= 0, `${name} is ${wide} px too wide for ${viewport.width} px`);
      await picture(here.page, viewport, path.join(browser.screenshots, `${name}-${device}-${colorScheme}.png`));
      if (name === "actors") {
        await here.page.locator("tbody a").first().click();
        await here.page.locator(".columns .card").first().waitFor();
        await picture(here.page, viewport, path.join(browser.screenshots, `actor-${device}-${colorScheme}.png`));
      }
    }
    here.check_manners();
  } finally {
    await here.close();
  }
}

const on_a_desktop_by_day = (c) => take(c, "desktop", desktop, "light");
const on_a_desktop_by_night = (c) => take(c, "desktop", desktop, "dark");
const on_a_phone_by_day = (c) => take(c, "phone", phone, "light");
const on_a_phone_by_night = (c) => take(c, "phone", phone, "dark");

export const cases = [on_a_desktop_by_day, on_a_desktop_by_night, on_a_phone_by_day, on_a_phone_by_night];
