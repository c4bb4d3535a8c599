// Debian's Chromium, and pages that notice what must never happen: an error, something that the
// Content-Security-Policy refused, a question to anybody but the pod, a dialog that a name opened.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { load } from "./modules.js";

export const desktop = { width: 1280, height: 860 };
export const phone = { width: 390, height: 844 };

export class Browser {
  static async start(work, screenshots) {
    const b = new Browser();
    mkdirSync(screenshots, { recursive: true });
    b.screenshots = screenshots;
    const executablePath = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
    // The sandbox takes namespaces that containers and root often lack; only our own page is opened.
    b.chromium = await load(work, "playwright-core").chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
    return b;
  }

  async open(url, { viewport = desktop, colorScheme = "light" } = {}) {
    const context = await this.chromium.newContext({ viewport, colorScheme, hasTouch: viewport === phone });
    const page = await context.newPage();
    page.setDefaultTimeout(25_000);
    const wrong = [];
    page.on("pageerror", (e) => wrong.push(`error: ${e.message}`));
    page.on("console", (m) => m.type() === "error" && !/Failed to load resource/.test(m.text()) && wrong.push(`console: ${m.text()}`));
    page.on("request", (r) => new URL(r.url()).origin !== new URL(url).origin && wrong.push(`asked elsewhere: ${r.url()}`));
    page.on("dialog", (d) => {
      wrong.push(`a dialog opened: ${d.message()}`);
      d.dismiss();
    });
    return {
      page,
      url,
      go: (hash) => page.goto(`${url}/#/${hash}`),
      /** Throws if something happened that must not. */
      check_manners() {
        if (wrong.length) throw new Error(wrong.slice(0, 5).join("\n"));
      },
      close: () => context.close(),
    };
  }

  stop() {
    return this.chromium.close();
  }
}
