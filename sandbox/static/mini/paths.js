// Paths inside the mini program's folder.

// `wanted` as seen from the file `from`; a leading slash starts at the folder's root.
export function resolve(from, wanted) {
  const parts = wanted.startsWith("/") ? [] : from.split("/").slice(0, -1);
  for (const part of wanted.split("/")) {
    if (part === "..") parts.pop();
    else if (part && part !== ".") parts.push(part);
  }
  return parts.join("/");
}

export function parseQuery(text) {
  const told = {};
  for (const pair of text.split("&")) {
    if (!pair) continue;
    const at = pair.indexOf("=");
    const name = at < 0 ? pair : pair.slice(0, at);
    told[name] = at < 0 ? "" : pair.slice(at + 1); // as WeChat gives it: not decoded
  }
  return told;
}
