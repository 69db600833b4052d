// Scores a page as the MDN HTTP Observatory does: node observatory.mjs HOST/PATH PORT_OF_HTTP PORT_OF_HTTPS. Whatever the scan connects to is on
// this machine, at those ports instead of 80 and 443.

import net from "node:net";

const [page, plain, secure] = process.argv.slice(2);
const ports = { 80: Number(plain), 443: Number(secure) };
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (!(options.port in ports)) throw new Error(`the scan wants to connect to ${options.host}:${options.port}`);
  Object.assign(options, { host: "127.0.0.1", port: ports[options.port], lookup: undefined });
  return connect.apply(this, given);
};

const { scan } = await import("@mdn/mdn-http-observatory/src/scanner/index.js");
const { scan: result, tests } = await scan(page);
const judged = Object.fromEntries(Object.entries(tests).map(([name, test]) => [name, { pass: test.pass, result: test.result }]));
console.log(JSON.stringify({ grade: result.grade, score: result.score, tests: judged }));
