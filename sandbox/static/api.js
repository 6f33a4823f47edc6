// Calls of the sandbox itself. A refusal becomes an Error with the sandbox's own sentence.

async function call(method, path, body) {
  const answer = await fetch(path, {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body ? JSON.stringify(body) : undefined,
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(told.error || told.errmsg || `HTTP ${answer.status}`);
  return told;
}

const of = (openid) => `/_sandbox/people/${encodeURIComponent(openid)}`;

export const account = () => call("GET", "/_sandbox/account");
export const person = (openid) => call("GET", of(openid));
export const act = (openid, what, body = {}) => call("POST", `${of(openid)}/${what}`, body);
export const advance = (seconds) => call("POST", "/_sandbox/clock", { advance_seconds: seconds });
export const setClock = (body) => call("POST", "/_sandbox/clock", body);
export const wire = (asked) => call("GET", `/_sandbox/wire?${new URLSearchParams(asked)}`);
export const clearWire = () => call("DELETE", "/_sandbox/wire");
export const scenarios = () => call("GET", "/_sandbox/scenarios");
export const play = (name, body) => call("POST", `/_sandbox/scenarios/${encodeURIComponent(name)}`, body);
export const endScenarios = () => call("DELETE", "/_sandbox/scenarios");
export const search = (words) => call("GET", `/_sandbox/people?limit=60&q=${encodeURIComponent(words)}`);
export const add = (name) => call("POST", "/_sandbox/people", { names: [name] });
export const openAddress = (openid, url) =>
  `/_sandbox/open?phone=${encodeURIComponent(openid)}&url=${encodeURIComponent(url)}`;

// One stream for all phones of the page: a browser allows six connections per host.
export function listen(openids, onNews, onState) {
  const source = new EventSource(`/_sandbox/events?phones=${openids.map(encodeURIComponent).join(",")}`);
  source.onmessage = (event) => onNews(JSON.parse(event.data));
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  return source;
}
