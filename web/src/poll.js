// Asks again and again, while somebody looks.
import { ApiError, ask } from "./api.js";
import { useEffect, useRef, useState } from "./ui.js";

/** Called with each ApiError of status 401; the frame shows the login. */
export const on_unauthorized = { call: () => {} };

/**
 * What `path` answers, asked again `every` milliseconds after each answer. Not while the page is hidden: one
 * question goes out as soon as it is seen again.
 *
 * @param {string | null} path null: nothing is asked
 * @param {number} every
 * @param {{accept?: number[], reduce?: (before: any, answer: any) => any, more?: (before: any) => string}} [options] `reduce`
 *   puts an answer together with what was known; `more` gives the query that asks for what is new
 * @returns {{data: any, error: ApiError | null, at: number}} `data` is the last answer, also after an error
 */
export function usePoll(path, every, { accept, reduce, more } = {}) {
  const [state, set_state] = useState({ path, data: null, error: null, at: 0 });
  const last = useRef(null);
  useEffect(() => {
    if (path === null) return undefined;
    let timer = 0;
    let over = null; // of the question under way
    last.current = null;
    const look = async () => {
      over = new AbortController();
      try {
        const answer = await ask(last.current && more ? path + more(last.current) : path, { signal: over.signal, accept });
        last.current = reduce ? reduce(last.current, answer) : answer;
        set_state({ path, data: last.current, error: null, at: Date.now() });
      } catch (error) {
        if (error.name === "AbortError") return;
        if (!(error instanceof ApiError)) throw error;
        if (error.status === 401) on_unauthorized.call(error);
        set_state((s) => ({ path, data: s.path === path ? s.data : null, error, at: Date.now() }));
      }
      over = null;
      if (!document.hidden) timer = setTimeout(look, every);
    };
    const on_visibility = () => {
      clearTimeout(timer);
      if (!document.hidden && !over) look();
    };
    document.addEventListener("visibilitychange", on_visibility);
    if (!document.hidden) look();
    return () => {
      document.removeEventListener("visibilitychange", on_visibility);
      clearTimeout(timer);
      over?.abort();
    };
  }, [path, every]);
  return state.path === path ? state : { path, data: null, error: null, at: 0 };
}
