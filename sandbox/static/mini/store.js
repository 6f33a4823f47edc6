// Storage of one person in this mini program, and its files. Kept by the browser under the phone's name.
import { answering, Failure } from "./promises.js";

const LIMIT = 10 * 1024 * 1024;
const LIMIT_OF_ONE = 1024 * 1024;

export class Store {
  constructor(phone, appId) {
    this.prefix = `mini:${appId}:${phone}:`;
  }

  keys() {
    return Object.keys(localStorage).filter((key) => key.startsWith(this.prefix)).map((key) => key.slice(this.prefix.length));
  }

  size() {
    return this.keys().reduce((sum, key) => sum + localStorage.getItem(this.prefix + key).length, 0);
  }

  get(key) {
    const text = localStorage.getItem(this.prefix + key);
    if (text === null) return "";
    const { type, value } = JSON.parse(text);
    return type === "date" ? new Date(value) : value;
  }

  has(key) {
    return localStorage.getItem(this.prefix + key) !== null;
  }

  set(key, value) {
    const text = JSON.stringify(value instanceof Date ? { type: "date", value: value.getTime() } : { value: value === undefined ? "" : value });
    if (text.length > LIMIT_OF_ONE) throw new Failure("entry size limit reached");
    if (this.size() + text.length > LIMIT) throw new Failure("the storage limit is reached");
    localStorage.setItem(this.prefix + key, text);
  }

  remove(key) {
    localStorage.removeItem(this.prefix + key);
  }

  clear() {
    for (const key of this.keys()) this.remove(key);
  }

  functions() {
    const info = () => ({ keys: this.keys(), currentSize: Math.ceil(this.size() / 1024), limitSize: LIMIT / 1024 });
    return {
      getStorageSync: (key) => this.get(key), setStorageSync: (key, value) => this.set(key, value),
      removeStorageSync: (key) => this.remove(key), clearStorageSync: () => this.clear(), getStorageInfoSync: info,
      batchGetStorageSync: (keys) => keys.map((key) => this.get(key)),
      batchSetStorageSync: (rows) => { for (const { key, value } of rows) this.set(key, value); },
      getStorage: answering("getStorage", ({ key }) => {
        if (!this.has(key)) throw new Failure("data not found");
        return { data: this.get(key) };
      }),
      setStorage: answering("setStorage", ({ key, data }) => { this.set(key, data); }),
      removeStorage: answering("removeStorage", ({ key }) => { this.remove(key); }),
      clearStorage: answering("clearStorage", () => { this.clear(); }),
      getStorageInfo: answering("getStorageInfo", info),
    };
  }
}

// Temporary files and those under USER_DATA_PATH; they live as long as the page does.
export class Files {
  constructor() {
    this.all = new Map();
    this.count = 0;
  }

  keep(blob, path = "") {
    this.count += 1;
    const ending = (blob.type.split("/")[1] || "bin").split(/[;+]/)[0].replace("jpeg", "jpg").replace("plain", "txt");
    const name = path || `wxfile://tmp_${this.count}.${ending}`;
    this.all.set(name, { blob, url: URL.createObjectURL(blob) });
    return name;
  }

  blob(path) {
    const found = this.all.get(path);
    if (!found) throw new Failure(`no such file or directory ${path}`);
    return found.blob;
  }

  address(path) {
    return this.all.get(path)?.url;
  }

  manager() {
    const text = async ({ filePath, encoding }) => {
      const blob = this.blob(filePath);
      return { data: encoding ? await blob.text() : await blob.arrayBuffer() };
    };
    return {
      readFile: answering("readFile", text),
      writeFile: answering("writeFile", ({ filePath, data }) => { this.keep(new Blob([data]), filePath); }),
      unlink: answering("unlink", ({ filePath }) => { this.blob(filePath); this.all.delete(filePath); }),
      access: answering("access", ({ path }) => { this.blob(path); }),
      getFileInfo: answering("getFileInfo", ({ filePath }) => ({ size: this.blob(filePath).size })),
      saveFile: answering("saveFile", ({ tempFilePath, filePath }) => ({ savedFilePath: this.keep(this.blob(tempFilePath), filePath || `wxfile://store_${tempFilePath.split("/").pop()}`) })),
      copyFile: answering("copyFile", ({ srcPath, destPath }) => { this.keep(this.blob(srcPath), destPath); }),
      readdir: answering("readdir", ({ dirPath }) => ({ files: [...this.all.keys()].filter((name) => name.startsWith(dirPath)) })),
      mkdir: answering("mkdir", () => {}),
    };
  }
}
