// node-easywechat against the sandbox. `calls`: {options, calls} as JSON on stdin, {path: errcode} on stdout.
// `serve`: a callback on a free port, told on the first line; then each message it opened, a line each.
const { createServer } = require("node:http");
const FormData = require("form-data");
const { MiniApp, OfficialAccount, ServerRequest } = require("node-easywechat");

async function stdin() {
  let text = "";
  for await (const part of process.stdin) text += part;
  return JSON.parse(text);
}

// Its own cache is a file that outlives the run; a token of another sandbox is of no use here.
function forgetful() {
  const kept = new Map();
  return {
    get: async (key, other = null) => (kept.has(key) ? kept.get(key) : other),
    set: async (key, value) => { kept.set(key, value); return true; },
    has: async (key) => kept.has(key),
    delete: async (key) => kept.delete(key),
  };
}

async function calls() {
  const { official, mini, calls: wanted, jsCode } = await stdin();
  const apps = { official: new OfficialAccount(official), mini: new MiniApp(mini) };
  for (const app of Object.values(apps)) app.setCache(forgetful());
  const told = {};
  for (const { app, method, path, given, file } of wanted) {
    const client = apps[app].getClient();
    const options = method === "GET" || file ? { params: given } : { json: given };
    if (file) {
      options.formData = new FormData();
      options.formData.append("media", Buffer.from(file, "base64"), { filename: "a.png", contentType: "image/png" });
    }
    try {
      const response = await client.request(method, path, options);
      const body = response.toObject();
      told[path] = (body && body.errcode) || 0;
    } catch (error) {
      told[path] = `${error.message}`;
    }
  }
  told.session = (await apps.mini.getUtils().codeToSession(jsCode)).openid;
  told.ticket = Boolean(await apps.official.getTicket().getTicket());
  console.log(JSON.stringify(told));
}

async function serve() {
  const options = JSON.parse(process.argv[3]);
  const server = createServer(async (request, response) => {
    const app = new OfficialAccount(options);
    app.setRequest(await ServerRequest.createFromIncomingMessage(request));
    const chat = app.getServer();
    chat.with(async (message, next) => {
      console.log(JSON.stringify({ type: message.MsgType, event: message.Event, content: message.Content, scene: message.EventKey }));
      return message.MsgType === "text" ? `收到：${message.Content}` : next(message);
    });
    const answer = await chat.serve();
    response.writeHead(answer.getStatusCode(), answer.getHeaders());
    response.end(answer.getBody().toString());
  });
  server.listen(0, "127.0.0.1", () => console.log(server.address().port));
  process.stdin.on("end", () => process.exit(0)).resume();
}

({ calls, serve })[process.argv[2]]().catch((error) => { console.error(error); process.exit(1); });
