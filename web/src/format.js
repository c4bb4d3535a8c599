// Numbers as people read them.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** 1234567 as "1,234,567". */
export const count = (n) => (n === null || n === undefined ? "–" : grouped.format(n));

function scaled(n, step, units) {
  let i = 0;
  while (Math.abs(n) >= step && i + 1 < units.length) {
    n /= step;
    ++i;
  }
  const digits = i === 0 && Number.isInteger(n) ? 0 : Math.abs(n) < 10 ? 1 : 0;
  return `${n.toFixed(digits)}${units[i]}`;
}

/** 12345 as "12k". */
export const short = (n) => (n === null || n === undefined ? "–" : scaled(n, 1000, ["", "k", "M", "G", "T"]));

export const rate = (n) => (n === null || n === undefined ? "–" : n > 0 && n < 0.05 ? "<0.1/s" : `${short(n)}/s`);

export const bytes = (n) =>
  n === null || n === undefined ? "–" : scaled(n, 1024, [" B", " KiB", " MiB", " GiB", " TiB"]);

/** Milliseconds as "80 µs", "350 ms", "4.2 s", "3 min 12 s", "2 d 4 h". */
export function duration(ms) {
  if (ms === null || ms === undefined) return "–";
  if (ms < 1) return ms > 0 ? `${Math.max(1, Math.round(ms * 1000))} µs` : "0 ms";
  if (ms < 1000) return `${ms < 10 ? ms.toFixed(1).replace(/\.0$/, "") : Math.round(ms)} ms`;
  const s = ms / 1000;
  if (s < 60) return `${s < 10 ? s.toFixed(1) : Math.round(s)} s`;
  const whole = Math.floor(s);
  if (s < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  if (s < 86400) return `${Math.floor(whole / 3600)} h ${Math.floor(whole / 60) % 60} min`;
  return `${Math.floor(whole / 86400)} d ${Math.floor(whole / 3600) % 24} h`;
}

const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" });

/** Milliseconds since 1970 as a time of day where the reader is. */
export const time_of = (unix_ms) => clock.format(unix_ms);

export const percent = (part, whole) => (whole > 0 ? `${((100 * part) / whole).toFixed(part / whole < 0.1 ? 1 : 0)} %` : "–");

/** A name of a field, `queued_messages`, as words. */
export const words = (name) => {
  const text = name.replace(/_unix_ms$/, "").replace(/_ms_ago$/, "").replace(/_(ms|us|s)$/, "").replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
};

/** A field's value; its unit stands in its name. */
export function value_of(name, v) {
  if (v === null || v === undefined || v === "") return "–";
  if (typeof v === "boolean") return v ? "yes" : "no";
  if (typeof v !== "number") return String(v);
  if (name.endsWith("_unix_ms")) return v > 0 ? time_of(v) : "–";
  if (name.endsWith("_ms_ago")) return `${duration(v)} ago`;
  if (name.endsWith("_ms")) return duration(v);
  if (name.endsWith("_us")) return duration(v / 1000);
  if (name.endsWith("_s")) return duration(v * 1000);
  if (name.endsWith("bytes")) return bytes(v);
  return count(v);
}
