// A filtered list that has pages: `after` of the next page stands in the page before.
import { query } from "./api.js";
import { usePoll } from "./poll.js";
import { useEffect, useState } from "./ui.js";

const page_size = 50;

/** The text, once it has been left alone for a moment. */
function useSettled(text) {
  const [settled, set_settled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => set_settled(text), 200);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}

/**
 * @param {string} path
 * @param {Record<string, unknown>} args of the query; `contains` is what is being typed
 */
export function useList(path, args) {
  const contains = useSettled(args.contains ?? "");
  const [starts, set_starts] = useState([0]); // `after` of each page so far
  const wanted = query({ ...args, contains });
  useEffect(() => set_starts([0]), [wanted]);
  const after = starts[starts.length - 1];
  const paged = !args.sort || args.sort === "id";
  const state = usePoll(path + query({ ...args, contains, limit: page_size, after: paged && after ? after : "" }), 2000);
  const next = paged ? (state.data?.next ?? null) : null;
  const set = (page) => set_starts((s) => (page < s.length ? s.slice(0, page + 1) : next ? [...s, next] : s));
  return { ...state, page: starts.length - 1, pages: paged && (starts.length > 1 || next) ? { more: next !== null } : null, set };
}
