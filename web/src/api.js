// Asks the pod. The token, if it wants one, is kept as long as the tab is.
const key = "mqttzoo.token";

/** An answer that is no success, in the pod's own words where it gave some. */
export class ApiError extends Error {
  /** @param {number} status 0: the pod did not answer */
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function set_token(token) {
  if (token) sessionStorage.setItem(key, token);
  else sessionStorage.removeItem(key);
}

export const has_token = () => sessionStorage.getItem(key) !== null;

/** A path's segment or a query's value, whatever is in it. */
export const encode = encodeURIComponent;

/** `{a: 1, b: ""}` as `?a=1`. */
export function query(args) {
  const given = Object.entries(args).filter(([, v]) => v !== "" && v !== undefined && v !== null && v !== false);
  return given.length ? `?${given.map(([k, v]) => `${k}=${encode(v)}`).join("&")}` : "";
}

/** Null if it is no JSON: then something else than the pod has answered. */
function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/**
 * @param {string} path such as "/api/v1/pod"
 * @param {{signal?: AbortSignal, accept?: number[], method?: string, body?: object}} [options] `accept`: statuses besides
 *   200 whose body is an answer
 */
export async function ask(path, { signal, accept = [], method = "GET", body: sent } = {}) {
  const token = sessionStorage.getItem(key);
  let response;
  let text;
  try {
    const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...(sent && { "Content-Type": "application/json" }) };
    response = await fetch(path, { signal, method, cache: "no-store", headers, body: sent && JSON.stringify(sent) });
    text = await response.text();
  } catch (e) {
    if (e.name === "AbortError") throw e;
    throw new ApiError(0, "the pod does not answer");
  }
  const body = parse(text);
  if (body && !body.error && (response.ok || accept.includes(response.status))) return body;
  throw new ApiError(response.status, body?.error?.message ?? `the pod answered with status ${response.status}`);
}
