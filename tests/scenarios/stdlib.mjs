// Tells which of some names a Pyodide has in its standard library: modules, and what they define.
//
// usage: node stdlib.mjs PACKAGE < JSON list of dotted names > JSON list of those it has
// Packages are not loaded: a part of the library that Pyodide keeps in one is not there. Nor is what warns
// when it is imported, as it is about to go.
import { readFileSync } from "node:fs";

const { loadPyodide } = await import(process.argv[2]);
const python = await loadPyodide({ stdout: () => {}, stderr: (line) => console.error(line) });
python.globals.set("names", readFileSync(0, "utf8"));
const here = python.runPython(`
import json, pkgutil, sys, warnings
warnings.simplefilter("error")

def here(name):
    if name.partition(".")[0] not in sys.stdlib_module_names:
        return False
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError, Warning):
        return False
    return True

json.dumps([name for name in json.loads(names) if here(name)])
`);
console.log(here);
process.exit(0);
