// Waiting for what a page will show.
import { setTimeout as pause } from "node:timers/promises";

export function require_that(holds, what) {
  if (!holds) throw new Error(what);
}

/** Asks until the answer is true, and gives it back. */
export async function eventually(what, ask, seconds = 20) {
  const deadline = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (Date.now() > deadline) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(50);
  }
}

/** Until the text is somewhere in the view. */
export const sees = (page, text) => page.locator("main").getByText(text).first().waitFor();
