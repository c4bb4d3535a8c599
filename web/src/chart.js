// A chart over time, drawn by uPlot in the page's colours.
import uPlot from "uplot";
import { time_of } from "./format.js";
import { html, useEffect, useRef, useState } from "./ui.js";

const height = 168;

/** Steps between marks that read well: 1, 2 and 5, and their tenfold. */
const steps = Array.from({ length: 16 }, (_, i) => [1, 2, 5].map((n) => n * 10 ** (i - 3))).flat();

/** What CSS says, also in the dark. */
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Changes with prefers-color-scheme. */
function useDark() {
  const [dark, set_dark] = useState(() => matchMedia("(prefers-color-scheme: dark)").matches);
  useEffect(() => {
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const on_change = () => set_dark(scheme.matches);
    scheme.addEventListener("change", on_change);
    return () => scheme.removeEventListener("change", on_change);
  }, []);
  return dark;
}

/** Times of day as 14:05, whatever the reader's clock looks like. */
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

function options(lines, format, width) {
  const axis = { stroke: colour("--quiet"), grid: { stroke: colour("--rule"), width: 1 }, ticks: { show: false }, font: "11px system-ui, sans-serif" };
  return {
    width,
    height,
    padding: [8, 8, 0, 0],
    cursor: { drag: { x: false, y: false }, points: { size: 6 }, sync: { key: "overview" } },
    legend: { live: false },
    scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
    axes: [
      { ...axis, size: 30, space: 70, values: (_, at) => at.map((t) => at[1] - at[0] < 60 ? time_of(t * 1000) : clock.format(t * 1000)) },
      { ...axis, size: 62, space: 32, incrs: steps, values: (_, at) => at.map(format) },
    ],
    series: [
      {},
      ...lines.map(({ name, tone, fill }) => ({
        label: name,
        stroke: colour(`--${tone}`),
        width: 2,
        fill: fill ? `${colour(`--${tone}`)}22` : undefined,
        points: { show: false },
        spanGaps: false,
      })),
    ],
  };
}

/**
 * @param {{label: string, times: number[], lines: Array<{name: string, tone: string, values: Array<number | null>,
 *   fill?: boolean}>, format: (n: number) => string}} props `times` in seconds since 1970
 */
export function Chart({ label, times, lines, format }) {
  const place = useRef(null);
  const plot = useRef(null);
  const [at, set_at] = useState(null); // the sample under the pointer
  const dark = useDark();
  const shape = lines.map((l) => l.name).join();
  useEffect(() => {
    const o = options(lines, format, place.current.clientWidth || 320);
    o.legend.show = false;
    o.hooks = { setCursor: [(u) => set_at(u.cursor.idx ?? null)] };
    plot.current = new uPlot(o, [times, ...lines.map((l) => l.values)], place.current);
    const resized = new ResizeObserver(() => plot.current.setSize({ width: place.current.clientWidth, height }));
    resized.observe(place.current);
    return () => {
      resized.disconnect();
      plot.current.destroy();
    };
  }, [dark, shape]);
  useEffect(() => plot.current.setData([times, ...lines.map((l) => l.values)]), [times]);
  const shown = at !== null && at < times.length ? at : times.length - 1;
  return html`<figure class="chart">
    <figcaption>
      <span class="chart-title">${label}</span>
      <span class="legend">
        ${at !== null && html`<span class="quiet">${time_of(times[shown] * 1000)}</span>`}
        ${lines.map((l) => html`<span key=${l.name} class="key"><i class="swatch tone-${l.tone}"></i>${l.name} <b>${shown < 0 || l.values[shown] === null ? "–" : format(l.values[shown])}</b></span>`)}
      </span>
    </figcaption>
    <div class="plot" ref=${place} role="img" aria-label=${`${label}, the last hour`}></div>
  </figure>`;
}
