// The last hour, kept up to date: the first answer has all of it, later ones what came since.

/** The query for what came after the last sample. */
export const newer = (before) => (before.unix_ms.length ? `?after=${before.unix_ms.at(-1)}` : "");

/** Puts `more` behind `before` and forgets what the pod has forgotten, too. */
export function append(before, more) {
  if (before?.started_unix_ms !== more.started_unix_ms) return more;
  if (!more.unix_ms.length) return before;
  const series = {};
  for (const name of Object.keys(more.series)) series[name] = [...before.series[name], ...more.series[name]].slice(-more.samples_max);
  return { ...more, unix_ms: [...before.unix_ms, ...more.unix_ms].slice(-more.samples_max), series };
}
