// Where the reader is: `#/clients/<client id>`, so that a link can be sent and "back" works.
import { encode } from "./api.js";
import { useEffect, useState } from "./ui.js";

/** @param {...string} segments */
export const link_to = (...segments) => `#/${segments.map(encode).join("/")}`;

function decode(segment) {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // somebody typed it
  }
}

const read = () => location.hash.replace(/^#\/?/, "").split("/").filter(Boolean).map(decode);

/** The segments, decoded. */
export function useRoute() {
  const [segments, set_segments] = useState(read);
  useEffect(() => {
    const on_change = () => {
      set_segments(read());
      scrollTo(0, 0);
    };
    addEventListener("hashchange", on_change);
    return () => removeEventListener("hashchange", on_change);
  }, []);
  return segments;
}
