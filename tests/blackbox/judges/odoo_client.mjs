// Uses @fernandoslim/odoo-jsonrpc as its readme shows, with a key and with a session. Prints what it saw as JSON.
// Arguments: base URL, port, database, login, key.

import OdooJSONRpcModule from "@fernandoslim/odoo-jsonrpc";

const OdooJSONRpc = OdooJSONRpcModule.default ?? OdooJSONRpcModule;
const [baseUrl, port, db, username, key] = process.argv.slice(2);
const seen = {};

const byKey = new OdooJSONRpc({ baseUrl, port: Number(port), db, username, apiKey: key });
await byKey.connect();
seen.uid = byKey.uId;
seen.id = await byKey.create("jitsi.meeting", { name: "From Node", duration: 25 });
seen.read = await byKey.read("jitsi.meeting", [seen.id], ["name", "duration"]);
seen.updated = await byKey.update("jitsi.meeting", seen.id, { name: "Renamed" });
seen.found = await byKey.searchRead("jitsi.meeting", [["name", "=", "Renamed"]], ["name"]);
seen.fields = (await byKey.getFields("jitsi.meeting")).name.type;

const bySession = new OdooJSONRpc({ baseUrl, port: Number(port), db, username, password: key });
await bySession.connect();
seen.session_uid = bySession.authResponse.uid;
seen.session_found = await bySession.searchRead("jitsi.meeting", [["name", "=", "Renamed"]], ["name"]);
await bySession.disconnect?.();

seen.deleted = await byKey.delete("jitsi.meeting", seen.id);
console.log(JSON.stringify(seen));
