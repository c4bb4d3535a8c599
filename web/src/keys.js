// What the keyboard does besides Tab and Enter. The help lists the same table.
import { useEffect } from "./ui.js";
import { link_to } from "./route.js";

export const places = [
  ["overview", "Overview"],
  ["topics", "Topics"],
  ["clients", "Clients"],
  ["actors", "Actors"],
  ["bank", "Bank"],
  ["traces", "Traces"],
];

export const shortcuts = [
  ...places.map(([, title], i) => [String(i + 1), title]),
  ["/", "Filter the list"],
  ["j, k", "Next and previous row of a list; Enter opens it"],
  ["Esc", "Leave a field, close this"],
  ["?", "This list"],
];

/** Moves the focus among the links of the list's rows. */
function step(by) {
  const rows = [...document.querySelectorAll("main [data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  rows[at < 0 ? (by > 0 ? 0 : rows.length - 1) : Math.min(Math.max(at + by, 0), rows.length - 1)].focus();
}

/** @param {(open: boolean) => void} show_help */
export function useKeys(show_help) {
  useEffect(() => {
    const on_key = (e) => {
      if (e.ctrlKey || e.metaKey || e.altKey) return;
      const typing = e.target.matches?.("input, select, textarea");
      if (e.key === "Escape") {
        show_help(false);
        if (typing) e.target.blur();
        return;
      }
      if (typing) return;
      const place = places[Number(e.key) - 1];
      if (place) location.hash = link_to(place[0]);
      else if (e.key === "/") document.querySelector("main input[type=search]")?.focus();
      else if (e.key === "j") step(1);
      else if (e.key === "k") step(-1);
      else if (e.key === "?") show_help(true);
      else return;
      e.preventDefault();
    };
    addEventListener("keydown", on_key);
    return () => removeEventListener("keydown", on_key);
  }, []);
}
