// Reading a QR code from a picture, a canvas or a file, by jsQR.

let ready = null;

function library() {
  ready ??= new Promise((done, fail) => {
    const script = document.createElement("script");
    script.src = "/static/vendor/jsQR.js";
    script.onload = () => done(window.jsQR);
    script.onerror = () => fail(new Error("缺少 jsQR.js：请先运行 deploy/install-assets"));
    document.head.append(script);
  });
  return ready;
}

const SIDE = 1200;

// The text of the code in a picture or canvas, "" when there is none.
export async function readCode(source) {
  const read = await library();
  const width = source.naturalWidth || source.width;
  const height = source.naturalHeight || source.height;
  if (!width || !height) return "";
  const canvas = document.createElement("canvas");
  const scale = Math.min(1, SIDE / Math.max(width, height));
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(source, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  return read(pixels.data, canvas.width, canvas.height)?.data || "";
}

export async function readFile(file) {
  if (!file) return "";
  const picture = new Image();
  picture.src = URL.createObjectURL(file);
  try {
    await picture.decode();
    return await readCode(picture);
  } finally {
    URL.revokeObjectURL(picture.src);
  }
}

// Codes that the other phones of this desk show now: [{words, text, picture}].
export async function codesOnScreens(desk, own) {
  const found = [];
  for (const frame of desk.querySelectorAll("iframe")) {
    if (frame.contentWindow === own) continue;
    const page = openable(frame);
    const owner = frame.closest(".seat")?.querySelector("strong")?.textContent || "另一部手机";
    for (const source of page?.querySelectorAll("canvas, img") || []) {
      if (!source.getClientRects().length) continue;
      const text = await readCode(source).catch((error) => { console.info(`${owner}: ${error.message}`); return ""; });
      if (text) found.push({ words: owner, text, picture: source.toDataURL?.() || source.src });
    }
  }
  return found;
}

// A web page of another origin cannot be looked into; a mini program can.
function openable(frame) {
  try {
    return frame.contentDocument;
  } catch (error) {
    console.info(error.message);
    return null;
  }
}
