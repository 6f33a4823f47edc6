// wx.request and its kin. The sandbox carries them to the product, so no page rule of the browser applies.
import { answering, Failure, listeners } from "./promises.js";

const OFFLINE = new Failure("net::ERR_INTERNET_DISCONNECTED", { errno: 600001 });

async function base64(blob) {
  const raw = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < raw.length; at += 0x8000) text += String.fromCharCode(...raw.subarray(at, at + 0x8000));
  return btoa(text);
}

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export class Net {
  constructor(phone) {
    this.phone = phone;
    this.isOnline = true;
    this.changed = listeners();
  }

  setOnline(isOnline) {
    if (isOnline === this.isOnline) return;
    this.isOnline = isOnline;
    document.getElementById("offline").hidden = isOnline;
    this.changed.tell({ isConnected: isOnline, networkType: isOnline ? "wifi" : "none" });
  }

  // {status, headers, data: Uint8Array}. Throws a Failure.
  async carry(method, url, headers, body, timeout = 60_000) {
    if (!this.isOnline) throw OFFLINE;
    let answer;
    try {
      answer = await fetch(`/_sandbox/mini/request?phone=${encodeURIComponent(this.phone)}`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ method, url, headers, body: body ? await base64(body) : "" }),
        signal: AbortSignal.timeout(timeout),
      });
    } catch (error) {
      throw new Failure(error.name === "TimeoutError" ? "timeout" : error.message, { errno: 5 });
    }
    const told = await answer.json();
    if (!this.isOnline) throw OFFLINE;
    if (!answer.ok) throw new Failure(told.error, { errno: 600003 });
    return { status: told.status, headers: told.headers, data: bytes(told.body) };
  }

  functions(files) {
    const tasks = (act) => (options = {}) => {
      const task = { isAborted: false };
      const run = act(options, task);
      const told = run instanceof Promise ? run : {};
      const nothing = () => {};
      return Object.assign(told, { abort: () => { task.isAborted = true; }, onHeadersReceived: nothing, offHeadersReceived: nothing, onProgressUpdate: nothing, offProgressUpdate: nothing, onChunkReceived: nothing, offChunkReceived: nothing });
    };
    const wait = (task) => { if (task.isAborted) throw new Failure("abort"); };
    return {
      request: tasks((options, task) => answering("request", async ({ url, data, header = {}, method = "GET", dataType = "json", responseType = "text", timeout }) => {
        const headers = Object.fromEntries(Object.entries(header).filter(([name]) => name.toLowerCase() !== "referer").map(([name, value]) => [name, String(value)]));
        const { address, body, type } = written(url, data, method.toUpperCase(), headers);
        if (type && !Object.keys(headers).some((name) => name.toLowerCase() === "content-type")) headers["content-type"] = type;
        const told = await this.carry(method.toUpperCase(), address, headers, body, timeout);
        wait(task);
        return { statusCode: told.status, header: told.headers, cookies: [], data: read(told.data, dataType, responseType) };
      })(options)),
      uploadFile: tasks((options, task) => answering("uploadFile", async ({ url, filePath, name, formData = {}, header = {}, timeout }) => {
        const form = new FormData();
        for (const [key, value] of Object.entries(formData)) form.append(key, String(value));
        const file = files.blob(filePath);
        form.append(name, file, file.name || "file");
        const whole = new Response(form);
        const type = whole.headers.get("content-type");
        const told = await this.carry("POST", url, { ...header, "content-type": type }, await whole.blob(), timeout);
        wait(task);
        return { statusCode: told.status, data: new TextDecoder().decode(told.data) };
      })(options)),
      downloadFile: tasks((options, task) => answering("downloadFile", async ({ url, header = {}, filePath, timeout }) => {
        const told = await this.carry("GET", url, header, null, timeout);
        wait(task);
        const type = told.headers["content-type"] || "application/octet-stream";
        const path = files.keep(new Blob([told.data], { type }), filePath);
        return { statusCode: told.status, tempFilePath: path, filePath: path, header: told.headers };
      })(options)),
      getNetworkType: answering("getNetworkType", () => ({ networkType: this.isOnline ? "wifi" : "none", isConnected: this.isOnline })),
      onNetworkStatusChange: this.changed.on,
      offNetworkStatusChange: this.changed.off,
    };
  }
}

// GET data goes into the address, else into the body by content type, as the client does.
function written(url, data, method, headers) {
  if (data === undefined || data === null) return { address: url, body: null, type: "" };
  const type = Object.entries(headers).find(([name]) => name.toLowerCase() === "content-type")?.[1] || "application/json";
  const isObject = typeof data === "object" && !(data instanceof ArrayBuffer);
  const pairs = isObject ? Object.entries(data).filter(([, value]) => value !== undefined).map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(typeof value === "object" ? JSON.stringify(value) : value)}`).join("&") : "";
  if (method === "GET" || method === "HEAD") {
    if (!pairs) return { address: url, body: null, type: "" };
    return { address: url + (url.includes("?") ? "&" : "?") + pairs, body: null, type: "" };
  }
  const body = !isObject ? data : type.includes("x-www-form-urlencoded") ? pairs : JSON.stringify(data);
  return { address: url, body: new Blob([body]), type };
}

function read(data, dataType, responseType) {
  if (responseType === "arraybuffer") return data.buffer;
  const text = new TextDecoder().decode(data);
  if (dataType !== "json") return text;
  try {
    return JSON.parse(text);
  } catch {
    return text; // as the client: what is no JSON stays a text
  }
}
