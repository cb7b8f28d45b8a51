// Reads the messages of tests/mails/cases in Pyodide; prints what came of them as one JSON object.
//
// usage: node cases.mjs PACKAGE SRC FOLDER MAILS   FOLDER  that of cases.py
const [, , packageName, src, folder, mails] = process.argv;
const { loadPyodide } = await import(packageName);
const python = await loadPyodide({ stdout: () => {}, stderr: (line) => console.error(line) });
for (const [guest, root] of Object.entries({ "/worker": src, "/cases": folder, "/mails": mails })) {
  python.FS.mkdirTree(guest);
  python.FS.mount(python.FS.filesystems.NODEFS, { root }, guest);
}
const result = python.runPython(`
import sys
sys.dont_write_bytecode = True
sys.path[:0] = ["/worker", "/cases"]
import cases
cases.main("/mails")
`);
console.log(result);
process.exit(0);
